#pragma once

#include <string>

namespace app {

/// The configuration that `vacancy init` writes, and that `vacancy up`, `backup` and `restore` read where it is.
constexpr const char* kConfigurationHere = "vacancy.yaml";

/// Where a program is on PATH; "" when it is not.
std::string on_path(const std::string& program);

}  // namespace app
