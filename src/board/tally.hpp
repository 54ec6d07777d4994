#pragma once

#include <map>
#include <memory>
#include <string>

#include "board/state.hpp"

namespace board {

/// Makes the overview of a board, in proportion to what changes. Not thread-safe.
class Tally {
 public:
  void add(const core::Row& row, base::Time now) { count(row, now, 1); }
  /// REQUIRES: it was added when it was as old as at `now`.
  void remove(const core::Row& row, base::Time now) { count(row, now, -1); }

  Overview overview();

 private:
  /// How many rows have a name.
  using Names = std::map<std::string, std::ptrdiff_t>;

  void count(const core::Row& row, base::Time now, std::ptrdiff_t by);
  void count(Names& names, const std::string& name, std::ptrdiff_t by);

  Counts counts_;
  Names providers_, labels_, failing_probes_;
  core::PerNumber<std::ptrdiff_t> shown_;
  std::ptrdiff_t recent_ = 0;
  /// Null: other names have come or gone.
  std::shared_ptr<const Facets> facets_;
};

}  // namespace board
