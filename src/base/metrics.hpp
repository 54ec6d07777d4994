#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace prometheus {
class Registry;
}

namespace base {

using Labels = std::map<std::string, std::string>;

/// The metrics of one process, in Prometheus' text format at /metrics. Thread-safe. The returned objects live as long
/// as it does and may be updated from any thread. The same name and labels give the same object.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  prometheus::Counter& counter(const std::string& name, const std::string& help, const Labels& labels = {});
  prometheus::Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  /// A histogram of seconds, with buckets from 1 ms to 10 min.
  prometheus::Histogram& seconds(const std::string& name, const std::string& help, const Labels& labels = {});

  /// Calls `update` before each text(), on its thread, for values that are computed at the scrape; until the last copy
  /// of the returned object is gone.
  [[nodiscard]] std::shared_ptr<void> at_scrape(std::function<void()> update);

  /// Everything in the text exposition format, version 0.0.4.
  std::string text() const;

 private:
  mutable std::mutex mutex_;
  std::list<std::function<void()>> updates_;
  std::shared_ptr<prometheus::Registry> registry_;
};

}  // namespace base
