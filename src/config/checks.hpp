#pragma once

#include <string>
#include <string_view>

#include "base/duration.hpp"
#include "base/url.hpp"
#include "config/config.hpp"
#include "config/origins.hpp"

/// Checks that several values share. Each throws BadValue.
namespace config {

inline void check(bool fine, const std::string& path, std::string_view message) {
  if (!fine) throw BadValue(path, message);
}

inline void check_at_least(base::Duration value, base::Duration least, const std::string& path) {
  check(value >= least, path,
        fmt::format("{} is too short; give {} or more", base::to_string(value), base::to_string(least)));
}

/// Far from where sums of durations overflow, and longer than anyone waits.
inline constexpr base::Duration kLongest = std::chrono::days{366};

inline void check_positive(base::Duration value, const std::string& path) {
  check(value.count() > 0, path, "0 makes no sense here; give a duration such as 5s");
}

inline void check_between(std::size_t value, std::size_t least, std::size_t most, const std::string& path) {
  check(value >= least && value <= most, path, fmt::format("{} is not from {} to {}", value, least, most));
}

inline void check_http(const base::ServerConfig& http, const std::string& path) {
  check(!http.address.empty(), join(path, "address"), "is empty; give an address such as 0.0.0.0 or 127.0.0.1");
  check(base::is_ip_address(http.address), join(path, "address"),
        fmt::format("'{}' is not an IP address; give one such as 0.0.0.0, 127.0.0.1 or ::", http.address));
  check_positive(http.idle_timeout, join(path, "idle_timeout"));
  check_positive(http.io_timeout, join(path, "io_timeout"));
  check(http.max_connections > 0, join(path, "max_connections"), "0 lets nobody connect; give 1 or more");
}

void check_probes(const std::vector<ProbeConfig>& probes);
void check_sets(const std::map<std::string, std::vector<std::string>>& sets);
void check_portal(const PortalConfig& portal);
void check_autoscaler(const AutoscalerConfig& autoscaler);
void check_alerts(const Config& config);
/// A command and its arguments; none is fine.
void check_program(const std::vector<std::string>& command, const std::string& path);
/// Refuses URLs that libcurl would read otherwise.
void check_url_of_probe(const std::string& url, const std::string& path);
/// Patterns of names that a probe finds by itself. `what` are the names that may have ":PART" behind them.
void check_discover(const Globs& discover, const ProbeConfig& probe, std::string_view what, const std::string& path);
/// "Name: FILE" each.
void check_header_files(const std::vector<std::string>& headers, const std::string& path);

}  // namespace config
