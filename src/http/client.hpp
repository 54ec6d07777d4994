#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/url.hpp"

namespace http {

struct ClientRequest {
  std::string method = "GET";
  /// Path and query, after the URL's prefix.
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

struct ClientTimeouts {
  /// To connect.
  base::Duration connect = std::chrono::seconds{5};
  /// From the request to the end of the answer's header.
  base::Duration head = std::chrono::seconds{15};
  /// Between two pieces of the body.
  base::Duration read = std::chrono::seconds{30};
};

struct ClientHead {
  int status = 0;
  std::string content_type;
};

/// One request over one connection of its own. Errors are values: `unavailable`, with a sentence that names the
/// service. Used on one executor.
class Client {
 public:
  Client(boost::asio::any_io_executor executor, ClientTimeouts timeouts);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Sends the request and reads the head of the answer. Connects to the first of `endpoints` that accepts; when there
  /// are none, to the host of `url`, which it resolves. Parameters may be references: await it directly.
  boost::asio::awaitable<base::Result<ClientHead>> send(
      const base::Url& url, const ClientRequest& request,
      const std::vector<boost::asio::ip::tcp::endpoint>& endpoints = {});
  /// The next piece of the body, decoded; "" at its end. Valid until the next call.
  boost::asio::awaitable<base::Result<std::string_view>> read_some();
  /// The rest of the body. too_large: more than `max_bytes`.
  boost::asio::awaitable<base::Result<std::string>> read_all(std::size_t max_bytes);

  /// Ends the operation under way, at once, with an error. May be called at any time on the executor.
  void cancel();

 private:
  struct Impl;

  boost::asio::awaitable<base::Result<void>> connect(const base::Url& url,
                                                     std::vector<boost::asio::ip::tcp::endpoint> endpoints);

  std::unique_ptr<Impl> impl_;
};

}  // namespace http
