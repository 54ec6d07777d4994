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

/// Reads "PROVIDER/NAME"; the first '/' separates. Says what is wrong with anything else.
base::Result<Pattern> parse_pattern(std::string_view text);

/// Visits the rows that match, in order. Looks only at the rows of providers that begin as the pattern's does.
void for_each_match(const Snapshot& snapshot, const Pattern& pattern, const std::function<void(const RowPtr&)>& visit);

}  // namespace core
