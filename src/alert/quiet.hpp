#pragma once

#include <optional>
#include <vector>

#include "base/time_zone.hpp"
#include "config/alerts.hpp"

namespace alert {

/// Quiet hours on a calendar. Immutable.
class Quiet {
 public:
  Quiet() = default;
  Quiet(std::vector<config::QuietHours> hours, base::TimeZone zone);

  /// When the quiet hours end that `time` lies in; nothing when it lies in none. At most 8 days later.
  std::optional<base::Time> until(base::Time time) const;

 private:
  bool contains(base::Time time) const;

  std::vector<config::QuietHours> hours_;
  base::TimeZone zone_;
};

}  // namespace alert
