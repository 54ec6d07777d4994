#pragma once

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "board/selection.hpp"
#include "core/preference.hpp"

namespace board {

/// The number of a row without one.
inline constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// The number that orders a row at `now`; kNone in orders by text.
double value_of(const core::Row& row, Order order, base::Time now);

/// Is `value` one of the wanted? Nothing wanted: any is.
template <class T>
bool wants(const std::vector<T>& wanted, const T& value) {
  return wanted.empty() || std::ranges::find(wanted, value) != wanted.end();
}

/// Matches rows, keeping what all of them need. Not thread-safe.
class Filter {
 public:
  /// `selection` outlives it.
  Filter(const Selection& selection, const core::Sets& sets);

  /// Does the row match all filters but those of level, freshness and failure?
  bool may_match(const core::Row& row, base::Time now);
  /// REQUIRES: may_match(row, now).
  bool matches(const core::Row& row, base::Time now) const;
  /// Are there filters beyond those of may_match()?
  bool chooses() const { return selection_.failing || !selection_.levels.empty() || !selection_.freshness.empty(); }

 private:
  bool has_labels(const core::Labels& labels) const;
  bool holds_words(const core::ProfileKey& key);

  const Selection& selection_;
  std::optional<core::Choices> set_;
  std::vector<std::string> words_;
  std::string text_;
};

/// A row with its sort keys. `place` grows with provider and name; where it is the same, they are compared.
struct Ranked {
  const core::RowPtr* row;
  double number;
  std::size_t place = 0;
};

/// The order of a selection, which outlives it.
class Before {
 public:
  explicit Before(const Selection& selection) : selection_(selection) {}

  bool operator()(const Ranked& a, const Ranked& b) const;

 private:
  const Selection& selection_;
};

}  // namespace board
