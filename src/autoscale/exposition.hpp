#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace autoscale {

struct Series {
  /// All of its labels, as a key.
  std::string labels;
  double value = 0;
};

struct Exposed {
  std::vector<Series> series;
  /// Values only grow, except at restarts.
  bool counter = false;
};

/// The series of metric `name` that have all of `labels`, in Prometheus' text format (version 0.0.4). Nothing: there is
/// none, or one of them cannot be read: a sum without it would be wrong.
std::optional<Exposed> read_metric(std::string_view text, std::string_view name,
                                   const std::map<std::string, std::string>& labels);

}  // namespace autoscale
