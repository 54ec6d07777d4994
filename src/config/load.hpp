#pragma once

#include <map>
#include <optional>
#include <string>

#include "config/config.hpp"

namespace config {

/// The configuration of a program: `defaults`, overridden by a YAML file, overridden by VACANCY_ variables. Validated,
/// and with a probe that measures everything where none is configured. VACANCY_CONFIG and VACANCY_URL are left to the
/// command line. Throws base::UsageError that says where the mistake is, what is wrong and what is right.
Config load(const std::optional<std::string>& file, const std::map<std::string, std::string>& environment,
            const Config& defaults = {});

/// The VACANCY_ variables of this process. Not safe while another thread changes the environment.
std::map<std::string, std::string> environment_of_process();

}  // namespace config
