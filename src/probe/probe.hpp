#pragma once

#include <boost/asio/awaitable.hpp>
#include <expected>
#include <string>

#include "base/clock.hpp"
#include "core/profile.hpp"
#include "core/reading.hpp"

namespace probe {

/// A measurement, or a sentence that says what failed. A failed probe is a value, not an exception.
using Result = std::expected<core::Measurement, std::string>;

/// The slow process that measures. Configured once, measuring many profiles. An interface because each kind talks to
/// another part of the world. Every call is made on the background thread.
class Probe {
 public:
  virtual ~Probe() = default;

  /// Measures one profile. Does not block the thread it is called on, and gives up at `deadline` with a failure.
  /// `profile` outlives the await.
  virtual boost::asio::awaitable<Result> measure(const core::Profile& profile, base::SteadyTime deadline) = 0;

  /// Ends the measurements under way, at once and with a failure, and fails every later one: the process shuts down.
  virtual void cancel() = 0;
};

}  // namespace probe
