#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "base/duration.hpp"
#include "config/checks.hpp"
#include "config/fields.hpp"
#include "config/glob.hpp"
#include "config/scalar.hpp"

namespace config {
namespace {

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

/// Numbers of sources go as far: a double has each whole one up to there.
constexpr double kMostUnits = 9'007'199'254'740'992;

void check_levels(const Levels& levels, const std::string& path) {
  fields(levels, [&](std::string_view key, const LevelRule& rule) {
    check(!rule.free || (*rule.free >= 0 && *rule.free <= kMostUnits), join(join(path, key), "free"),
          fmt::format("{} is no number of units; give one from 0 to 2^53", rule.free.value_or(0)));
    check(!rule.score || std::abs(*rule.score) <= kMostUnits, join(join(path, key), "score"),
          fmt::format("{} is reached never or always; give one from -2^53 to 2^53", rule.score.value_or(0)));
    check(!rule.ratio || (*rule.ratio >= 0 && *rule.ratio <= 1), join(join(path, key), "ratio"),
          "is free units to all units, from 0 to 1");
  });
  const LevelRule& high = levels.high;
  check(high.empty() || high.score || high.free.value_or(0) > 0 || high.ratio.value_or(0) > 0, join(path, "high"),
        "is always reached, also with no unit free; give free: 1 or more, or a ratio above 0");
  check_order(levels, path);
}

/// Can this probe give a level at all?
void check_gives_level(const ProbeConfig& probe, const std::string& path) {
  const bool http = probe.kind == "http";
  const Rules& rules = probe.http.rules;
  const Pointers& pointers = rules.pointers;
  const auto gives = [&](core::NumberOf number) {
    return !http || !pointers.numbers[number].empty() || (number == &core::Measurement::free && !rules.count.empty());
  };
  const auto check_rule = [&](std::string_view key, const LevelRule& rule) {
    const auto needs = [&](const std::optional<double>& threshold, bool given, std::string_view name,
                           std::string_view what) {
      check(!threshold || given, join(join(join(path, "levels"), key), name),
            fmt::format("is never reached: the probe gives no {}{}", what,
                        http ? ", as its pointers say; give them" : "; give free or ratio"));
    };
    using core::Measurement;
    needs(rule.free, gives(&Measurement::free), "free", "free units");
    needs(rule.ratio, gives(&Measurement::free) && gives(&Measurement::total), "ratio", "free and total units");
    needs(rule.score, probe.kind != "slurm" && probe.kind != "kubernetes" && gives(&Measurement::score), "score",
          "score");
  };
  fields(probe.levels, check_rule);
  const bool judges = !probe.levels.high.empty() || !probe.levels.medium.empty();
  check(judges || !pointers.level.empty() || gives(&core::Measurement::free), join(path, "pointers"),
        "name neither a level nor free units; give level or free, or thresholds in 'levels'");
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

void check_refresh(const ProbeConfig& probe, const std::string& path) {
  const Refresh& refresh = probe.refresh;
  if (refresh == Refresh{}) return;
  check_positive(refresh.min, join(path, "min"));
  check(refresh.max.count() >= 0, join(path, "max"), "is negative; give the longest period");
  const bool has_ttl = probe.ttl != ProbeConfig{}.ttl;
  check(refresh.max.count() == 0 || !has_ttl || probe.ttl == refresh.max, join(path, "max"),
        fmt::format("{} takes the place of the ttl, which is {}; leave one of the two out",
                    base::to_string(refresh.max), base::to_string(probe.ttl)));
  check(refresh.min <= probe.longest_period(), join(path, "min"),
        fmt::format("{} is longer than the longest period, {}; give that or less", base::to_string(refresh.min),
                    base::to_string(probe.longest_period())));
  check(probe.longest_period() <= kLongest, join(path, "max"),
        fmt::format("{} is longer than a year", base::to_string(refresh.max)));
}

void check_probe(const ProbeConfig& probe, const std::string& path) {
  check(is_probe_name(probe.name), join(path, "name"),
        fmt::format("'{}' is not a name; use 1 to {} of A-Z a-z 0-9 _ . -", probe.name, core::kMaxNameBytes));
  check_kind(probe, join(path, "kind"));
  check(!probe.match.provider.empty(), join(path, "match.provider"), "is empty and matches nothing; write '*' for all");
  check(!probe.match.name.empty(), join(path, "match.name"), "is empty and matches nothing; write '*' for all");
  check_positive(probe.ttl, join(path, "ttl"));
  check_positive(probe.timeout, join(path, "timeout"));
  check_refresh(probe, join(path, "refresh"));
  check(probe.expire_after.count() == 0 || probe.expire_after >= probe.longest_period(), join(path, "expire_after"),
        fmt::format("{} is shorter than the {} {}; give that or more, or 0 for five times the ttl",
                    base::to_string(probe.expire_after), probe.refresh.max.count() > 0 ? "longest period" : "ttl",
                    base::to_string(probe.longest_period())));
  kinds(probe, [&](std::string_view kind, const auto& options) {
    if (kind == probe.kind) check_options(options, probe, path);
  });
  check_levels(probe.levels, join(path, "levels"));
  check_gives_level(probe, path);
  check_budgets(probe, join(path, "budget"));
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

}  // namespace

void check_program(const std::vector<std::string>& command, const std::string& path) {
  for (const std::string& word : command)
    check(word.find('\0') == std::string::npos, path, "holds a NUL byte, which no argument can");
  check(command.empty() || !command.front().empty(), path, "names no program");
}

void check_url_of_probe(const std::string& url, const std::string& path) {
  const auto not_written = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7F; };
  check(std::ranges::none_of(url, not_written), path,
        fmt::format("'{}' has a blank or a control character; write %20 for a blank", base::without_login(url)));
  const std::string wrong = base::wrong_authority(url);
  check(wrong.empty(), path, wrong);
}

void check_discover(const Globs& discover, const ProbeConfig& probe, std::string_view what, const std::string& path) {
  if (discover.empty()) return;
  check(!is_glob(probe.match.provider), join(path, "discover"),
        fmt::format("needs a provider to put the {} under; give match.provider without * and ?", what));
  for (std::size_t i = 0; i < discover.patterns.size(); ++i)
    check(!discover.patterns[i].empty(), fmt::format("{}[{}]", join(path, "discover"), i),
          "is empty and matches nothing");
  const auto measured = [&](const std::string& pattern) {
    return overlap(probe.match.name, pattern) || overlap(probe.match.name, pattern + ":*");
  };
  check(std::ranges::any_of(discover.patterns, measured), join(path, "match.name"),
        fmt::format("'{}' covers none of the {} that discover adds; write '*'", probe.match.name, what));
}

void check_options(const ExecOptions& options, const ProbeConfig&, const std::string& path) {
  check(!options.command.empty(), join(path, "command"),
        "is empty; give a program and its arguments, such as [/usr/local/bin/quota, '{name}']");
  check_program(options.command, join(path, "command"));
  check(!options.batch || options.format != Format::nagios, join(path, "format"),
        "nagios is for one profile; a batch prints a JSON list, so leave 'format' out");
  check_between(options.nice, 0, 19, join(path, "nice"));
  check_between(options.max_output_bytes, 1, 64 << 20, join(path, "max_output_bytes"));
  check_between(options.open_files, 8, 1 << 20, join(path, "open_files"));
  for (std::size_t i = 0; i < options.environment.size(); ++i)
    check(!options.environment[i].empty() && options.environment[i].front() != '=',
          fmt::format("{}[{}]", join(path, "environment"), i), "has no name; write NAME=VALUE, or NAME");
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

bool ProbeConfig::discovers() const {
  return with_options(*this, [](const auto& options) {
    if constexpr (requires { options.discover; }) return !options.discover.empty();
    return false;
  });
}

bool ProbeConfig::batched() const {
  return with_options(*this, [](const auto& options) {
    if constexpr (requires { options.batch; }) return options.batch;
    return false;
  });
}

std::vector<Budget> ProbeConfig::limits() const {
  std::vector<Budget> limits = budget;
  if (rate) limits.push_back(*rate);
  return limits;
}

double ProbeConfig::most_runs() const {
  double runs = std::numeric_limits<double>::infinity();
  for (const Budget& limit : limits())
    runs = std::min(runs, static_cast<double>(limit.calls) / std::chrono::duration<double>(limit.window).count());
  return runs;
}

}  // namespace config
