#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/profile.hpp"

namespace probe {

/// `text` with {provider}, {name} and {label.KEY} replaced by the profile's, each through `escape`; a label
/// that the profile lacks is empty. Other braces stand for themselves, so that JSON can be written as it is.
std::string expand(std::string_view text, const core::Profile& profile,
                   const std::function<std::string(std::string_view)>& escape);

/// The labels that `text` has placeholders of.
std::vector<std::string> labels_in(std::string_view text);

}  // namespace probe
