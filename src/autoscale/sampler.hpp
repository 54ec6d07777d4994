#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

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
  /// The rate of a counter is its mean over `window`.
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
  /// Of one replica, by the labels of its series.
  using Samples = std::map<std::string, std::deque<Sample>>;
  /// Why replicas have no value, and how many.
  struct Gaps {
    std::size_t silent = 0;
    std::size_t without = 0;
    std::size_t first = 0;
  };
  /// The value, or for a counter its rate a second; nothing without two samples.
  std::optional<double> value_of(const Scraped& scraped, Gaps& gaps);
  std::optional<double> rate_of(std::deque<Sample>& samples, base::SteadyTime at, double shown) const;
  std::string to_text(const Gaps& gaps) const;

  config::MetricIdentifier metric_;
  base::Duration window_;
  std::map<std::string, Samples> samples_;
};

}  // namespace autoscale
