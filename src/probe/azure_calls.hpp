#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "probe/cloud_calls.hpp"

namespace probe {

/// What the calls of one purpose have met in one run.
struct AzureRun {
  base::SteadyTime begin{};
  bool asked = false;
  /// Why further calls make no sense: they would fail, too. "" while they do.
  std::string over{};
  /// Faults since the last call that gave something.
  int faults = 0;

  /// Calls that Azure refused, in the same way.
  int refusals = 0;

  /// A call gave nothing, and others may. Some in a row end the run.
  void fault(const std::string& why);
  void refusal(const std::string& why);
  void success() { faults = refusals = 0; }
};

/// Did Azure refuse what was asked for, such as a size that it does not know? Other calls may be right.
bool is_refusal(const CloudFailure& failure);

/// Calls of one kind, which stop for as long as Azure wants none: each kind has a limit of its own. Used on one thread,
/// that of `calls`, which outlive this.
class AzureCalls {
 public:
  explicit AzureCalls(CloudCalls& calls) : calls_(calls) {}

  /// Notes in `run` what a failure means for further calls. Whoever can use an answer notes that, too.
  boost::asio::awaitable<CloudCalls::Called> ask(Request request, const Call& call, AzureRun& run);

  /// No further call for now?
  bool paused() const;
  /// Why that is: a sentence.
  const std::string& why_paused() const { return paused_why_; }

 private:
  CloudCalls& calls_;
  base::SteadyTime paused_until_{};
  std::string paused_why_{};
};

}  // namespace probe
