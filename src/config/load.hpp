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

/// `around` with other alerts: a list of rules, or a file as for load(), of which the keys that it has replace those of
/// `around`. They are to be tried, not to be sent: receivers may be missing. Throws base::UsageError as load() does;
/// `source` is what messages call the text.
Config with_alerts(const std::string& text, const std::string& source, const Config& around);

/// The VACANCY_ variables of this process. Not safe while another thread changes the environment.
std::map<std::string, std::string> environment_of_process();

}  // namespace config
