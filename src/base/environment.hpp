#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace base {

/// An environment variable; "" when it is not set.
inline std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

/// FOLDER/`name` for each folder of `path`, a list as PATH is one.
inline std::vector<std::string> places_in(std::string_view path, std::string_view name) {
  std::vector<std::string> places;
  while (!path.empty()) {
    const auto folder = path.substr(0, path.find(':'));
    path.remove_prefix(std::min(folder.size() + 1, path.size()));
    if (!folder.empty()) places.push_back(fmt::format("{}/{}", folder, name));
  }
  return places;
}

}  // namespace base
