#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

/// How Slurm's commands write lines, numbers, lists of nodes and generic resources. Pure and thread-safe; takes any
/// bytes.
namespace probe {

/// More than any cluster has, and small enough for sums of what a program prints.
inline constexpr std::int64_t kMostUnits = 1'000'000'000;

/// GPUs by type; "" is the type of those that have none.
using Gpus = std::map<std::string, std::int64_t, std::less<>>;

/// The GPUs in a list of generic resources.
struct Gres {
  /// Whole ones.
  Gpus gpus{};
  /// Where the list says what is in use: those that are in use in part, as shards or by MPS.
  Gpus shared{};
};

/// GPUs that are not in use at all.
struct FreeGpus {
  Gpus by_type{};
  /// So many of them are in use, of which type is not known.
  std::int64_t unplaced = 0;
};

/// Names of nodes.
using Names = std::set<std::string, std::less<>>;

/// Cuts off and returns what comes before `separator`, or all.
std::string_view cut(std::string_view& text, char separator);

/// Cuts off and returns the next line that is not empty.
std::optional<std::string_view> next_line(std::string_view& text);

/// The first N fields of a line, each with '|' at its end; nothing when there are fewer than `least`. The others are
/// "".
template <std::size_t N>
std::optional<std::array<std::string_view, N>> fields(std::string_view line, std::size_t least = N) {
  std::array<std::string_view, N> out;
  for (std::size_t i = 0; i < N; ++i) {
    if (!line.contains('|')) return i < least ? std::nullopt : std::optional(out);
    out[i] = cut(line, '|');
  }
  return out;
}

/// A decimal number; at most kMostUnits, whatever is written.
std::optional<std::int64_t> number(std::string_view text);

/// "sinfo printed '…'; each line must have the fields …"
std::string bad_line(std::string_view program, std::string_view format, std::string_view line);

/// "", or one of the words that stand for nothing.
bool is_none(std::string_view text);

/// The GPUs in a list as "gpu:a100:4(S:0-1),shard:8(5/5,3/5)" or "gres/gpu:2"; other resources are skipped. Nothing
/// when the list breaks off, as one does that was cut to a width.
std::optional<Gres> read_gres(std::string_view gres);

/// Adds `more`, so many times; no sum exceeds kMostUnits.
void add_gpus(Gpus& gpus, const Gpus& more, std::int64_t times);

/// The free ones of `gpus`. A device that is in use in part is not free.
FreeGpus left_of(Gpus gpus, const Gres& used);

/// The nodes in a list as "cpu[1-3,5],gpu07"; those after some 100,000 are left out.
Names read_hosts(std::string_view list);

}  // namespace probe
