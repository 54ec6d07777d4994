#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <set>
#include <string_view>
#include <vector>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "config/checks.hpp"
#include "config/config.hpp"
#include "config/fields.hpp"
#include "config/scalar.hpp"

namespace config {
namespace {

constexpr std::size_t kMostThreads = 1024;

constexpr std::array<std::string_view, 6> kLogLevels{"trace", "debug", "info", "warn", "error", "off"};

constexpr std::chrono::days kLongestKept{3650};

/// Every duration of a section, and of the sections in it, has a length that can be worked with.
template <class T>
void check_durations(const T& field, const std::string& path, base::Duration longest = kLongest) {
  if constexpr (std::same_as<T, base::Duration>) {
    check(field.count() >= 0 && field <= longest, path,
          fmt::format("{} is not from 0s to {}", base::to_string(field), base::to_string(longest)));
  } else if constexpr (Section<const T>) {
    if (std::same_as<T, core::Retention>) longest = kLongestKept;
    fields(field, [&](std::string_view key, const auto& inner) { check_durations(inner, join(path, key), longest); });
  } else if constexpr (requires { requires Section<const typename T::value_type>; }) {
    for (std::size_t i = 0; i < field.size(); ++i) check_durations(field[i], fmt::format("{}[{}]", path, i));
  }
}

/// A file that SQLite can use, or one that it can make.
void check_database(const std::string& database, const std::string& path) {
  constexpr std::string_view kSqlite = "sqlite:";
  check(!database.empty(), path, "is empty; give a database such as sqlite:vacancy.db");
  if (!database.starts_with(kSqlite)) return;
  const std::string file = database.substr(kSqlite.size());
  check(!file.empty() && file != ":memory:", path,
        fmt::format("'{}' has no path; give the path of a file, as in sqlite:vacancy.db", database));
  std::error_code ignored;
  const auto status = std::filesystem::status(file, ignored);
  check(!std::filesystem::exists(status) || std::filesystem::is_regular_file(status), path,
        fmt::format("'{}' is no regular file; give the path of a file, as in sqlite:vacancy.db", database));
}

void check_hardware(const HardwareConfig& hardware) {
  check_http(hardware.http, "hardware.http");
  check_database(hardware.database, "hardware.database");
  check_positive(hardware.poll_interval, "hardware.poll_interval");
  check_at_least(hardware.lease, seconds{1}, "hardware.lease");
  check_between(hardware.database_connections, 1, kMostThreads, "hardware.database_connections");
}

void check_profiles(const std::vector<core::NewProfile>& profiles) {
  std::set<core::ProfileKey> seen;
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    const auto path = fmt::format("profiles[{}]", i);
    const auto& [provider, name] = profiles[i].key;
    const auto checked = core::checked_key(provider, name);
    if (!checked) throw BadValue(path, checked.error().message);
    if (const auto good = core::checked_labels(profiles[i].labels); !good)
      throw BadValue(join(path, "labels"), good.error().message);
    check(seen.insert(profiles[i].key).second, path, fmt::format("{}/{} is there twice; keep one", provider, name));
  }
}

}  // namespace

void validate(const Config& config) {
  check(std::ranges::find(kLogLevels, config.log_level) != kLogLevels.end(), "log_level",
        fmt::format("'{}' is unknown{}", config.log_level, suggestion(config.log_level, kLogLevels)));
  check_between(config.threads, 0, kMostThreads, "threads");
  check(!config.data_dir.empty(), "data_dir", "is empty; give a directory such as data");
  check_durations(config, "");
  check_http(config.admin, "admin");
  check_hardware(config.hardware);
  check_portal(config.portal);
  check_profiles(config.profiles);
  check_probes(config.probes);
  check_sets(config.sets);
  check_autoscaler(config.autoscaler);
  check_alerts(config);
}

}  // namespace config
