#include "refresh/meters.hpp"

#include <algorithm>

#include "base/duration.hpp"

namespace refresh {
namespace {

prometheus::Counter& probes(base::Metrics& metrics, const std::string& name, const char* result) {
  return metrics.counter("vacancy_probes_total", "Probes that ran, by result", {{"probe", name}, {"result", result}});
}

double seconds(base::Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

base::Labels labels_of(const config::ProbeConfig& config) {
  return {{"probe", config.name}};
}

}  // namespace

Demand::Demand(base::Metrics& metrics)
    : used_ratio(metrics.gauge("vacancy_probe_slots_used_ratio",
                               "Slots in use to all slots of the busiest probe, mean of the last half minute")),
      overdue(
          metrics.gauge("vacancy_overdue_max_seconds", "How late the most overdue task is that a slot would help")) {}

Meters::Meters(base::Metrics& metrics, const config::ProbeConfig& config, const Backlog& backlog, std::size_t slots)
    : ok(probes(metrics, config.name, "ok")),
      failed(probes(metrics, config.name, "failed")),
      refused(
          metrics.counter("vacancy_writes_refused_total", "Late results refused by their token", labels_of(config))),
      lost_leases(metrics.counter(
          "vacancy_leases_lost_total",
          "Leases lost while the probe ran: taken over, not renewed in time, or the profile was changed or removed",
          labels_of(config))),
      database_errors(metrics.counter("vacancy_refresh_database_errors_total",
                                      "Database calls of the refresh that failed", labels_of(config))),
      running(metrics.gauge("vacancy_probes_running", "Probes under way", labels_of(config))),
      overdue(metrics.gauge("vacancy_overdue_seconds",
                            "How long the oldest due task of the probe has waited for its run", labels_of(config))),
      slowed_down(metrics.gauge("vacancy_probe_slowed_down", "1 while the probe is slowed down by failures",
                                labels_of(config))),
      duration(metrics.seconds("vacancy_probe_seconds", "How long probes ran", labels_of(config))),
      used(std::chrono::steady_clock::now()) {
  metrics.gauge("vacancy_probe_slots", "Probes that run at the same time at most", labels_of(config))
      .Set(static_cast<double>(slots));
  for (const config::Budget& budget : config.limits())
    left.push_back(&metrics.gauge("vacancy_probe_budget_left", "Runs that the budget still allows",
                                  {{"probe", config.name}, {"window", base::to_string(budget.window)}}));
  if (config.has_periods()) {
    watched = &metrics.gauge("vacancy_probe_watched_profiles", "Profiles of the probe that readers watch or wait for",
                             labels_of(config));
    watched_period = &metrics.gauge("vacancy_probe_watched_period_seconds",
                                    "How often the probe measures those: its min, or longer where its budget is small",
                                    labels_of(config));
  }
  // More slots do not help a probe with one task for all profiles, or with a limit over all replicas.
  const bool scales = !config.batched() && config.limits().empty();
  at_scrape_ = metrics.at_scrape([this, &backlog, scales, slots, demand = Demand(metrics)] {
    const auto now = std::chrono::steady_clock::now();
    overdue.Set(seconds(backlog.overdue(now)));
    // Nor one whose source is down.
    if (!scales || slowed_down.Value() > 0) return;
    demand.used_ratio.Set(std::max(demand.used_ratio.Value(), used.mean(now) / static_cast<double>(slots)));
    demand.overdue.Set(std::max(demand.overdue.Value(), seconds(backlog.overdue_when_looked())));
  });
}

Meters::~Meters() {
  at_scrape_.reset();
  overdue.Set(0);
  slowed_down.Set(0);
  for (prometheus::Gauge* gauge : left) gauge->Set(0);
  for (prometheus::Gauge* gauge : {watched, watched_period})
    if (gauge != nullptr) gauge->Set(0);
}

}  // namespace refresh
