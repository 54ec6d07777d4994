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

/// What one replica answered when it was asked for its metrics.
struct Scraped {
  /// HOST:PORT.
  std::string replica;
  /// Nothing: it did not answer.
  std::optional<std::string> text;
  base::SteadyTime at;
};

/// Keeps what replicas showed of one metric, and makes rates of counters. Pure.
class Sampler {
 public:
  /// The rate of a counter is its mean over `window`.
  Sampler(config::MetricIdentifier metric, base::Duration window) : metric_(std::move(metric)), window_(window) {}

  /// Takes the answers of all replicas that are there, of `current` that there should be.
  PodValues take(const std::vector<Scraped>& scraped, std::size_t current);

 private:
  struct Sample {
    base::SteadyTime at;
    /// As the replica shows it, and what it has grown by since the first sample: a counter begins anew at 0.
    double shown = 0;
    double grown = 0;
  };
  /// The value, or for a counter its rate a second; nothing without two samples.
  std::optional<double> value_of(const Scraped& scraped);
  std::optional<double> rate_of(const Scraped& scraped, double shown);

  config::MetricIdentifier metric_;
  base::Duration window_;
  std::map<std::string, std::deque<Sample>> samples_;
};

}  // namespace autoscale
