#include "config/load.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <string_view>

#include "base/file.hpp"
#include "config/environment_reader.hpp"
#include "config/origins.hpp"
#include "config/yaml_reader.hpp"

namespace config {
namespace {

/// Some 100,000 profiles.
constexpr std::size_t kMostBytes = 64 << 20;

std::string content_of(const std::string& file) {
  auto text = base::read_file(file, kMostBytes);
  if (!text) throw base::UsageError(fmt::format("{}: cannot be read: {}", file, text.error()));
  return std::move(*text);
}

/// Validates alerts that are tried without being sent: who will get them need not be known yet.
Config with_receiver(Config config) {
  if (!config.alerts.receivers.empty()) return config;
  config.alerts.receivers.push_back({.name = "none", .webhook = {.url = "http://localhost/"}});
  for (AlertRule& rule : config.alerts.rules) rule.send_to.reset();
  return config;
}

/// Validates, and says where a mistake is.
void check(const Config& config, const Origins& origins) {
  try {
    validate(config);
  } catch (const BadValue& e) {
    const std::string where = origins.find(e.path());
    throw base::UsageError(where.empty() ? e.what() : fmt::format("{}: {}", where, e.what()));
  }
}

}  // namespace

Config load(const std::optional<std::string>& file, const std::map<std::string, std::string>& environment,
            const Config& defaults) {
  Config config = defaults;
  Origins origins;
  if (file) read_yaml(content_of(*file), *file, "", config, origins);
  read_environment(environment, config, origins);
  config.profiles_given.value = origins.has("profiles");
  if (config.probes.empty()) config.probes.push_back({.name = "simulated"});
  check(config, origins);
  return config;
}

Config with_alerts(const std::string& text, const std::string& source, const Config& around) {
  Config config = around;
  Origins origins;
  if (begins_with_list(text))
    read_yaml(text, source, "alerts.rules", config.alerts.rules, origins);
  else
    read_yaml(text, source, "", config, origins);
  check(with_receiver(config), origins);
  return config;
}

std::map<std::string, std::string> environment_of_process() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const auto equals = text.find('=');
    if (text.starts_with("VACANCY_") && equals != std::string_view::npos)
      variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

}  // namespace config
