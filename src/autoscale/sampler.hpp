#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "autoscale/exposition.hpp"
#include "autoscale/recommend.hpp"
#include "base/clock.hpp"
#include "config/autoscaler.hpp"

namespace autoscale {

/// One replica's answer with its metrics.
struct Scraped {
  /// HOST:PORT.
  std::string replica;
  /// Nothing: it did not answer.
  std::optional<std::string> text;
  base::SteadyTime at;
};

/// Keeps the replicas' values of one metric, and makes rates of counters. Pure.
class Sampler {
 public:
  /// The rate of a counter is its mean over `window`, or over the time since the newest replica's first sample: rates
  /// of different times have a wrong sum while requests move from old replicas to a new one.
  Sampler(config::MetricIdentifier metric, base::Duration window) : metric_(std::move(metric)), window_(window) {}

  /// Takes the answers of all running replicas; `current` should run.
  PodValues take(const std::vector<Scraped>& scraped, std::size_t current);

 private:
  struct Sample {
    base::SteadyTime at;
    /// As the replica shows it, and what it has grown by since the first sample: a counter begins anew at 0.
    double shown = 0;
    double grown = 0;
  };
  /// Of one replica, by the labels of its series. Each has one at least.
  using Samples = std::map<std::string, std::deque<Sample>>;
  /// One replica's series of the metric; nothing: it did not answer, or without the metric.
  struct Read {
    const Scraped& scraped;
    std::optional<Exposed> exposed;
  };
  /// Why replicas have no value, and how many.
  struct Gaps {
    std::size_t silent = 0;
    std::size_t without = 0;
    std::size_t first = 0;
  };
  void keep(std::deque<Sample>& samples, base::SteadyTime at, double shown) const;
  /// The time over which all replicas' rates are known.
  base::SteadyTime::duration common_span(const std::vector<Read>& read) const;
  /// A second's growth since the sample that is `span` old or nearest to it; nothing without two samples.
  static std::optional<double> rate_over(base::SteadyTime::duration span, const std::deque<Sample>& samples);
  /// The value, or for a counter its rate over `span`.
  std::optional<double> value_of(const Read& read, base::SteadyTime::duration span, Gaps& gaps) const;
  std::string to_text(const Gaps& gaps) const;

  config::MetricIdentifier metric_;
  base::Duration window_;
  std::map<std::string, Samples> samples_;
};

}  // namespace autoscale
