#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>

#include "config/config.hpp"
#include "probe/probe.hpp"
#include "refresh/breaker.hpp"
#include "refresh/meters.hpp"

namespace refresh {

/// Did the run find out nothing at all?
bool all_failed(const probe::Answer& answer);

/// Asks a probe, and watches whether its source works. Used on the background thread.
class Source {
 public:
  /// The references outlive it.
  Source(const config::ProbeConfig& config, std::unique_ptr<probe::Probe> probe, Meters& meters);

  /// The probe's answer, within its timeout; an error for each profile when the probe is broken. `trace` may be null.
  boost::asio::awaitable<probe::Answer> ask(std::span<const core::Profile> profiles, std::stop_token stop,
                                            probe::Trace* trace = nullptr);
  /// Counts a run that `began` then as ok or failed. While the probe is slowed down, its errors say since when, and
  /// while it rests, until when. Returns the error of a run that slowed it down.
  std::optional<std::string> judge(probe::Answer& answer, base::SteadyTime began);

  /// Why the source must not be asked now: it wanted a rest; "" when it may be.
  std::string resting() const;

  const Breaker& breaker() const { return breaker_; }
  /// The latest run's failure when no profile could have it: the run was to discover the first ones.
  const std::optional<core::Failure>& failure() const { return failure_; }
  /// Since when the probe is slowed down, on this machine's clock.
  std::optional<base::Time> slow_since() const;

 private:
  void note_failure(const probe::Answer& answer);
  void rest(probe::Answer& answer);
  std::string noted(const std::string& error) const;

  const config::ProbeConfig& config_;
  const std::unique_ptr<probe::Probe> probe_;
  Meters& meters_;
  Breaker breaker_;
  std::optional<core::Failure> failure_;
  base::Time slow_since_;
  /// When the rest ends, on this machine's clock.
  base::Time rest_ends_;
};

}  // namespace refresh
