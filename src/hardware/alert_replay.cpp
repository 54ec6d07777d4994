#include "hardware/alert_replay.hpp"

#include <algorithm>

#include "alert/plan.hpp"
#include "alert/replay.hpp"
#include "alert/report.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "config/load.hpp"
#include "core/losses.hpp"

namespace hardware {
namespace {

constexpr std::chrono::days kByItself{1};
constexpr std::size_t kMostProfiles = 2'000;
/// Of a profile, and of all.
constexpr std::size_t kMostOfOne = 20'000;
constexpr std::size_t kMostTransitions = 200'000;

std::unexpected<base::Error> invalid(std::string message) {
  return base::fail(base::Errc::invalid, std::move(message));
}

base::Result<base::Time> time_in(std::string_view text, std::string_view key, base::Time otherwise) {
  if (text.empty()) return otherwise;
  if (const auto time = base::parse_rfc3339(text)) return *time;
  return invalid(
      fmt::format("{}: '{}' is not a time; write one such as 2026-11-24T13:00:00Z", key, base::to_line(text)));
}

base::Result<alert::Plan> plan_for(const ReplayRequest& request, const config::Config& config) {
  try {
    config::Config changed = request.rules ? config::with_alerts(*request.rules, "rules", config) : config;
    auto& rules = changed.alerts.rules;
    if (!request.rule.empty())
      std::erase_if(rules, [&](const config::AlertRule& rule) { return rule.name != request.rule; });
    if (rules.empty() && !request.rule.empty())
      return invalid(fmt::format("there is no rule '{}'", base::to_line(request.rule)));
    return alert::plan_of(changed);
  } catch (const base::UsageError& error) {
    return invalid(error.what());
  }
}

/// The profiles that any of the rules watches.
std::vector<core::RowPtr> watched(const alert::Plan& plan, const core::Snapshot& snapshot) {
  std::vector<alert::Rule> rules;
  for (const config::AlertRule& rule : plan.rules) rules.emplace_back(rule, plan.setting);
  std::vector<core::RowPtr> rows;
  snapshot.for_each([&](const core::RowPtr& row) {
    const auto watches = [&](const alert::Rule& rule) {
      return rule.subject_of(row->profile, row->probe.text()).has_value();
    };
    if (std::ranges::any_of(rules, watches)) rows.push_back(row);
  });
  return rows;
}

}  // namespace

base::Result<ReplayRequest> parse_replay(std::string_view body, base::Time now) {
  const auto value = base::parse_json(body.empty() ? "{}" : body);
  if (!value && value.error().repeats) return invalid("the body " + value.error().message);
  if (!value || !value->is_object()) return invalid("the body is not a JSON object; send {\"rule\":\"NAME\"}");
  const auto& object = value->get_object();
  for (const auto& [key, field] : object) {
    const std::string_view name = key;
    if ((name != "rule" && name != "rules" && name != "from" && name != "to") || !field.is_string())
      return invalid(
          fmt::format("'{}' is not expected; send rule, rules, from and to, which are texts", base::to_line(name)));
  }
  ReplayRequest request{.rule = std::string(base::text_in(object, "rule"))};
  if (object.contains("rules")) request.rules = base::text_in(object, "rules");
  const auto to = time_in(base::text_in(object, "to"), "to", now);
  if (!to) return std::unexpected(to.error());
  const auto from = time_in(base::text_in(object, "from"), "from", std::min(*to, now) - kByItself);
  if (!from) return std::unexpected(from.error());
  request.from = *from;
  // Nothing has happened later.
  request.to = std::min(*to, now);
  if (request.from >= request.to) return invalid("from: it must be before 'to', and in the past");
  return request;
}

base::Result<std::string> replay(const ReplayRequest& request, const config::Config& config, const board::State& board,
                                 store::History& history, base::Time now) {
  const auto plan = plan_for(request, config);
  if (!plan) return std::unexpected(plan.error());
  const auto rows = watched(*plan, board.snapshot);
  if (rows.size() > kMostProfiles)
    return invalid(
        fmt::format("these rules watch {} profiles; the most for a replay is {}: name one rule, or fewer "
                    "profiles in it",
                    rows.size(), kMostProfiles));
  std::vector<alert::Past> pasts;
  std::size_t count = 0;
  for (const core::RowPtr& row : rows) {
    auto transitions = history.transitions(row->profile.id, {request.from, request.to}, kMostOfOne + 1);
    if (transitions.size() > kMostOfOne)
      return invalid(fmt::format("{}/{} has more than {} transitions in this time; ask for less",
                                 row->profile.key.provider, row->profile.key.name, kMostOfOne));
    core::add_losses(transitions, *row, std::min(now, request.to));
    count += transitions.size();
    if (count > kMostTransitions)
      return invalid(fmt::format("more than {} transitions lie in this time; ask for less", kMostTransitions));
    pasts.push_back({row->profile, row->probe.text(), std::move(transitions)});
  }
  const auto replayed =
      alert::replay(plan->rules, plan->setting_in(board.version.epoch), pasts, request.from, request.to);
  if (replayed.more && replayed.messages.empty())
    return invalid("these rules repeat too much before this time; name one rule, or give it a longer remind_every");
  return fmt::format("{{\"from\":\"{}\",\"to\":\"{}\",{}", base::to_rfc3339(request.from), base::to_rfc3339(request.to),
                     alert::messages_json(replayed.messages, replayed.more).substr(1));
}

}  // namespace hardware
