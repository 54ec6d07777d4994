#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "core/evidence.hpp"
#include "core/profile.hpp"

namespace store {

/// A launch that somebody tells.
struct Observation {
  core::ProfileId profile = 0;
  core::Launch launch;
  /// When it ended; nothing: now. A later time counts as now.
  std::optional<base::Time> at{};
  /// By which its teller knows it, so that it counts once for the profile; "" for none.
  std::string id{};
  /// How long the launch is trusted.
  core::FreshnessRule rule = core::kUnprobed;
  /// The profile that it is about, which may have been renamed since; nothing: whatever has the id.
  std::optional<core::ProfileKey> key{};
};

/// What became of one.
struct Observed {
  enum class Effect : std::uint8_t {
    applied,   ///< it is the reading now
    counted,   ///< in the calibration alone: the reading is as new
    repeated,  ///< one of this profile with this id was told before
    gone,      ///< there is no such profile
  };

  Effect effect = Effect::gone;
  /// The level that was shown when it began. UNKNOWN of one that is not counted.
  core::Level said = core::Level::unknown;

  bool operator==(const Observed&) const = default;
};

/// The interface of those who tell about launches. History has the calibration. Calls as in store.hpp.
class Observations {
 public:
  virtual ~Observations() = default;

  /// Writes all of them in one transaction under one new revision, the oldest first. Returns what became of each, in
  /// their order.
  virtual std::vector<Observed> observe(std::span<const Observation> observations) = 0;
};

/// The places of `observations` in the order of their times, where those without one are of `now`.
std::vector<std::size_t> by_time(std::span<const Observation> observations, base::Time now);

}  // namespace store
