#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/change.hpp"
#include "core/row.hpp"

namespace core {

/// All profiles with their latest reading as of a revision, ordered by provider and name. Immutable, so it can be
/// read from any thread. Made of chunks of a few hundred rows: a change copies only the chunks it touches, and a copy
/// copies pointers.
class Snapshot {
 public:
  struct Chunk {
    std::vector<RowPtr> rows;
    /// The largest revision among the rows.
    Revision revision = 0;

    /// Rows lie anywhere in memory: prefetching them halves the cost of a look at all of them.
    template <class F>
    void for_each(F&& visit) const {
      constexpr std::size_t kAhead = 8;
      for (std::size_t i = 0; i < rows.size(); ++i) {
        if (i + kAhead < rows.size()) fetch_ahead(*rows[i + kAhead]);
        visit(rows[i]);
      }
    }

   private:
    static void fetch_ahead(const Row& row) {
      constexpr std::size_t kCacheLine = 64;
      const auto* const bytes = reinterpret_cast<const std::byte*>(&row);
      for (std::size_t at = 0; at < sizeof(Row); at += kCacheLine) __builtin_prefetch(bytes + at);
    }
  };
  /// A row as it was and as it is now; null before it came, or after it went.
  struct Step {
    RowPtr before;
    RowPtr after;
  };
  using Chunks = std::vector<std::shared_ptr<const Chunk>>;

  /// Rows per chunk: more makes a change copy more, fewer makes every scan visit more chunks.
  static constexpr std::size_t kChunkRows = 256;

  Snapshot() = default;
  /// `rows` in any order, each id once; of rows with the same key the one with the newest revision stays.
  explicit Snapshot(std::vector<RowPtr> rows);

  /// A snapshot with `change` folded in. A row replaces the one with its id, wherever its key puts it. `steps`, unless
  /// null, gets the difference.
  Snapshot with(const Change& change, std::vector<Step>* steps = nullptr) const;

  std::size_t size() const { return size_; }
  const Chunks& chunks() const { return chunks_; }

  /// The row of a key, or null.
  RowPtr find(const ProfileKey& key) const;
  /// Rows [offset, offset + limit) in order.
  std::vector<RowPtr> slice(std::size_t offset, std::size_t limit) const;
  /// The rows whose revision is larger than `revision`, in order.
  std::vector<RowPtr> newer_than(Revision revision) const;

  template <class F>
  void for_each(F&& visit) const {
    for (const auto& chunk : chunks_) chunk->for_each(visit);
  }

 private:
  void append(std::vector<RowPtr> rows);

  Chunks chunks_;
  std::size_t size_ = 0;
};

/// When the first row of a chunk turns after `now`; nothing when none will.
std::optional<base::Time> next_turn(const Snapshot::Chunk& chunk, base::Time now);

}  // namespace core
