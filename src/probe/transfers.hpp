#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <expected>
#include <memory>
#include <stop_token>
#include <string>

#include "base/clock.hpp"
#include "probe/transfer.hpp"

namespace probe {

/// File descriptors of a call: connecting may try two addresses at once, and looks up a name. Of all calls together: to
/// wake their thread, and connections that are kept.
inline constexpr std::size_t kTransferDescriptors = 3;
inline constexpr std::size_t kTransfersDescriptors = 72;

/// Makes HTTP calls, hundreds at a time, on a thread of its own, so that nothing that libcurl does (names, TLS, files
/// of certificates) holds up the executor. Connections are used again, and closed when nothing was called for `idle`.
/// A proxy is taken from the environment, as curl does. Used on one thread, that of its executor.
class Transfers {
 public:
  static constexpr base::Duration kIdle = std::chrono::seconds{15};

  /// `name` is the thread's. `timeout` is what the deadlines come from, and what a failure names. The executor's
  /// context outlives the transfers.
  Transfers(boost::asio::any_io_executor executor, const std::string& name, base::Duration timeout,
            base::Duration idle = kIdle);
  /// REQUIRES: every run() has returned.
  ~Transfers();
  Transfers(const Transfers&) = delete;
  Transfers& operator=(const Transfers&) = delete;

  /// Answers of any status are a success. Fails with a sentence when there is no whole answer at `deadline`.
  /// One that is stopped is cut off at once.
  boost::asio::awaitable<std::expected<Response, std::string>> run(Request request, base::SteadyTime deadline,
                                                                   std::stop_token stop = {});

 private:
  struct Exchange;
  class Worker;

  boost::asio::any_io_executor executor_;
  base::Duration timeout_;
  std::unique_ptr<Worker> worker_;
};

}  // namespace probe
