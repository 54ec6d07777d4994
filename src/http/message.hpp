#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "http/query.hpp"

namespace http {

struct Header {
  std::string_view name;
  std::string_view value;
};

/// The connection that a request came on. Lives on the session's core, until the request is answered.
class Connection {
 public:
  virtual ~Connection() = default;
  /// `on_gone` is called once, when the client closes the connection or its sending side: TCP distinguishes the two
  /// only after an answer. It must not throw.
  virtual void watch(std::function<void()> on_gone) = 0;
  virtual void unwatch() = 0;
  /// Known while it is watched.
  virtual bool gone() const = 0;
};

/// Watches a connection for as long as it lives.
class Watching {
 public:
  /// `connection` may be null.
  Watching(Connection* connection, std::function<void()> on_gone) : connection_(connection) {
    if (connection_ != nullptr) connection_->watch(std::move(on_gone));
  }
  ~Watching() {
    if (connection_ != nullptr) connection_->unwatch();
  }
  Watching(const Watching&) = delete;
  Watching& operator=(const Watching&) = delete;

  bool gone() const { return connection_ != nullptr && connection_->gone(); }

 private:
  Connection* connection_;
};

/// A request as a handler sees it. All views live until the answer is sent.
struct Request {
  /// Upper case: "GET".
  std::string_view method;
  /// Percent-encoded, without the query.
  std::string_view path;
  Query query;
  /// The query as it was sent.
  std::string_view query_text;
  std::vector<Header> headers;
  std::string_view body;
  /// The decoded {…} parts of the route's pattern, in order.
  std::vector<std::string> parameters;
  /// Which core serves it: the index of the board's view to read.
  std::size_t core = 0;
  /// A handler that waits watches it, and answers at once when the client is gone: a client that has closed its sending
  /// side only gets that answer. Null when no server made this request.
  Connection* connection = nullptr;

  /// The value of a header, or "". Names are compared without case.
  std::string_view header(std::string_view name) const;

  /// All values of a header that is a list, which may come in several lines (RFC 9110, section 5.3).
  std::string list(std::string_view name) const;
};

using Text = std::shared_ptr<const std::string>;

/// The connection of an answer that has no end yet.
class StreamWriter : public Connection {
 public:
  /// Sends `parts`, which it keeps alive. False: the client is gone, or did not take the data in time.
  virtual boost::asio::awaitable<bool> write(std::vector<Text> parts) = 0;
};

/// Writes an answer of unknown length. When it returns, the answer ends.
using Stream = std::function<boost::asio::awaitable<void>(StreamWriter&)>;

/// The connection of an answer whose bytes come from time to time, and which no coroutine waits for.
class PushWriter {
 public:
  virtual ~PushWriter() = default;
  /// Sends `parts`: now, as far as the client takes them, and the rest later, after which the source is told. A source
  /// pushes no more while busy(), but for its first push.
  virtual void push(std::vector<Text> parts) = 0;
  /// Is a push still on its way?
  virtual bool busy() const = 0;
  /// Ends the answer when what was pushed is sent. The source is gone soon.
  virtual void finish() = 0;
};

/// The owner of such an answer. Ends with it, or with its client.
class PushSource {
 public:
  virtual ~PushSource() = default;
  /// All that was pushed is sent.
  virtual void sent() {}
};

/// Begins such an answer, whose head is sent.
using Push = std::function<std::unique_ptr<PushSource>(PushWriter&)>;

struct Reply {
  int status = 200;
  /// Empty: the answer has no body of its own kind (304, 204).
  std::string content_type;
  std::vector<std::pair<std::string_view, std::string>> headers;
  Text body;
  /// Instead of a body.
  Stream stream;
  Push push;
  /// The finished head of an answer that is given again and again: filled by the first session that sends it. With one,
  /// `headers` and `content_type` are not looked at.
  std::shared_ptr<std::string> head;
  /// The answer was held back until something happened: its time is no measure of the service.
  bool waited = false;
};

/// The result of a handler: a reply, which costs nothing more, or a coroutine that may wait.
using Answer = std::variant<Reply, boost::asio::awaitable<Reply>>;

/// Waits for the reply, if it is not there yet.
boost::asio::awaitable<Reply> reply_of(Answer answer);

/// Answers a request. Called on the core of the session; many run at the same time.
using Handler = std::function<Answer(const Request&)>;

/// Adds headers for an answer that must reach its client piece by piece: no proxy may store it, compress it, or, as
/// nginx does, collect it first.
void pass_through(Reply& reply);

/// The reason phrase of a status.
std::string_view reason_phrase(int status);

/// The status of an expected error: the one place where errors become HTTP.
int status_of(base::Errc code);

/// An answer in JSON, which ends with a line end.
Reply json_reply(std::string json, int status = 200);

/// An answer in application/problem+json (RFC 9457).
Reply problem(int status, std::string_view detail);
Reply problem(const base::Error& error);

}  // namespace http
