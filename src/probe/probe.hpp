#pragma once

#include <boost/asio/awaitable.hpp>
#include <expected>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/duration.hpp"
#include "core/profile.hpp"
#include "core/reading.hpp"

namespace probe {

/// A measurement, or a sentence that says what failed. A failed probe is a value, not an exception.
using Result = std::expected<core::Measurement, std::string>;

/// The failure of a whole run.
struct Failure {
  /// A sentence.
  std::string sentence;
  /// False when the source was not asked.
  bool asked = true;
  /// How long the source wants to be left alone.
  base::Duration retry_after{0};
};

/// The answer of one run.
struct Answer {
  /// One for each profile that was asked for, in their order.
  std::vector<Result> results;
  /// The failure of the whole run, for a run without profiles; "" when it did not fail.
  std::string error{};
  /// Every profile that the source has, from kinds that discover them.
  std::optional<std::vector<core::ProfileKey>> discovered{};
  /// False when the run failed before it asked its source: its budget is not spent.
  bool asked = true;
  /// No run may ask the source again before that, from the end of this one on.
  base::Duration retry_after{0};
};

/// A record of one run, for people who set up a probe.
struct Trace {
  /// A command line or a request, without secrets.
  std::string sent;
  /// The bytes that came back, unchanged.
  std::string received;
  /// A line for each rule by which they were read.
  std::string read{};
};

/// The conditions of a run.
struct Call {
  /// When it gives up with a failure.
  base::SteadyTime deadline;
  /// Ends it at once, with a failure. Asked for on the background thread.
  std::stop_token stop{};
  /// May be null; outlives the run.
  Trace* trace = nullptr;
};

/// The slow process that measures. Configured once, measuring many profiles: one in each run, or all of them where one
/// call answers for all (ProbeConfig::batched). An interface because each kind talks to another part of the world.
/// Every call is made on the background thread.
class Probe {
 public:
  virtual ~Probe() = default;

  /// Measures `profiles`: one, unless the probe is batched. Does not block the thread it is called on. `profiles`
  /// outlive the await.
  virtual boost::asio::awaitable<Answer> measure(std::span<const core::Profile> profiles, Call call) = 0;
};

/// The same result for each of `count` profiles.
inline Answer same_for_all(std::size_t count, const Result& result) {
  return {.results = std::vector<Result>(count, result), .error = result ? std::string() : result.error()};
}

inline Answer failed(std::size_t count, const Failure& failure) {
  Answer answer = same_for_all(count, std::unexpected(failure.sentence));
  answer.asked = failure.asked;
  answer.retry_after = failure.retry_after;
  return answer;
}

inline constexpr std::string_view kCancelled = "cancelled";

/// "timed out after 30s", with the configured time, not the part of it that was left when the work began.
inline std::string timed_out_after(base::Duration timeout) {
  return "timed out after " + base::to_string(timeout);
}

}  // namespace probe
