#include "refresh/meters.hpp"

#include "base/duration.hpp"

namespace refresh {
namespace {

prometheus::Counter& probes(base::Metrics& metrics, const std::string& name, const char* result) {
  return metrics.counter("vacancy_probes_total", "Probes that ran, by result", {{"probe", name}, {"result", result}});
}

base::Labels labels_of(const config::ProbeConfig& config) {
  return {{"probe", config.name}};
}

}  // namespace

Meters::Meters(base::Metrics& metrics, const config::ProbeConfig& config, const Backlog& backlog)
    : ok(probes(metrics, config.name, "ok")),
      failed(probes(metrics, config.name, "failed")),
      refused(
          metrics.counter("vacancy_writes_refused_total", "Late results refused by their token", labels_of(config))),
      lost_leases(metrics.counter("vacancy_leases_lost_total",
                                  "Leases lost while the probe ran: taken over, or the profile was changed or removed",
                                  labels_of(config))),
      database_errors(metrics.counter("vacancy_refresh_database_errors_total",
                                      "Database calls of the refresh that failed", labels_of(config))),
      running(metrics.gauge("vacancy_probes_running", "Probes under way", labels_of(config))),
      overdue(metrics.gauge("vacancy_overdue_seconds",
                            "How long the oldest due task of the probe has waited for its run", labels_of(config))),
      slowed_down(metrics.gauge("vacancy_probe_slowed_down", "1 while the probe is slowed down by failures",
                                labels_of(config))),
      duration(metrics.seconds("vacancy_probe_seconds", "How long probes ran", labels_of(config))) {
  for (const config::Budget& budget : config.limits())
    left.push_back(&metrics.gauge("vacancy_probe_budget_left", "Runs that the budget still allows",
                                  {{"probe", config.name}, {"window", base::to_string(budget.window)}}));
  overdue_at_scrape_ = metrics.at_scrape([this, &backlog] {
    overdue.Set(std::chrono::duration<double>(backlog.overdue(std::chrono::steady_clock::now())).count());
  });
}

Meters::~Meters() {
  overdue_at_scrape_.reset();
  overdue.Set(0);
  slowed_down.Set(0);
  for (prometheus::Gauge* gauge : left) gauge->Set(0);
}

}  // namespace refresh
