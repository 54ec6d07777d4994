#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace core {

/// Profiles in the order of preference.
struct Set {
  std::string name;
  /// Patterns PROVIDER/NAME (core::Pattern). Profiles of one pattern are equal in preference; then the key decides.
  std::vector<std::string> choices;

  bool operator==(const Set&) const = default;
};

/// In the order of their names.
using Sets = std::vector<Set>;

inline constexpr std::size_t kMostSets = 1000;
inline constexpr std::size_t kMaxSetNameBytes = 64;

/// Says what is wrong with a set's name. A good one needs no escape in a URL, a file's name or a shell.
base::Result<void> checked_set_name(std::string_view name);

/// Null: there is none of that name.
const Set* find_set(const Sets& sets, std::string_view name);

/// The same; not_found names the nearest set, or some that there are.
base::Result<const Set*> set_named(const Sets& sets, std::string_view name);

}  // namespace core
