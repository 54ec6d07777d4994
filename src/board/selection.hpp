#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "board/overview.hpp"
#include "board/state.hpp"

namespace board {

/// By what rows are ordered; from `number` on by a number, at its place in core::kNumbers. Rows without a value stand
/// last in either direction, equals by provider and name.
enum class Order : std::uint8_t { key, provider, name, level, freshness, measured, changed, number };

constexpr Order by(core::NumberOf number) {
  return static_cast<Order>(static_cast<std::size_t>(Order::number) + core::index_of(number));
}

/// Of a number that a row may have. Not that of an EXPIRED one.
struct Bound {
  core::NumberOf number;
  std::optional<double> least{};
  std::optional<double> most{};

  bool operator==(const Bound&) const = default;
};

/// Where a row stands in an order: what the order compares.
struct Place {
  /// Nothing for a row without a value, and in orders by text.
  std::optional<double> number{};
  core::ProfileKey key{};

  bool operator==(const Place&) const = default;
};

/// Which rows of a board are wanted, in which order, and which part of them. A default one is everything.
struct Selection {
  /// Words, each of which "provider/name" must hold; ASCII letters in either case.
  std::vector<std::string> words{};
  /// Exactly one of these providers, and exactly one of these names; none is any.
  std::vector<std::string> providers{};
  std::vector<std::string> names{};
  /// Each of these labels has one of its values.
  std::map<std::string, std::vector<std::string>> labels{};
  /// Any of these effective levels; none is any.
  std::vector<core::Level> levels{};
  std::vector<core::Freshness> freshness{};
  /// Each number within its bounds; a row without it does not match.
  std::vector<Bound> bounds{};
  /// Only rows whose latest attempt failed.
  bool failing = false;
  Order order = Order::key;
  bool descending = false;
  /// Providers stay together, in their order; `order` is within each.
  bool grouped = false;
  /// The rows after that place, whether its row is still there or not. Not with an offset.
  std::optional<Place> after{};
  std::size_t offset = 0;
  std::size_t limit = 0;

  bool operator==(const Selection&) const = default;
  /// Is it rows [offset, offset + limit) of everything as it stands?
  bool is_window() const;
};

/// What a selection found.
struct Selected {
  /// The wanted part.
  std::vector<core::RowPtr> rows;
  /// Of all rows that match, whichever part is wanted.
  Counts counts;
  /// How many of them stand before the wanted part.
  std::size_t before = 0;
  /// Of all that would match with any level, freshness and failure: what those filters have to choose from.
  Counts choice;
  /// Of all that match, by provider. Empty unless they are grouped.
  std::map<std::string, Counts, std::less<>> groups;
};

/// The place of a row in the order of `selection`, for the `after` of the next part.
Place place_of(const core::Row& row, const Selection& selection, base::Time now);

/// In one pass over the rows and a partial sort. Thread-safe.
Selected select(const State& state, const Selection& selection, base::Time now);

/// The same without the pass where `overview`, which is this state's, has the counts.
Selected select(const State& state, const Selection& selection, base::Time now, const Overview& overview);

}  // namespace board
