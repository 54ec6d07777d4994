#pragma once

#include <string>

#include "core/profile.hpp"

/// The machine and the place that a profile asks a cloud for. Pure; thread-safe.
namespace probe {

struct CloudPlace {
  /// A size or machine type: the label `instance_type`, or else the name without its @….
  std::string type;
  /// The label, or else what the name has behind @, which may be a zone. "" without either. In lower case, without
  /// blanks: "East US" is eastus.
  std::string region;
  /// The label; "" without it.
  std::string zone;
};

CloudPlace place_of(const core::Profile& profile);

}  // namespace probe
