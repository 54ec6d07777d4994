#pragma once

#include <string>
#include <vector>

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

}  // namespace core
