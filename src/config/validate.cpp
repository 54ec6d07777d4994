#include <algorithm>
#include <array>
#include <chrono>
#include <set>
#include <string_view>
#include <vector>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "config/checks.hpp"
#include "config/config.hpp"
#include "config/fields.hpp"
#include "config/glob.hpp"
#include "config/scalar.hpp"
#include "config/url.hpp"

namespace config {
namespace {

/// Far from where sums of durations overflow, and longer than anyone waits.
constexpr base::Duration kLongest = std::chrono::days{366};
constexpr std::size_t kMostThreads = 1024;

constexpr std::array<std::string_view, 6> kLogLevels{"trace", "debug", "info", "warn", "error", "off"};

/// Every duration of a section, and of the sections in it, has a length that can be worked with.
template <class T>
void check_durations(const T& field, const std::string& path) {
  if constexpr (std::same_as<T, base::Duration>) {
    check(field.count() >= 0 && field <= kLongest, path,
          fmt::format("{} is not from 0s to {}", base::to_string(field), base::to_string(kLongest)));
  } else if constexpr (Section<const T>) {
    fields(field, [&](std::string_view key, const auto& inner) { check_durations(inner, join(path, key)); });
  } else if constexpr (requires { requires Section<const typename T::value_type>; }) {
    for (std::size_t i = 0; i < field.size(); ++i) check_durations(field[i], fmt::format("{}[{}]", path, i));
  }
}

void check_hardware(const HardwareConfig& hardware) {
  check_http(hardware.http, "hardware.http");
  check(!hardware.database.empty(), "hardware.database", "is empty; give a database such as sqlite:vacancy.db");
  check_positive(hardware.poll_interval, "hardware.poll_interval");
  check_at_least(hardware.lease, seconds{1}, "hardware.lease");
  check_between(hardware.database_connections, 1, kMostThreads, "hardware.database_connections");
}

void check_profiles(const std::vector<core::ProfileKey>& profiles) {
  std::set<core::ProfileKey> seen;
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    const auto path = fmt::format("profiles[{}]", i);
    const auto& [provider, name] = profiles[i];
    const auto checked = core::checked_key(provider, name);
    if (!checked) throw BadValue(path, checked.error().message);
    check(seen.insert(profiles[i]).second, path, fmt::format("{}/{} is there twice; keep one", provider, name));
  }
}

bool is_probe_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-';
  };
  return !name.empty() && name.size() <= core::kMaxNameBytes && std::ranges::all_of(name, allowed);
}

void check_kind(const ProbeConfig& probe, const std::string& path) {
  std::vector<std::string_view> known;
  kinds(probe, [&](std::string_view kind, const auto&) { known.push_back(kind); });
  check(std::ranges::find(known, probe.kind) != known.end(), path,
        fmt::format("kind '{}' is unknown{}", probe.kind, suggestion(probe.kind, known)));
}

bool is_glob(std::string_view text) {
  return text.find_first_of("*?") != std::string_view::npos;
}

void check_program(const std::vector<std::string>& command, const std::string& path) {
  for (const std::string& word : command)
    check(word.find('\0') == std::string::npos, path, "holds a NUL byte, which no argument can");
  check(command.empty() || !command.front().empty(), path, "names no program");
}

void check_exec(const ExecOptions& options, const std::string& path) {
  check(!options.command.empty(), join(path, "command"),
        "is empty; give a program and its arguments, such as [/usr/local/bin/quota, '{name}']");
  check_program(options.command, join(path, "command"));
  check(!options.batch || options.format != Format::nagios, join(path, "format"),
        "nagios tells of one profile; a batch prints a JSON list, so leave 'format' out");
  check_between(options.nice, 0, 19, join(path, "nice"));
  check_between(options.max_output_bytes, 1, 64 << 20, join(path, "max_output_bytes"));
  check_between(options.open_files, 8, 1 << 20, join(path, "open_files"));
  for (std::size_t i = 0; i < options.environment.size(); ++i)
    check(!options.environment[i].empty() && options.environment[i].front() != '=',
          fmt::format("{}[{}]", join(path, "environment"), i), "has no name; write NAME=VALUE, or NAME");
}

void check_header_files(const std::vector<std::string>& headers, const std::string& path) {
  for (std::size_t i = 0; i < headers.size(); ++i) {
    const auto colon = headers[i].find(": ");
    check(colon != std::string::npos && colon > 0 && colon + 2 < headers[i].size(), fmt::format("{}[{}]", path, i),
          fmt::format("'{}' is not a header with its file; write 'Name: /path/of/file'", headers[i]));
  }
}

void check_headers(const std::vector<std::string>& headers, const std::string& path) {
  for (std::size_t i = 0; i < headers.size(); ++i) {
    const auto colon = headers[i].find(':');
    check(colon != std::string::npos && colon > 0 && headers[i].find_first_of("\r\n") == std::string::npos,
          fmt::format("{}[{}]", path, i), fmt::format("'{}' is not a header; write 'Name: value'", headers[i]));
  }
}

/// libcurl signs headers without a value and does not send them.
void check_signed_headers(const std::vector<std::string>& headers, const std::string& path) {
  for (std::size_t i = 0; i < headers.size(); ++i)
    check(!base::trim(std::string_view(headers[i]).substr(headers[i].find(':') + 1)).empty(),
          fmt::format("{}[{}]", path, i),
          fmt::format("'{}' has no value, and with sigv4 cannot be sent; leave it out", headers[i]));
}

void check_url_of_probe(const std::string& url, const std::string& path) {
  const auto not_written = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7F; };
  check(std::ranges::none_of(url, not_written), path,
        fmt::format("'{}' has a blank or a control character; write %20 for a blank", url));
  const std::string wrong = wrong_authority(url);
  check(wrong.empty(), path, wrong);
}

void check_http_probe(const HttpOptions& options, const std::string& path) {
  check(options.url.starts_with("http://") || options.url.starts_with("https://"), join(path, "url"),
        fmt::format("'{}' is not a URL; write http://… or https://…", options.url));
  check_url_of_probe(options.url, join(path, "url"));
  check(!options.method.empty() && std::ranges::all_of(options.method, [](char c) { return c >= 'A' && c <= 'Z'; }),
        join(path, "method"), fmt::format("'{}' is not a method; write one such as GET or POST", options.method));
  check_headers(options.headers, join(path, "headers"));
  check_header_files(options.header_files, join(path, "header_files"));
  check(options.username.empty() == options.password_file.empty(), join(path, "password_file"),
        "and username go together; give both or none");
  check(options.token_file.empty() || options.username.empty(), join(path, "token_file"),
        "and username are two ways to log in; keep one");
  check(options.sigv4.region.empty() == options.sigv4.service.empty(), join(path, "sigv4"),
        "needs both region and service, such as {region: eu-central-1, service: lambda}");
  check(options.sigv4.region.empty() || (options.token_file.empty() && options.username.empty()), join(path, "sigv4"),
        "and a token or a user name are two ways to log in; keep one");
  if (!options.sigv4.region.empty()) check_signed_headers(options.headers, join(path, "headers"));
  for (std::size_t i = 0; i < options.accept.size(); ++i)
    check_between(options.accept[i], 100, 599, fmt::format("{}[{}]", join(path, "accept"), i));
  check_between(options.max_bytes, 1, 64 << 20, join(path, "max_bytes"));
  fields(options.pointers, [&](std::string_view key, const std::string& pointer) {
    check(pointer.empty() || pointer.front() == '/', join(join(path, "pointers"), key),
          fmt::format("'{}' is not a JSON pointer; write one such as /capacity/free", pointer));
  });
}

void check_slurm(const ProbeConfig& probe, const std::string& path) {
  check_program(probe.slurm.command, join(path, "command"));
  check_program(probe.slurm.scontrol, join(path, "scontrol"));
  check(!probe.discovers() || !is_glob(probe.match.provider), join(path, "discover"),
        "needs a provider to put the partitions under; give match.provider without * and ?");
  const auto& patterns = probe.slurm.discover.patterns;
  for (std::size_t i = 0; i < patterns.size(); ++i)
    check(!patterns[i].empty(), fmt::format("{}[{}]", join(path, "discover"), i), "is empty and matches nothing");
  check(probe.discovers() || !probe.slurm.discover_hidden, join(path, "discover_hidden"),
        "needs discover; give true, or a list of patterns");
}

/// A reading that is MEDIUM must not be HIGH by the easier rule.
void check_order(const Levels& levels, const std::string& path) {
  if (levels.high.empty() || levels.medium.empty()) return;
  bool reachable = false;
  fields(levels.high, [&](std::string_view key, const std::optional<double>& high) {
    fields(levels.medium, [&](std::string_view other, const std::optional<double>& medium) {
      if (key != other || !high) return;
      check(!medium || *medium <= *high, join(join(path, "high"), key),
            fmt::format("{} is easier than medium's {}; give that or more", *high, medium.value_or(0)));
      reachable = reachable || !medium || *medium < *high;
    });
  });
  check(reachable, join(path, "medium"), "is never given: whatever reaches it reaches 'high', too; make it easier");
}

void check_levels(const Levels& levels, const std::string& path) {
  fields(levels, [&](std::string_view key, const LevelRule& rule) {
    check(!rule.ratio || (*rule.ratio >= 0 && *rule.ratio <= 1), join(join(path, key), "ratio"),
          "is free units to all units, from 0 to 1");
  });
  check_order(levels, path);
}

void check_budgets(const ProbeConfig& probe, const std::string& path) {
  std::set<base::Duration> windows;
  for (const Budget& limit : probe.limits()) {
    const std::string window = base::to_string(limit.window);
    check(limit.window <= kLongest, path, fmt::format("{} is longer than a year", window));
    check(windows.insert(limit.window).second, path,
          fmt::format("two limits, 'rate' among them, have a window of {}; keep the smaller", window));
  }
}

void check_options(const ProbeConfig& probe, const std::string& path) {
  if (probe.kind == "exec") check_exec(probe.exec, path);
  if (probe.kind == "http") check_http_probe(probe.http, path);
  if (probe.kind == "slurm") check_slurm(probe, path);
  check_levels(probe.levels, join(path, "levels"));
  check_budgets(probe, join(path, "budget"));
}

void check_probe(const ProbeConfig& probe, const std::string& path) {
  check(is_probe_name(probe.name), join(path, "name"),
        fmt::format("'{}' is not a name; use 1 to {} of A-Z a-z 0-9 _ . -", probe.name, core::kMaxNameBytes));
  check_kind(probe, join(path, "kind"));
  check(!probe.match.provider.empty(), join(path, "match.provider"), "is empty and matches nothing; write '*' for all");
  check(!probe.match.name.empty(), join(path, "match.name"), "is empty and matches nothing; write '*' for all");
  check_positive(probe.ttl, join(path, "ttl"));
  check_positive(probe.timeout, join(path, "timeout"));
  check(probe.expire_after.count() == 0 || probe.expire_after >= probe.ttl, join(path, "expire_after"),
        fmt::format("{} is shorter than the ttl {}; give that or more, or 0 for five times the ttl",
                    base::to_string(probe.expire_after), base::to_string(probe.ttl)));
  check_options(probe, path);
}

/// Is there a profile that this probe measures? Names without globs must be some that a profile can have, and no probe
/// before it may take them all.
void check_reach(const std::vector<ProbeConfig>& probes, std::size_t i, const std::string& path) {
  const Match& match = probes[i].match;
  const auto possible =
      core::checked_key(is_glob(match.provider) ? "x" : match.provider, is_glob(match.name) ? "x" : match.name);
  check(possible.has_value(), join(path, "match"),
        fmt::format("matches no profile: {}", possible ? "" : possible.error().message));
  const auto first = std::ranges::find_if(
      probes.begin(), probes.begin() + static_cast<std::ptrdiff_t>(i), [&](const ProbeConfig& earlier) {
        return covers(earlier.match.provider, match.provider) && covers(earlier.match.name, match.name);
      });
  check(
      first == probes.begin() + static_cast<std::ptrdiff_t>(i), join(path, "match"),
      fmt::format("measures nothing: probe '{}' before it matches all that it does; put this one first", first->name));
}

void check_probes(const std::vector<ProbeConfig>& probes) {
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < probes.size(); ++i) {
    const auto path = fmt::format("probes[{}]", i);
    check_probe(probes[i], path);
    check(seen.insert(probes[i].name).second, join(path, "name"),
          fmt::format("'{}' names two probes; give each its own name", probes[i].name));
  }
  for (std::size_t i = 0; i < probes.size(); ++i) check_reach(probes, i, fmt::format("probes[{}]", i));
}

}  // namespace

std::vector<Budget> ProbeConfig::limits() const {
  std::vector<Budget> limits = budget;
  if (rate) limits.push_back(*rate);
  return limits;
}

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
  check_autoscaler(config.autoscaler);
}

}  // namespace config
