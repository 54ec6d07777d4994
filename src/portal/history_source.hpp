#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <expected>
#include <string>

#include "base/clock.hpp"
#include "http/message.hpp"
#include "http/replicas.hpp"

namespace portal {

/// Asks the hardware service about the past. Used on one executor; `replicas`, which belong to it, outlive it.
class HistorySource {
 public:
  /// The body of an answer, or the problem to show instead.
  using Got = std::expected<std::string, http::Reply>;

  HistorySource(http::Replicas& replicas, boost::asio::any_io_executor executor, base::Duration deadline);

  /// GET `target` of one replica, and of another one when that cannot answer; within the deadline. To connect, the
  /// first one has half of it.
  boost::asio::awaitable<Got> get(std::string target);

 private:
  /// `connect`: how long that may take.
  boost::asio::awaitable<Got> ask(const http::Replica& replica, const std::string& target, base::Duration connect,
                                  base::SteadyTime until);

  http::Replicas& replicas_;
  boost::asio::any_io_executor executor_;
  base::Duration deadline_;
};

}  // namespace portal
