#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace autoscale {

struct Exposed {
  /// The sum of the series that were asked for.
  double value = 0;
  /// It only grows, but for restarts.
  bool counter = false;
};

/// The series of metric `name` that have all of `labels`, in Prometheus' text format (version 0.0.4). Nothing: there is
/// none, or its value is no finite number.
std::optional<Exposed> read_metric(std::string_view text, std::string_view name,
                                   const std::map<std::string, std::string>& labels);

}  // namespace autoscale
