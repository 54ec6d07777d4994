#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "core/snapshot.hpp"

namespace core {

/// Names profiles: "Amazon/c5", "Azure/*". '*' stands for any run of bytes and '?' for any byte, in both parts.
struct Pattern {
  std::string provider;
  std::string name;

  bool matches(const ProfileKey& key) const;
  /// Can it match one key only?
  bool is_exact() const;
  /// "PROVIDER/NAME".
  std::string text() const;
};

/// The most patterns of one condition or set, and how many of them may match several keys: each of these is held
/// against all rows.
inline constexpr std::size_t kMostPatterns = 100;
inline constexpr std::size_t kMostGlobs = 10;

/// Reads "PROVIDER/NAME"; the first '/' separates. Says what is wrong with anything else.
base::Result<Pattern> parse_pattern(std::string_view text);

/// The first row, in order, that matches and of which `is_it` is true; null without one. Looks only at rows that begin
/// as the pattern does.
RowPtr find_match(const Snapshot& snapshot, const Pattern& pattern, const std::function<bool(const RowPtr&)>& is_it);

/// Visits the rows that match, in order.
void for_each_match(const Snapshot& snapshot, const Pattern& pattern, const std::function<void(const RowPtr&)>& visit);

}  // namespace core
