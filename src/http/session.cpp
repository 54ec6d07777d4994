#include "http/session.hpp"

#include <sys/socket.h>

#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include "base/error.hpp"
#include "base/log.hpp"

namespace http {
namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::redirect_error;
using asio::use_awaitable;
using boost::system::error_code;

namespace {

constexpr std::uint32_t kMaxHeaderBytes = 16 * 1024;
/// A large body is sent in pieces, each with the whole write timeout: slow clients that make progress are served.
constexpr std::size_t kPieceBytes = 256 * 1024;
/// How much of a refused request is read and dropped, so that its sender gets to see the answer.
constexpr std::size_t kMaxDrainBytes = 1 << 20;

using Parser = beast::http::request_parser<beast::http::string_body>;

/// "Tue, 24 Nov 2026 13:22:05 GMT" (RFC 9110, section 5.6.7), made once a second.
const std::string& http_date() {
  thread_local std::time_t made = 0;
  thread_local std::string text;
  const std::time_t now = std::time(nullptr);
  if (now != made) {
    std::tm parts{};
    gmtime_r(&now, &parts);
    char buffer[40];
    text.assign(buffer, std::strftime(buffer, sizeof buffer, "%a, %d %b %Y %H:%M:%S GMT", &parts));
    made = now;
  }
  return text;
}

}  // namespace

class Session final : public StreamWriter, public std::enable_shared_from_this<Session> {
 public:
  Session(asio::ip::tcp::socket socket, SessionHost& host) : host_(host), stream_(std::move(socket)) {
    place_ = host_.sessions.insert(host_.sessions.end(), this);
    host_.connections.Increment();
    error_code ignored;
    stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  }

  ~Session() override {
    host_.sessions.erase(place_);
    host_.connections.Decrement();
    --host_.open;
  }

  asio::awaitable<void> run() {
    bool keep_alive = true;
    while (keep_alive && !host_.draining && co_await wait_for_request()) {
      Parser parser;
      parser.header_limit(kMaxHeaderBytes);
      parser.body_limit(host_.options.max_body_bytes);
      const error_code error = co_await read(parser);
      if (error) {
        co_await refuse(error);
        break;
      }
      keep_alive = co_await serve(parser);
    }
    error_code ignored;
    stream_.socket().shutdown(asio::socket_base::shutdown_both, ignored);
  }

  void end_if_idle() {
    if (idle_) stream_.cancel();
  }

  void close() {
    gone_ = true;
    stream_.close();
    if (on_gone_) std::exchange(on_gone_, nullptr)();
  }

  // StreamWriter

  asio::awaitable<bool> write(std::vector<Text> parts) override {
    std::size_t size = 0;
    for (const Text& part : parts) size += part->size();
    if (gone_ || size == 0) co_return !gone_;
    std::vector<asio::const_buffer> buffers;
    const std::string frame = fmt::format("{:x}\r\n", size);
    if (chunked_) buffers.push_back(asio::buffer(frame));
    for (const Text& part : parts) buffers.push_back(asio::buffer(*part));
    if (chunked_) buffers.push_back(asio::buffer("\r\n", 2));
    if (!co_await send(buffers)) gone_ = true;
    co_return !gone_;
  }

  void watch(std::function<void()> on_gone) override {
    on_gone_ = std::move(on_gone);
    // Waits on the socket itself, and reads nothing: the stream's timer belongs to the writes.
    stream_.socket().async_wait(asio::socket_base::wait_read, [self = shared_from_this()](error_code error) {
      char byte = 0;
      const bool closed =
          !error && ::recv(self->stream_.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
      if (closed) self->gone_ = true;
      if (closed && self->on_gone_) std::exchange(self->on_gone_, nullptr)();
    });
  }

  bool gone() const override { return gone_; }

 private:
  /// Waits for the first byte of a request; false when the connection ends instead.
  asio::awaitable<bool> wait_for_request() {
    if (buffer_.size() > 0) co_return true;
    idle_ = true;
    stream_.expires_after(host_.options.idle_timeout);
    error_code error;
    const std::size_t count =
        co_await stream_.async_read_some(buffer_.prepare(4096), redirect_error(use_awaitable, error));
    idle_ = false;
    buffer_.commit(count);
    co_return !error;
  }

  asio::awaitable<error_code> read(Parser& parser) {
    error_code error;
    stream_.expires_after(host_.options.io_timeout);
    co_await beast::http::async_read_header(stream_, buffer_, parser, redirect_error(use_awaitable, error));
    if (error || parser.is_done()) co_return error;
    if (beast::iequals(parser.get()[beast::http::field::expect], "100-continue")) {
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      co_await asio::async_write(stream_, asio::buffer(kContinue), redirect_error(use_awaitable, error));
      if (error) co_return error;
    }
    co_await beast::http::async_read(stream_, buffer_, parser, redirect_error(use_awaitable, error));
    co_return error;
  }

  /// Says what was wrong with a request that cannot be parsed, where its sender can still hear it.
  asio::awaitable<void> refuse(error_code error) {
    using beast::http::error;
    Reply reply;
    if (error == error::body_limit)
      reply = problem(413, fmt::format("the body is larger than {} bytes", host_.options.max_body_bytes));
    else if (error == error::header_limit)
      reply = problem(431, fmt::format("the header is larger than {} bytes", kMaxHeaderBytes));
    else if (error == beast::error::timeout)
      co_return;
    else if (error.category() == make_error_code(error::bad_target).category() && error != error::end_of_stream &&
             error != error::partial_message)
      reply = problem(400, "this is not a valid HTTP/1.1 request");
    else
      co_return;
    co_await send_reply(reply, false, false);
    co_await drop_rest();
  }

  /// Reads on for a moment: closing with unread data would reset the connection and lose the answer.
  asio::awaitable<void> drop_rest() {
    error_code error;
    stream_.socket().shutdown(asio::socket_base::shutdown_send, error);
    stream_.expires_after(std::chrono::seconds(1));
    std::array<char, 4096> sink{};
    for (std::size_t dropped = 0; !error && dropped < kMaxDrainBytes;)
      dropped += co_await stream_.async_read_some(asio::buffer(sink), redirect_error(use_awaitable, error));
  }

  /// Answers one request; false when the connection must end.
  asio::awaitable<bool> serve(const Parser& parser) {
    const auto begin = std::chrono::steady_clock::now();
    const auto& message = parser.get();
    Reply reply = co_await handle(message);
    const bool keep_alive = message.keep_alive() && !host_.draining;
    const bool head_only = message.method() == beast::http::verb::head;
    const bool streams = reply.stream && !head_only;
    const bool sent = streams ? co_await send_stream(reply, keep_alive, message.version() >= 11)
                              : co_await send_reply(reply, keep_alive, head_only);
    const int digit = std::clamp(reply.status / 100, 1, 5);
    host_.requests[static_cast<std::size_t>(digit - 1)]->Increment();
    if (!reply.stream && !reply.waited)
      host_.seconds.Observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    const bool delimited = !streams || chunked_;
    co_return (sent && keep_alive && delimited);
  }

  template <class Message>
  asio::awaitable<Reply> handle(const Message& message) {
    Request request;
    request.core = host_.core;
    request.method = message.method_string();
    request.body = message.body();
    const std::string_view target = message.target();
    request.path = target.substr(0, target.find('?'));
    for (const auto& field : message) request.headers.push_back({field.name_string(), field.value()});
    auto query = Query::parse(request.path.size() < target.size() ? target.substr(request.path.size() + 1) : "");
    if (!query) co_return host_.router.show_problem(request, status_of(query.error().code), query.error().message);
    request.query = std::move(*query);
    if (!request.path.starts_with('/')) co_return problem(400, "the target must be a path");
    try {
      co_return co_await host_.router.handle(request);
    } catch (const base::Lost& lost) {
      spdlog::warn("{} {}: {}", request.method, request.path, lost.what());
      co_return problem(503, "something this answer needs is not reachable now; try again later");
    } catch (const std::exception& bug) {
      spdlog::error("{} {}: {}", request.method, request.path, bug.what());
      co_return problem(500, "an error on our side; it has been logged");
    }
  }

  std::string head(const Reply& reply, bool keep_alive) const {
    std::string out;
    out.reserve(512);
    auto to = std::back_inserter(out);
    fmt::format_to(to, "HTTP/1.1 {} {}\r\nDate: {}\r\nX-Content-Type-Options: nosniff\r\n", reply.status,
                   reason_phrase(reply.status), http_date());
    if (!reply.content_type.empty()) fmt::format_to(to, "Content-Type: {}\r\n", reply.content_type);
    for (const auto& [name, value] : reply.headers) fmt::format_to(to, "{}: {}\r\n", name, value);
    if (!keep_alive) out += "Connection: close\r\n";
    return out;
  }

  asio::awaitable<bool> send_reply(const Reply& reply, bool keep_alive, bool head_only) {
    std::string start = head(reply, keep_alive);
    const std::string_view body = reply.body ? std::string_view(*reply.body) : std::string_view();
    // The length of a stream is not known, also when a HEAD asks for it.
    if (reply.status != 304 && reply.status != 204 && !reply.stream)
      start += fmt::format("Content-Length: {}\r\n", body.size());
    start += "\r\n";
    const std::string_view piece = head_only ? std::string_view() : body.substr(0, kPieceBytes);
    std::vector<asio::const_buffer> buffers{asio::buffer(start), asio::buffer(piece)};
    if (!co_await send(buffers)) co_return false;
    for (std::size_t at = kPieceBytes; at < body.size() && !head_only; at += kPieceBytes) {
      buffers.assign(1, asio::buffer(body.substr(at, kPieceBytes)));
      if (!co_await send(buffers)) co_return false;
    }
    co_return true;
  }

  asio::awaitable<bool> send_stream(Reply& reply, bool keep_alive, bool chunked) {
    chunked_ = chunked;
    std::string start = head(reply, keep_alive && chunked);
    if (chunked) start += "Transfer-Encoding: chunked\r\n";
    start += "\r\n";
    std::vector<asio::const_buffer> buffers{asio::buffer(start)};
    if (!co_await send(buffers)) co_return false;
    try {
      co_await reply.stream(*this);
    } catch (const std::exception& bug) {
      // Without its last chunk the client sees that the answer is not whole.
      spdlog::error("an answer ended early: {}", bug.what());
      gone_ = true;
    }
    // Ends the watch, if there is one.
    on_gone_ = nullptr;
    error_code ignored;
    stream_.socket().cancel(ignored);
    if (gone_ || !chunked) co_return !gone_;
    static constexpr std::string_view kLastChunk = "0\r\n\r\n";
    buffers.assign(1, asio::buffer(kLastChunk));
    co_return co_await send(buffers);
  }

  asio::awaitable<bool> send(const std::vector<asio::const_buffer>& buffers) {
    error_code error;
    stream_.expires_after(host_.options.io_timeout);
    co_await asio::async_write(stream_, buffers, redirect_error(use_awaitable, error));
    if (!error) stream_.expires_never();
    co_return !error;
  }

  SessionHost& host_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::list<Session*>::iterator place_;
  std::function<void()> on_gone_;
  bool idle_ = false;
  bool chunked_ = false;
  bool gone_ = false;
};

asio::awaitable<void> run_session(asio::ip::tcp::socket socket, SessionHost& host) {
  const auto session = std::make_shared<Session>(std::move(socket), host);
  co_await session->run();
}

void drain_sessions(SessionHost& host) {
  host.draining = true;
  for (Session* session : host.sessions) session->end_if_idle();
}

void close_sessions(SessionHost& host) {
  for (Session* session : host.sessions) session->close();
}

}  // namespace http
