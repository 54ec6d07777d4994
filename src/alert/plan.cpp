#include "alert/plan.hpp"

#include <algorithm>

namespace alert {

const std::vector<std::string>& Plan::receivers_of(const std::string& rule) const {
  const auto found = std::ranges::find(rules, rule, &config::AlertRule::name);
  return found == rules.end() || !found->send_to ? receivers : *found->send_to;
}

Setting Plan::setting_in(const std::string& epoch) const {
  Setting named = setting;
  named.source = setting.public_url.empty() ? epoch : setting.public_url;
  return named;
}

Plan plan_of(const config::Config& config) {
  const config::AlertsConfig& alerts = config.alerts;
  auto zone = base::TimeZone::find(alerts.time_zone);
  if (!zone) throw base::UsageError("alerts.time_zone: " + zone.error().message);
  Plan plan{.rules = alerts.rules,
            .setting = {.quiet_hours = alerts.quiet_hours,
                        .zone = *std::move(zone),
                        .zone_name = alerts.time_zone,
                        .sets = config::sets_of(config),
                        .public_url = config.portal.public_url}};
  for (const config::AlertReceiver& receiver : alerts.receivers) plan.receivers.push_back(receiver.name);
  for (const config::ProbeConfig& probe : config.probes)
    for (const config::Budget& budget : probe.limits())
      plan.limits[probe.name].push_back({budget.calls, budget.window});
  return plan;
}

}  // namespace alert
