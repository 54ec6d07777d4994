#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>

#include "base/semaphore.hpp"
#include "http/bearer_token.hpp"
#include "http/message.hpp"
#include "http/replicas.hpp"

namespace portal {

/// `POST /api/v1/observations`, the one request that changes something: passed on to the hardware service, which checks
/// the same token again. Called on every core.
class Observations {
 public:
  /// The replica that the portal follows, whose changes it sees first, or null.
  using Followed = std::function<std::shared_ptr<http::Replica>()>;

  /// `replicas` belong to `background`, as `followed`, and outlive it. Without a `token_file` it takes nothing. Throws
  /// base::UsageError when the file holds no usable token.
  Observations(http::Replicas& replicas, Followed followed, boost::asio::any_io_executor background,
               std::string token_file);

  /// The hardware service's answer, whatever its status.
  boost::asio::awaitable<http::Reply> add(const http::Request& request);
  http::RouteOptions route() const { return token_.route(kMostBytes); }
  /// Returns when none is under way. On the background thread.
  boost::asio::awaitable<void> wait() { return permits_.wait(); }

 private:
  static constexpr std::size_t kMostBytes = 512 << 10;

  /// On the background thread.
  boost::asio::awaitable<http::Reply> pass_on(std::string body, std::string type, std::string authorization);

  http::Replicas& replicas_;
  Followed followed_;
  boost::asio::any_io_executor background_;
  const http::BearerToken token_;
  /// On the background thread.
  base::Semaphore permits_;
};

}  // namespace portal
