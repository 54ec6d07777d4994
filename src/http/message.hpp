#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "http/url.hpp"

namespace http {

struct Header {
  std::string_view name;
  std::string_view value;
};

/// A request as a handler sees it. All views live until the answer is sent.
struct Request {
  /// Upper case: "GET".
  std::string_view method;
  /// Percent-encoded, without the query.
  std::string_view path;
  Query query;
  std::vector<Header> headers;
  std::string_view body;
  /// The decoded {…} parts of the route's pattern, in order.
  std::vector<std::string> parameters;
  /// Which core serves it: the index of the board's view to read.
  std::size_t core = 0;

  /// The value of a header, or "". Names are compared without case.
  std::string_view header(std::string_view name) const;
};

using Text = std::shared_ptr<const std::string>;

/// The connection of an answer that has no end yet. Lives on the session's core, as long as the stream function.
class StreamWriter {
 public:
  virtual ~StreamWriter() = default;
  /// Sends `parts`, which it keeps alive. False: the client is gone, or did not take the data in time.
  virtual boost::asio::awaitable<bool> write(std::vector<Text> parts) = 0;
  /// `on_gone` is called once when the client closes the connection. It must not throw.
  virtual void watch(std::function<void()> on_gone) = 0;
  virtual bool gone() const = 0;
};

/// Writes an answer of unknown length. When it returns, the answer ends.
using Stream = std::function<boost::asio::awaitable<void>(StreamWriter&)>;

struct Reply {
  int status = 200;
  /// Empty: the answer has no body of its own kind (304, 204).
  std::string content_type;
  std::vector<std::pair<std::string_view, std::string>> headers;
  Text body;
  /// Instead of a body.
  Stream stream;
  /// It was held back until something happened: how long that took says nothing about the service.
  bool waited = false;
};

/// Answers a request. Called on the core of the session; many run at the same time.
using Handler = std::function<boost::asio::awaitable<Reply>(const Request&)>;

/// The reason phrase of a status.
std::string_view reason_phrase(int status);

/// The status of an expected error: the one place where errors become HTTP.
int status_of(base::Errc code);

/// An answer in application/problem+json (RFC 9457).
Reply problem(int status, std::string_view detail);
Reply problem(const base::Error& error);

}  // namespace http
