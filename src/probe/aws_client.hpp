#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <expected>
#include <string>

#include "config/config.hpp"
#include "probe/aws_answer.hpp"
#include "probe/aws_login.hpp"
#include "probe/renewed.hpp"
#include "probe/transfers.hpp"

namespace probe {

/// The failure of a question to EC2.
struct AwsFailure {
  AwsFault fault = AwsFault::other;
  /// May be shown to everybody.
  std::string sentence{};
  /// All other questions would fail in the same way.
  bool of_all = false;
};

template <class T>
using AwsAnswer = std::expected<T, AwsFailure>;

/// How far this machine's clock is ahead of the server's that sent `date`, in words, where that is too much for
/// signatures: "17m ahead of"; "" otherwise.
std::string clock_error(std::string_view date, base::Time now);

/// Asks EC2, with signatures of credentials that are renewed. Waits when it is throttled. Used on one thread, that of
/// its executor.
class AwsClient {
 public:
  /// `config` outlives it.
  AwsClient(boost::asio::any_io_executor executor, const config::ProbeConfig& config);
  /// REQUIRES: every ask() has returned.
  ~AwsClient() = default;
  AwsClient(const AwsClient&) = delete;
  AwsClient& operator=(const AwsClient&) = delete;

  /// The answer of a region's EC2 to `form`, in XML.
  boost::asio::awaitable<AwsAnswer<std::string>> ask(std::string region, std::string form, Call call);

  /// Questions that were sent so far.
  std::size_t sent() const { return sent_; }

 private:
  struct Attempt;
  Request signed_request(const Attempt& attempt, const AwsKeys& keys) const;
  boost::asio::awaitable<bool> may_repeat(Attempt& attempt, const AwsKeys& keys, base::Duration retry_after, Call call);
  boost::asio::awaitable<bool> pause(base::Duration pause, Call call);

  boost::asio::any_io_executor executor_;
  const config::ProbeConfig& config_;
  Transfers transfers_;
  AwsLogin login_;
  Renewed<AwsKeys> keys_;
  std::size_t sent_ = 0;
};

}  // namespace probe
