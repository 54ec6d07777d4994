#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <expected>
#include <functional>
#include <string>

#include "probe/access_token.hpp"
#include "probe/cloud_error.hpp"
#include "probe/probe.hpp"
#include "probe/renewed.hpp"
#include "probe/secrets.hpp"
#include "probe/transfers.hpp"

namespace probe {

/// A call that gave no answer.
struct CloudFailure {
  /// A sentence for everybody.
  std::string sentence{};
  /// False when nothing was sent.
  bool asked = true;
  /// Of the answer; 0 when none came.
  int status = 0;
  CloudError error{};
  /// How long to wait, when the cloud wants fewer calls; 0 otherwise.
  base::Duration wait{0};
};

/// A variable of the environment; "" when it is not set.
using Variables = std::function<std::string(const char*)>;

/// The conditions of a call for a token.
struct TokenCall {
  Transfers& transfers;
  base::SteadyTime deadline;
  std::stop_token stop{};
  /// Gets requests and answers, without secrets and tokens; may be null.
  Trace* trace = nullptr;
  /// Is set to how long the server wants to be left alone.
  base::Duration wait{0};
};

/// Where tokens come from.
using TokenSource = std::function<boost::asio::awaitable<std::expected<AccessToken, std::string>>(TokenCall& call)>;

/// Sends `request` to a server of tokens. Fails with a sentence that has the server's own word for the error, and with
/// none of its sentences. `date`, if given, gets the Date of the answer.
boost::asio::awaitable<std::expected<std::string, std::string>> ask_for_token(TokenCall& call, Request request,
                                                                              std::string* date = nullptr);

/// Renews tokens from `source`. `transfers` and `trace`, which gets the calls if it is given, outlive the renewals.
Renewed<std::string>::Fetch renewal(Transfers& transfers, TokenSource source, Trace* trace = nullptr);

/// Calls of a cloud's API with access tokens, which are renewed before they end: one renewal serves all calls. Used on
/// one thread, that of its executor.
class CloudCalls {
 public:
  using Called = std::expected<Response, CloudFailure>;

  CloudCalls(boost::asio::any_io_executor executor, const std::string& name, base::Duration timeout,
             TokenSource token_source);

  /// Sends `request` with a token. A token that the cloud rejects is renewed once. Adds request and answer to the trace
  /// of `call`.
  boost::asio::awaitable<Called> ask(Request request, const Call& call);

  /// `text` of an answer without the token that it was asked with.
  std::string hidden(std::string_view text) const { return secrets_.blotted(text); }

 private:
  Transfers transfers_;
  Renewed<std::string> tokens_;
  /// Of the latest request.
  Secrets secrets_{};
};

}  // namespace probe
