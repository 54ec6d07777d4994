#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "config/probe_keys.hpp"
#include "core/level.hpp"

/// `alerts:` in the configuration: rules, which say when to send a message, and receivers, which say where to. A new
/// kind of receiver is its options here, a member of AlertReceiver, and a line in `kinds`.
namespace config {

/// The form of the JSON that a webhook gets: our own, or what a service reads.
enum class WebhookForm : std::uint8_t { json, slack, mattermost, teams, ntfy, pagerduty };

/// Options of receiver kind `webhook`. Files are read for each delivery, so that secrets may change.
struct WebhookOptions {
  /// http(s)://…; or a file with it, where it is a secret, as Slack's is. PagerDuty needs none.
  std::string url{};
  std::string url_file{};
  WebhookForm form = WebhookForm::json;
  /// A file with the key that signs each request: HMAC-SHA256 over time stamp and body.
  std::string secret_file{};
  /// A file with a bearer token.
  std::string token_file{};
  /// "Name: FILE" each: the value is in the file.
  std::vector<std::string> header_files{};
  /// A file with PagerDuty's routing key (Events API v2). Form `pagerduty` needs it.
  std::string routing_key_file{};
  /// A file with the certificates (PEM) of the authorities to trust instead of the system's.
  std::string ca_file{};

  bool operator==(const WebhookOptions&) const = default;
};

template <Of<WebhookOptions> C, class Visit>
void fields(C& options, Visit&& visit) {
  visit("url", options.url);
  visit("url_file", options.url_file);
  visit("template", options.form);
  visit("secret_file", options.secret_file);
  visit("token_file", options.token_file);
  visit("header_files", options.header_files);
  visit("routing_key_file", options.routing_key_file);
  visit("ca_file", options.ca_file);
}

/// Options of receiver kind `email`.
struct EmailOptions {
  /// smtp://HOST[:PORT], which must offer STARTTLS, or smtps://HOST[:PORT]: TLS from the beginning.
  std::string server{};
  /// false: plain text, for a relay on this machine or in a trusted network.
  bool tls = true;
  std::string from{};
  std::vector<std::string> to{};
  std::string username{};
  std::string password_file{};
  std::string ca_file{};

  bool operator==(const EmailOptions&) const = default;
};

template <Of<EmailOptions> C, class Visit>
void fields(C& options, Visit&& visit) {
  visit("server", options.server);
  visit("tls", options.tls);
  visit("from", options.from);
  visit("to", options.to);
  visit("username", options.username);
  visit("password_file", options.password_file);
  visit("ca_file", options.ca_file);
}

/// Options of receiver kind `alertmanager`: its API v2.
struct AlertmanagerOptions {
  /// http(s)://HOST[:PORT][/PREFIX] of each Alertmanager of a cluster: all get all alerts, as Prometheus does it.
  std::vector<std::string> urls{};
  std::string token_file{};
  std::string username{};
  std::string password_file{};
  std::string ca_file{};

  bool operator==(const AlertmanagerOptions&) const = default;
};

template <Of<AlertmanagerOptions> C, class Visit>
void fields(C& options, Visit&& visit) {
  visit("urls", options.urls);
  visit("token_file", options.token_file);
  visit("username", options.username);
  visit("password_file", options.password_file);
  visit("ca_file", options.ca_file);
}

/// Where messages go.
struct AlertReceiver {
  std::string name{};
  std::string kind = "webhook";
  /// An attempt that takes longer has failed.
  base::Duration timeout = std::chrono::seconds{10};
  /// How long a message is tried before it is a dead letter.
  base::Duration give_up_after = std::chrono::hours{24};
  WebhookOptions webhook{};
  EmailOptions email{};
  AlertmanagerOptions alertmanager{};

  bool operator==(const AlertReceiver&) const = default;
};

/// The table of kinds, each with its options: calls `visit(kind, options)`.
template <Of<AlertReceiver> C, class Visit>
void kinds(C& receiver, Visit&& visit) {
  visit("webhook", receiver.webhook);
  visit("email", receiver.email);
  visit("alertmanager", receiver.alertmanager);
}

/// Calls `visit` with the options of the receiver's own kind, and returns its result. A kind that is in no table throws
/// std::logic_error: validate() refuses it.
template <class Visit>
auto with_options(const AlertReceiver& receiver, Visit&& visit) {
  std::optional<decltype(visit(receiver.webhook))> result;
  kinds(receiver, [&](std::string_view kind, const auto& options) {
    if (kind == receiver.kind) result = visit(options);
  });
  if (!result) throw std::logic_error("no receiver is of kind '" + receiver.kind + "'");
  return *std::move(result);
}

template <Of<AlertReceiver> C, class Visit>
void fields(C& receiver, Visit&& visit) {
  visit("name", receiver.name);
  // Before the options, so that a reader knows the kind when it comes to them.
  visit("kind", receiver.kind);
  visit("timeout", receiver.timeout);
  visit("give_up_after", receiver.give_up_after);
  kinds(receiver, [&](std::string_view kind, auto& options) {
    if (kind == receiver.kind) fields(options, visit);
  });
}

/// What a rule watches: one of reaches, below, set, blind and budget.
struct AlertCondition {
  /// A profile's level is known and at least this.
  std::optional<core::Level> reaches{};
  /// A profile's level is known and less than this. An UNKNOWN level neither begins the alert nor ends it.
  std::optional<core::Level> below{};
  /// No profile of this set is known to be `at_least`.
  std::string set{};
  core::Level at_least = core::Level::medium;
  /// A glob on names of probes: none of a probe's profiles is FRESH.
  std::string blind{};
  /// A glob on names of probes: less than this share is left of one of a probe's budgets.
  std::string budget{};
  double left = 0.1;

  bool operator==(const AlertCondition&) const = default;
};

template <Of<AlertCondition> C, class Visit>
void fields(C& condition, Visit&& visit) {
  visit("reaches", condition.reaches);
  visit("below", condition.below);
  visit("set", condition.set);
  visit("at_least", condition.at_least);
  visit("blind", condition.blind);
  visit("budget", condition.budget);
  visit("left", condition.left);
}

/// PagerDuty's words, which others understand, too.
enum class Severity : std::uint8_t { info, warning, error, critical };

/// Local times in which nothing is sent, as "22:00-07:00", "Sat,Sun" or "Mon-Fri 18:00-08:00".
struct QuietHours {
  static constexpr std::chrono::minutes kDay = std::chrono::hours{24};
  static constexpr unsigned kEveryDay = 0x7F;

  /// The days on which they begin; bit 0 is Monday.
  unsigned days = kEveryDay;
  /// From 0 to 24 h after midnight. When `end` is not after `begin`, it is on the next day.
  std::chrono::minutes begin{0};
  std::chrono::minutes end = kDay;

  /// Is this minute of this day in them? Monday is 0.
  bool contains(unsigned weekday, std::chrono::minutes since_midnight) const;

  bool operator==(const QuietHours&) const = default;
};

struct AlertRule {
  /// Names the rule in messages, metrics and its state. Renaming it makes it a new one.
  std::string name{};
  AlertCondition when{};
  /// Which profiles `reaches` and `below` are about: PROVIDER/NAME with globs, and globs on values of labels.
  std::vector<std::string> profiles = {"*/*"};
  std::map<std::string, std::string> labels{};
  /// How long the condition must hold before the alert fires.
  base::Duration hold{0};
  /// How long it must have been over before the alert is. Whatever flaps faster is one alert.
  base::Duration keep_firing_for = std::chrono::minutes{5};
  Severity severity = Severity::warning;
  /// Names of receivers, instead of all of them.
  std::optional<std::vector<std::string>> send_to{};
  /// A message is about one group: `provider`, `name`, or the key of a label. None: the rule is one group.
  std::vector<std::string> group_by{};
  /// How long the first message about a group waits for more changes of it.
  base::Duration group_wait = std::chrono::milliseconds{500};
  /// The least time between two messages about a group; changes in between are gathered into one.
  base::Duration group_interval = std::chrono::seconds{10};
  /// How often a group that still fires is repeated. 0: never.
  base::Duration remind_every{0};
  /// Sends a message when an alert is over, too.
  bool resolved = true;
  /// Instead of those of all rules; an empty list is none.
  std::optional<std::vector<QuietHours>> quiet_hours{};

  bool operator==(const AlertRule&) const = default;
};

template <Of<AlertRule> C, class Visit>
void fields(C& rule, Visit&& visit) {
  visit("name", rule.name);
  visit("when", rule.when);
  visit("profiles", rule.profiles);
  visit("labels", rule.labels);
  visit("for", rule.hold);
  visit("keep_firing_for", rule.keep_firing_for);
  visit("severity", rule.severity);
  visit("send_to", rule.send_to);
  visit("group_by", rule.group_by);
  visit("group_wait", rule.group_wait);
  visit("group_interval", rule.group_interval);
  visit("remind_every", rule.remind_every);
  visit("resolved", rule.resolved);
  visit("quiet_hours", rule.quiet_hours);
}

struct AlertsConfig {
  std::vector<AlertReceiver> receivers{};
  std::vector<AlertRule> rules{};
  /// Times in which rules send nothing; what happens then comes in one message after them.
  std::vector<QuietHours> quiet_hours{};
  /// Of the quiet hours: a name such as Europe/Berlin, or an offset such as +02:00.
  std::string time_zone = "UTC";

  bool operator==(const AlertsConfig&) const = default;
};

template <Of<AlertsConfig> C, class Visit>
void fields(C& alerts, Visit&& visit) {
  visit("receivers", alerts.receivers);
  visit("rules", alerts.rules);
  visit("quiet_hours", alerts.quiet_hours);
  visit("time_zone", alerts.time_zone);
}

}  // namespace config
