#pragma once

#include "base/runtime.hpp"
#include "board/board.hpp"
#include "support/eventually.hpp"
#include "support/rows.hpp"

namespace support {

/// A board whose writer is the test. Ages its rows until its end. Its source's clock begins at kNow.
class FedBoard {
 public:
  explicit FedBoard(base::Runtime& runtime) : runtime_(runtime), board_(runtime) {
    ageing_ = start(runtime_.background(), board_.run());
  }
  ~FedBoard() {
    on(runtime_.background(), [this] { board_.stop(); });
    ageing_.wait();
  }

  board::Board& operator*() { return board_; }
  board::Board* operator->() { return &board_; }

  void fill(std::vector<core::RowPtr> rows, core::Version version = {"epoch", 10}) {
    on(runtime_.background(), [&] {
      const core::Revision revision = version.revision;
      board_.fill({.version = version, .now = kNow, .rows = std::move(rows), .removed = {}, .removed_since = revision});
    });
  }
  void apply(core::Change change) {
    on(runtime_.background(), [&] {
      const core::Revision revision = change.revision();
      board_.apply(std::move(change), revision, board_.now());
    });
  }
  void set_sets(core::Sets sets) {
    on(runtime_.background(), [&] { board_.set_sets(std::move(sets)); });
  }
  void set_dead_letters(std::size_t number) {
    on(runtime_.background(), [&] { board_.set_dead_letters(number); });
  }
  void put(core::Row row) {
    core::Change change;
    change.rows.push_back(share(std::move(row)));
    apply(std::move(change));
  }
  void remove(core::ProfileId id, core::Revision revision) {
    core::Change change;
    change.removed.push_back({id, revision});
    apply(std::move(change));
  }

  board::StatePtr state() {
    return on(runtime_.background(), [this] { return board_.state(); });
  }
  std::vector<core::Row> rows() {
    std::vector<core::Row> out;
    state()->snapshot.for_each([&](const core::RowPtr& row) { out.push_back(*row); });
    return out;
  }

 private:
  base::Runtime& runtime_;
  board::Board board_;
  std::future<void> ageing_;
};

}  // namespace support
