#include "base/metrics.hpp"

#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace base {

Metrics::Metrics() : registry_(std::make_shared<prometheus::Registry>()) {}
Metrics::~Metrics() = default;

prometheus::Counter& Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(*registry_).Add(labels);
}

prometheus::Gauge& Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(*registry_).Add(labels);
}

prometheus::Histogram& Metrics::seconds(const std::string& name, const std::string& help, const Labels& labels) {
  const prometheus::Histogram::BucketBoundaries buckets{.001, .005, .01, .025, .05, .1, .25, .5,
                                                        1,    2.5,  5,   10,   30,  60, 300, 600};
  return prometheus::BuildHistogram().Name(name).Help(help).Register(*registry_).Add(labels, buckets);
}

std::shared_ptr<void> Metrics::at_scrape(std::function<void()> update) {
  const std::lock_guard lock(mutex_);
  const auto place = updates_.insert(updates_.end(), std::move(update));
  return {nullptr, [this, place](void*) {
            const std::lock_guard lock(mutex_);
            updates_.erase(place);
          }};
}

std::string Metrics::text() const {
  {
    const std::lock_guard lock(mutex_);
    for (const auto& update : updates_) update();
  }
  return prometheus::TextSerializer().Serialize(registry_->Collect());
}

}  // namespace base
