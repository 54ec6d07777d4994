#include <algorithm>
#include <array>
#include <set>

#include "base/text.hpp"
#include "base/time_zone.hpp"
#include "config/checks.hpp"
#include "config/ntfy.hpp"
#include "config/scalar.hpp"
#include "core/pattern.hpp"

namespace config {
namespace {

/// Names are parts of keys in the database, with a profile's.
constexpr std::size_t kMostNameBytes = 63;

std::string at(const std::string& path, std::size_t index) {
  return fmt::format("{}[{}]", path, index);
}

/// 1 to `most` letters and digits of ASCII, and `marks`?
bool is_word(std::string_view text, std::size_t most, std::string_view marks) {
  const auto allowed = [&](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || marks.contains(c);
  };
  return !text.empty() && text.size() <= most && std::ranges::all_of(text, allowed);
}

void check_name(const std::string& name, std::set<std::string_view>& seen, const std::string& path) {
  check(is_word(name, kMostNameBytes, "_.-"), path,
        fmt::format("'{}' is not a name; use 1 to {} of A-Z a-z 0-9 _ . -", name, kMostNameBytes));
  check(seen.insert(name).second, path, fmt::format("'{}' is there twice; give each its own name", name));
}

void check_url(const std::string& url, std::string_view first, std::string_view second, const std::string& path) {
  const auto parts = base::split_url(url);
  const auto not_written = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7F; };
  const std::string wrong = base::wrong_authority(url);
  check((parts.scheme == first || parts.scheme == second) && !parts.host.empty() && parts.user.empty() &&
            std::ranges::none_of(url, not_written),
        path,
        fmt::format("'{}' is no address here; write {}://HOST or {}://HOST, without a password",
                    base::without_login(url), first, second));
  check(wrong.empty(), path, wrong);
}

void check_login(const auto& options, const std::string& path) {
  check(options.username.empty() == options.password_file.empty(), join(path, "password_file"),
        "and username go together; give both or none");
}

/// The request has these already, and a second one could be taken instead.
void check_further_headers(const WebhookOptions& options, const std::string& path) {
  for (std::size_t i = 0; i < options.header_files.size(); ++i) {
    const std::string name = options.header_files[i].substr(0, options.header_files[i].find(':'));
    for (const std::string_view own : {"Host", "Content-Type", "Vacancy-Id", "Vacancy-Timestamp", "Vacancy-Signature"})
      check(!base::equals_ignoring_case(name, own), at(path, i),
            fmt::format("{} is sent by itself; leave it out", own));
    check(options.token_file.empty() || !base::equals_ignoring_case(name, "Authorization"), at(path, i),
          "Authorization and token_file are two ways to log in; keep one");
  }
}

void check_options(const WebhookOptions& options, const std::string& path) {
  const bool pagerduty = options.form == WebhookForm::pagerduty;
  check(options.url.empty() || options.url_file.empty(), join(path, "url_file"), "and url are two addresses; keep one");
  check(pagerduty || !options.url.empty() || !options.url_file.empty(), join(path, "url"),
        "is missing; give it, or url_file: a file with the URL, where it is a secret");
  if (!options.url.empty()) check_url(options.url, "https", "http", join(path, "url"));
  const std::string_view below = base::split_url(options.url).path;
  check(options.form != WebhookForm::ntfy || options.url.empty() || is_ntfy_topic(below.substr(below.rfind('/') + 1)),
        join(path, "url"),
        "has no topic at its end; write one such as https://ntfy.sh/TOPIC, of 1 to 64 of A-Z a-z 0-9 _ -");
  check(pagerduty == !options.routing_key_file.empty(), join(path, "routing_key_file"),
        pagerduty ? "is missing; give a file with the integration key of the service"
                  : "is for template: pagerduty alone");
  check_header_files(options.header_files, join(path, "header_files"));
  check_further_headers(options, join(path, "header_files"));
}

void check_address(const std::string& address, const std::string& path) {
  const auto sign = address.find('@');
  check(sign != std::string::npos && sign > 0 && sign + 1 < address.size() &&
            address.find_first_of(" \t\r\n<>,;\"") == std::string::npos,
        path, fmt::format("'{}' is no address; write one such as ops@example.org", address));
}

void check_options(const EmailOptions& options, const std::string& path) {
  check_url(options.server, "smtp", "smtps", join(path, "server"));
  check(options.tls || base::split_url(options.server).scheme == "smtp", join(path, "tls"),
        "false is for smtp:// alone; smtps:// is TLS");
  check(options.tls || options.username.empty(), join(path, "tls"),
        "false would send the password as plain text; leave it out, or the username");
  check_address(options.from, join(path, "from"));
  check(!options.to.empty(), join(path, "to"), "is empty; give at least one address");
  for (std::size_t i = 0; i < options.to.size(); ++i) check_address(options.to[i], at(join(path, "to"), i));
  check_login(options, path);
}

void check_options(const AlertmanagerOptions& options, const std::string& path) {
  check(!options.urls.empty(), join(path, "urls"), "is empty; give at least one, such as http://localhost:9093");
  for (std::size_t i = 0; i < options.urls.size(); ++i) {
    check_url(options.urls[i], "http", "https", at(join(path, "urls"), i));
    const auto parts = base::split_url(options.urls[i]);
    check(parts.query.empty() && parts.fragment.empty(), at(join(path, "urls"), i),
          "has more than a path, and /api/v2/alerts is put behind it; leave out what begins with ? or #");
  }
  check_login(options, path);
  check(options.token_file.empty() || options.username.empty(), join(path, "token_file"),
        "and username are two ways to log in; keep one");
}

void check_receiver(const AlertReceiver& receiver, const std::string& path) {
  std::vector<std::string_view> known;
  kinds(receiver, [&](std::string_view kind, const auto&) { known.push_back(kind); });
  check(std::ranges::find(known, receiver.kind) != known.end(), join(path, "kind"),
        fmt::format("'{}' is unknown{}", receiver.kind, suggestion(receiver.kind, known)));
  check_positive(receiver.timeout, join(path, "timeout"));
  check_positive(receiver.give_up_after, join(path, "give_up_after"));
  kinds(receiver, [&](std::string_view kind, const auto& options) {
    if (kind == receiver.kind) check_options(options, path);
  });
}

void check_probe_glob(const std::string& glob, const std::vector<ProbeConfig>& probes, bool limited,
                      const std::string& path) {
  const bool any = std::ranges::any_of(probes, [&](const ProbeConfig& probe) {
    return base::glob_match(glob, probe.name) && !(limited && probe.limits().empty());
  });
  check(any, path,
        fmt::format("'{}' matches no probe{}; give the name of one, or '*'", glob, limited ? " with a budget" : ""));
}

void check_condition(const AlertCondition& when, const Config& config, const std::string& path) {
  const int given = (when.reaches ? 1 : 0) + (when.below ? 1 : 0) + (when.set.empty() ? 0 : 1) +
                    (when.blind.empty() ? 0 : 1) + (when.budget.empty() ? 0 : 1);
  check(given == 1, path,
        fmt::format("{}; give one of reaches, below, set, blind and budget, such as {{reaches: HIGH}}",
                    given == 0 ? "says nothing to wait for" : "is several conditions"));
  check(when.below != core::Level::low, join(path, "below"),
        "LOW is never given: no level is less; give MEDIUM or HIGH");
  if (!when.set.empty() && !config.sets.contains(when.set)) {
    std::vector<std::string_view> known;
    for (const auto& [name, choices] : config.sets) known.push_back(name);
    throw BadValue(join(path, "set"), known.empty()
                                          ? "there are no sets; give some, under the key sets"
                                          : fmt::format("'{}' is no set{}", when.set, suggestion(when.set, known)));
  }
  if (!when.blind.empty()) check_probe_glob(when.blind, config.probes, false, join(path, "blind"));
  if (!when.budget.empty()) check_probe_glob(when.budget, config.probes, true, join(path, "budget"));
  const AlertCondition usual;
  check(!when.set.empty() || when.at_least == usual.at_least, join(path, "at_least"), "is for set alone");
  check(!when.budget.empty() || when.left == usual.left, join(path, "left"), "is for budget alone");
  check(when.left > 0 && when.left <= 1, join(path, "left"),
        fmt::format("{} is not a part of a budget; give one above 0, up to 1", when.left));
}

/// `reaches` and `below` are about profiles.
void check_profiles(const AlertRule& rule, const std::string& path) {
  check(!rule.profiles.empty(), join(path, "profiles"), "is empty and matches nothing; leave it out for all");
  for (std::size_t i = 0; i < rule.profiles.size(); ++i) {
    const auto pattern = core::parse_pattern(rule.profiles[i]);
    if (!pattern) throw BadValue(at(join(path, "profiles"), i), pattern.error().message);
  }
  for (const auto& [key, glob] : rule.labels)
    if (const auto fine = core::checked_label(key, glob); !fine)
      throw BadValue(join(join(path, "labels"), key), fine.error().message);
  for (std::size_t i = 0; i < rule.group_by.size(); ++i)
    if (const auto fine = core::checked_label(rule.group_by[i], "x"); !fine)
      throw BadValue(at(join(path, "group_by"), i), fine.error().message);
  if (rule.when.reaches || rule.when.below) return;
  constexpr std::string_view kAlone = "is for reaches and below alone";
  check(rule.profiles == AlertRule().profiles, join(path, "profiles"), kAlone);
  check(rule.labels.empty(), join(path, "labels"), kAlone);
  check(rule.group_by.empty(), join(path, "group_by"), kAlone);
}

void check_quiet_hours(const std::vector<QuietHours>& hours, const std::string& path) {
  constexpr std::size_t kMinutes = 7 * 24 * 60;
  std::size_t quiet = 0;
  for (std::size_t minute = 0; minute < kMinutes; ++minute) {
    const auto weekday = static_cast<unsigned>(minute / (24 * 60));
    const std::chrono::minutes since_midnight{minute % (24 * 60)};
    quiet +=
        std::ranges::any_of(hours, [&](const auto& span) { return span.contains(weekday, since_midnight); }) ? 1 : 0;
  }
  check(quiet < kMinutes, path, "never end, and nothing would be sent; leave some time between them");
}

void check_send_to(const std::vector<std::string>& names, const std::vector<AlertReceiver>& receivers,
                   const std::string& path) {
  std::vector<std::string_view> known;
  for (const AlertReceiver& receiver : receivers) known.push_back(receiver.name);
  check(!names.empty(), path, "names no receiver; leave it out to send to all");
  for (std::size_t i = 0; i < names.size(); ++i) {
    check(std::ranges::find(known, names[i]) != known.end(), at(path, i),
          fmt::format("'{}' is no receiver{}", names[i], suggestion(names[i], known)));
    check(std::ranges::count(names, names[i]) == 1, at(path, i), fmt::format("'{}' is there twice", names[i]));
  }
}

void check_rule(const AlertRule& rule, const Config& config, const std::string& path) {
  check_condition(rule.when, config, join(path, "when"));
  check_profiles(rule, path);
  const auto& receivers = config.alerts.receivers;
  check(!receivers.empty(), path, "has nobody to send to; give alerts.receivers");
  if (rule.send_to) check_send_to(*rule.send_to, receivers, join(path, "send_to"));
  constexpr std::chrono::minutes kLeastReminder{1};
  check(rule.remind_every.count() == 0 || rule.remind_every >= kLeastReminder, join(path, "remind_every"),
        "is too short; give 1m or more, or 0 for no reminders");
  if (rule.quiet_hours) check_quiet_hours(*rule.quiet_hours, join(path, "quiet_hours"));
}

}  // namespace

bool is_ntfy_topic(std::string_view name) {
  constexpr std::size_t kMostBytes = 64;
  return is_word(name, kMostBytes, "_-");
}

void check_alerts(const Config& config) {
  const AlertsConfig& alerts = config.alerts;
  const std::string receivers = "alerts.receivers", rules = "alerts.rules";
  std::set<std::string_view> receiver_names, rule_names;
  for (std::size_t i = 0; i < alerts.receivers.size(); ++i) {
    check_name(alerts.receivers[i].name, receiver_names, join(at(receivers, i), "name"));
    check_receiver(alerts.receivers[i], at(receivers, i));
  }
  for (std::size_t i = 0; i < alerts.rules.size(); ++i) {
    check_name(alerts.rules[i].name, rule_names, join(at(rules, i), "name"));
    check_rule(alerts.rules[i], config, at(rules, i));
  }
  check_quiet_hours(alerts.quiet_hours, "alerts.quiet_hours");
  check(base::TimeZone::is_name(alerts.time_zone), "alerts.time_zone",
        fmt::format("'{}' is not a time zone; write a name such as Europe/Berlin, or an offset such as +02:00",
                    alerts.time_zone));
}

}  // namespace config
