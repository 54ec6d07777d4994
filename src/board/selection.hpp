#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "board/state.hpp"

namespace board {

/// The keys that order rows; from `number` on a number, at its place in core::kNumbers. Rows without a value are last
/// in either direction; equals are ordered by provider and name.
enum class Order : std::uint8_t { key, provider, name, level, freshness, measured, changed, number };

constexpr Order by(core::NumberOf number) {
  return static_cast<Order>(static_cast<std::size_t>(Order::number) + core::index_of(number));
}

/// A number of a row. An EXPIRED row has none.
struct Bound {
  core::NumberOf number;
  std::optional<double> least{};
  std::optional<double> most{};

  bool operator==(const Bound&) const = default;
};

/// The position of a row in an order.
struct Place {
  /// Nothing for a row without a value, and in orders by text.
  std::optional<double> number{};
  core::ProfileKey key{};

  bool operator==(const Place&) const = default;
};

/// The wanted rows of a board, their order, and the wanted part of them. The default is everything.
struct Selection {
  /// Only rows of this set; "" is any. Of a set that the state does not have, there are none.
  std::string set{};
  /// Words that "provider/name" must contain, ignoring the case of ASCII letters.
  std::vector<std::string> words{};
  /// The provider is one of these, and the name one of these. Empty: any.
  std::vector<std::string> providers{};
  std::vector<std::string> names{};
  /// Each of these labels has one of its values.
  std::map<std::string, std::vector<std::string>> labels{};
  /// The effective level is one of these. Empty: any.
  std::vector<core::Level> levels{};
  std::vector<core::Freshness> freshness{};
  /// The numbers are within their bounds. A row without such a number does not match.
  std::vector<Bound> bounds{};
  /// Only rows whose latest attempt failed.
  bool failing = false;
  Order order = Order::key;
  bool descending = false;
  /// Providers stay together, in their order; `order` is within each.
  bool grouped = false;
  /// Only rows after that place, whether its row is still there or not. Not with an offset.
  std::optional<Place> after{};
  std::size_t offset = 0;
  std::size_t limit = 0;

  bool operator==(const Selection&) const = default;
  /// Is it rows [offset, offset + limit) of everything, in the snapshot's order?
  bool is_window() const;
};

/// The result of a selection.
struct Selected {
  /// The wanted part.
  std::vector<core::RowPtr> rows;
  /// Counts of all rows that match, not of the part only.
  Counts counts;
  /// How many of them precede the wanted part.
  std::size_t before = 0;
  /// Counts of the rows that would match with any level, freshness and failure: the choice that those filters have.
  Counts choice;
  /// Counts of all that match, by provider. Empty unless they are grouped.
  std::map<std::string, Counts, std::less<>> groups;
};

/// The place of a row in the order of `selection`: the next part's `after`.
Place place_of(const core::Row& row, const Selection& selection, base::Time now);

/// Finds the rows of a selection, in one pass over all and a partial sort. Thread-safe.
Selected select(const State& state, const Selection& selection, base::Time now);

/// The same without the pass where `overview`, made of this state, has the counts.
Selected select(const State& state, const Selection& selection, base::Time now, const Overview& overview);

}  // namespace board
