#include "alert/report.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "alert/json.hpp"
#include "alert/state.hpp"
#include "alert/wording.hpp"
#include "config/scalar.hpp"

namespace alert {
namespace {

namespace json = boost::json;

json::object alert_object(std::string_view subject, const Alert& alert) {
  json::object object{{"subject", subject},
                      {"state", to_string(alert.phase)},
                      {"since", base::to_rfc3339(alert.since)},
                      {"level", core::to_string(alert.cause.level)},
                      {"reason", alert.cause.reason}};
  if (alert.fires()) object["fired_at"] = base::to_rfc3339(alert.fired);
  return object;
}

/// REQUIRES: `states` are in the order of their keys.
json::object rule_object(const config::AlertRule& rule, const Plan& plan, std::span<const store::AlertState> states) {
  const std::string prefix = rule.name + "/a/";
  std::size_t pending = 0, firing = 0;
  json::array alerts;
  auto state = std::ranges::lower_bound(states, prefix, {}, &store::AlertState::key);
  for (; state != states.end() && state->key.starts_with(prefix); ++state) {
    const auto alert = parse_alert(state->text);
    if (!alert) continue;
    ++(alert->fires() ? firing : pending);
    if (alerts.size() < kMostReported)
      alerts.push_back(alert_object(std::string_view(state->key).substr(prefix.size()), *alert));
  }
  const auto& receivers = plan.receivers_of(rule.name);
  return {{"name", rule.name},
          {"condition", condition_of(rule)},
          {"severity", config::to_text(rule.severity)},
          {"send_to", json::array(receivers.begin(), receivers.end())},
          {"pending", pending},
          {"firing", firing},
          {"alerts", std::move(alerts)}};
}

json::object receiver_object(const config::AlertReceiver& receiver, const store::OutboxCounts& outbox) {
  json::object object{{"name", receiver.name}, {"kind", receiver.kind}, {"waiting", 0}, {"dead", 0}};
  for (const store::OutboxCount& count : outbox.counts) {
    if (count.receiver != receiver.name) continue;
    if (count.state == store::MessageState::dead) object["dead"] = count.count;
    if (count.state != store::MessageState::waiting) continue;
    object["waiting"] = count.count;
    object["oldest"] = base::to_rfc3339(count.oldest);
  }
  return object;
}

json::object dead_object(const store::Message& stored) {
  const auto message = parse_message(stored.body);
  json::object object{{"id", stored.id},
                      {"receiver", stored.receiver},
                      {"title", message ? message->title : ""},
                      {"created_at", base::to_rfc3339(stored.created)},
                      {"attempts", stored.attempts},
                      {"error", stored.error}};
  if (stored.ended) object["gave_up_at"] = base::to_rfc3339(*stored.ended);
  return object;
}

}  // namespace

std::string report(const Plan& plan, std::span<const config::AlertReceiver> receivers, const store::AlertMemory& memory,
                   const store::OutboxCounts& outbox, std::span<const store::Message> dead) {
  json::array rules, whom, letters;
  for (const config::AlertRule& rule : plan.rules) rules.push_back(rule_object(rule, plan, memory.states));
  for (const config::AlertReceiver& receiver : receivers) whom.push_back(receiver_object(receiver, outbox));
  for (const store::Message& message : dead) letters.push_back(dead_object(message));
  return json::serialize(json::object{{"now", base::to_rfc3339(outbox.now)},
                                      {"rules", std::move(rules)},
                                      {"receivers", std::move(whom)},
                                      {"dead", std::move(letters)}});
}

std::string messages_json(std::span<const Message> messages, bool more) {
  std::string text = "{\"messages\":[";
  for (std::size_t i = 0; i < messages.size(); ++i)
    text += fmt::format("{}{}", i == 0 ? "" : ",", to_json(messages[i]));
  return text + fmt::format("],\"more\":{}}}", more);
}

}  // namespace alert
