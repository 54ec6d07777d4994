#include "autoscale/meters.hpp"

namespace autoscale {

Meters::Meters(base::Metrics& metrics, std::string service) : metrics_(metrics), service_(std::move(service)) {}

void Meters::show(const Decision& decision) {
  const base::Labels labels{{"service", service_}};
  metrics_.gauge("vacancy_autoscaler_engine_up", "1 while the engine can be asked for the service", labels).Set(1);
  // Some engines give no number while a rollout is under way.
  if (decision.busy.empty()) {
    metrics_.gauge("vacancy_autoscaler_replicas", "Replicas that the service should have", labels)
        .Set(static_cast<double>(decision.current));
    metrics_.gauge("vacancy_autoscaler_desired_replicas", "Replicas that it was decided to have", labels)
        .Set(static_cast<double>(decision.desired));
  }
  for (const std::string_view reason : decision.reasons)
    metrics_
        .counter("vacancy_autoscaler_decisions_total", "Decisions by reason, in the terms of Kubernetes",
                 {{"service", service_}, {"reason", std::string(reason)}})
        .Increment();
  for (const Asked& asked : decision.asked) {
    const base::Labels of_metric{{"service", service_}, {"metric", asked.metric}};
    metrics_.gauge("vacancy_autoscaler_metric_known", "1 while the metric could be read", of_metric)
        .Set(asked.recommendation ? 1 : 0);
    if (asked.recommendation)
      metrics_.gauge("vacancy_autoscaler_metric_ratio", "Usage of the metric to its target", of_metric)
          .Set(asked.recommendation->ratio);
  }
}

void Meters::show_lost() {
  metrics_
      .gauge("vacancy_autoscaler_engine_up", "1 while the engine can be asked for the service", {{"service", service_}})
      .Set(0);
}

}  // namespace autoscale
