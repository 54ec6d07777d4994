#pragma once

#include <boost/asio/any_io_executor.hpp>
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

/// Calls of Azure's API, which stop for as long as Azure wants none. Used on one thread, that of its executor.
class AzureCalls {
 public:
  AzureCalls(boost::asio::any_io_executor executor, const std::string& name, base::Duration timeout, TokenSource tokens)
      : calls_(std::move(executor), name, timeout, std::move(tokens)) {}

  /// Notes in `run` what a failure means for further calls. Whoever can use an answer notes that, too.
  boost::asio::awaitable<CloudCalls::Called> ask(Request request, const Call& call, AzureRun& run);

  /// No further call for now?
  bool paused() const;
  /// Why that is: a sentence.
  const std::string& why_paused() const { return paused_why_; }

  /// `text` of an answer without the token that it was asked with.
  std::string hidden(std::string_view text) const { return calls_.hidden(text); }

 private:
  CloudCalls calls_;
  base::SteadyTime paused_until_{};
  std::string paused_why_{};
};

}  // namespace probe
