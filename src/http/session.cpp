#include "http/session.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "http/body_share.hpp"
#include "http/end_watch.hpp"
#include "http/head.hpp"
#include "http/refusal.hpp"
#include "http/request_head.hpp"
#include "http/request_reader.hpp"

namespace http {
namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::redirect_error;
using asio::use_awaitable;
using boost::system::error_code;

namespace {

/// A large body is sent in pieces, each with the whole write timeout: slow clients that make progress are served.
constexpr std::size_t kPieceBytes = 256 * 1024;
constexpr std::string_view kContinue = "100-continue";

/// Methods of RFC 9110 that paths may have; a method that is known to none is not implemented.
constexpr std::string_view kMethods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"};

}  // namespace

class Session final : public StreamWriter {
 public:
  Session(asio::ip::tcp::socket socket, SessionHost& host)
      : host_(host), stream_(std::move(socket)), watch_(stream_.socket()) {
    place_ = host_.sessions.insert(host_.sessions.end(), this);
    host_.connections.Increment();
    error_code ignored;
    stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  }

  ~Session() override {
    if (idle_place_) host_.idle.erase(*idle_place_);
    host_.sessions.erase(place_);
    host_.connections.Decrement();
    if (!gave_way_) --host_.sessions_open;
  }

  asio::awaitable<void> run() {
    while (!host_.draining && co_await wait_for_request() && co_await serve_next()) {
    }
    error_code ignored;
    stream_.socket().shutdown(asio::socket_base::shutdown_both, ignored);
  }

  void end_if_idle() {
    if (idle_place_) stream_.cancel();
  }

  /// Leaves its place to another connection, unless a request is on its way.
  bool give_way() {
    error_code error;
    if (stream_.socket().available(error) > 0) return false;
    gave_way_ = true;
    leave_idle();
    stream_.cancel();
    return true;
  }

  void close() {
    cut_off_ = true;
    stream_.close();
    watch_.tell();
  }

  // StreamWriter

  asio::awaitable<bool> write(std::vector<Text> parts) override {
    std::size_t size = 0;
    for (const Text& part : parts) size += part->size();
    if (gone() || size == 0) co_return !gone();
    std::vector<asio::const_buffer> buffers;
    const std::string frame = fmt::format("{:x}\r\n", size);
    if (chunked_) buffers.push_back(asio::buffer(frame));
    for (const Text& part : parts) buffers.push_back(asio::buffer(*part));
    if (chunked_) buffers.push_back(asio::buffer("\r\n", 2));
    if (!co_await send(buffers)) cut_off_ = true;
    co_return !gone();
  }

  void watch(std::function<void()> on_gone) override { watch_.begin(std::move(on_gone)); }

  void unwatch() override { watch_.end(); }

  bool gone() const override { return cut_off_ || watch_.gone(); }

 private:
  /// Waits for the first byte of a request; false when the connection ends instead.
  asio::awaitable<bool> wait_for_request() {
    if (reader_.has_bytes()) co_return true;
    idle_place_ = host_.idle.insert(host_.idle.end(), this);
    stream_.expires_after(host_.options.idle_timeout);
    error_code error;
    const std::size_t count = co_await reader_.read_some(error);
    leave_idle();
    if (gave_way_ && count > 0) {
      // Its request had just been read: it is served, one more than the maximum.
      gave_way_ = false;
      ++host_.sessions_open;
    }
    co_return !error;
  }

  void leave_idle() {
    if (idle_place_) host_.idle.erase(*idle_place_);
    idle_place_.reset();
  }

  /// Reads one request and answers it; false when the connection must end.
  asio::awaitable<bool> serve_next() {
    host_.offered.add(std::chrono::steady_clock::now());
    stream_.expires_after(host_.options.io_timeout);
    auto message = co_await reader_.read_head();
    if (message) co_return co_await serve(**message);
    if (message.error()) {
      host_.router.finish({}, *message.error());
      co_await send_reply(*message.error(), kCloses, false);
      co_await linger(stream_);
    }
    co_return false;
  }

  asio::awaitable<bool> serve(const RequestReader::Message& message) {
    const auto begin = std::chrono::steady_clock::now();
    Request request;
    request.core = host_.core;
    request.connection = this;
    request.method = message.method_string();
    for (const auto& field : message) request.headers.push_back({field.name_string(), field.value()});
    const unsigned version = message.version();
    const auto wrong = check_head(request.headers, version);
    BodyShare share(host_.body_bytes);
    auto reply = wrong ? problem(wrong->status, wrong->why) : co_await answer(request, message, share);
    watch_.end();
    if (!reply) co_return false;
    host_.router.finish(request, *reply);
    // Unread bytes must not be taken for the next request.
    const bool whole = !wrong && !reader_.has_body();
    const bool stays = whole && wants_to_stay(request, version) && !host_.ending && !gave_way_;
    const bool head_only = request.method == "HEAD";
    const bool streams = reply->stream && !head_only;
    const std::string_view told = !stays ? kCloses : version < 11 ? kStays : "";
    const bool sent =
        streams ? co_await send_stream(*reply, told, version >= 11) : co_await send_reply(*reply, told, head_only);
    const int digit = std::clamp(reply->status / 100, 1, 5);
    host_.requests[static_cast<std::size_t>(digit - 1)]->Increment();
    if (!reply->stream && !reply->waited)
      host_.seconds.Observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    if (sent && !whole) co_await linger(stream_);
    const bool delimited = !streams || chunked_;
    co_return (sent && stays && delimited);
  }

  /// Nothing: the body did not arrive, and the client is gone.
  asio::awaitable<std::optional<Reply>> answer(Request& request, const RequestReader::Message& message,
                                               BodyShare& share) {
    const auto route = route_of(request, message);
    if (!route) co_return route.error();
    const std::size_t most = std::min((*route)->options.max_body_bytes, host_.options.max_body_bytes);
    std::string body;
    if (reader_.has_body() && most == 0) {
      if (auto wrong = reader_.look_at_body()) co_return std::move(*wrong);
    } else if (reader_.has_body()) {
      if (auto wrong = check_body(most, share)) co_return std::move(*wrong);
      if (!co_await go_on(message)) co_return std::nullopt;
      auto read = co_await reader_.read_body(most);
      if (!read) co_return std::move(read.error());
      body = std::move(*read);
      request.body = body;
    }
    co_return co_await call((*route)->handler, request);
  }

  /// Fills in path and query.
  std::expected<const Route*, Reply> route_of(Request& request, const RequestReader::Message& message) const {
    if (std::ranges::find(kMethods, request.method) == std::ranges::end(kMethods))
      return std::unexpected(problem(501, "this server does not know the method"));
    const auto target = parse_target(request.method, message.target());
    if (!target) return std::unexpected(problem(400, "the target must be a path"));
    request.path = target->path;
    if (!target->host.empty()) {
      std::erase_if(request.headers, [](const Header& each) { return base::equals_ignoring_case(each.name, "Host"); });
      request.headers.push_back({"Host", target->host});
    }
    auto query = Query::parse(target->query);
    if (!query)
      return std::unexpected(host_.router.show_problem(request, status_of(query.error().code), query.error().message));
    request.query = std::move(*query);
    const std::string_view expected = message.version() >= 11 ? request.header("Expect") : "";
    if (!expected.empty() && !base::equals_ignoring_case(expected, kContinue))
      return std::unexpected(problem(417, "the only Expect that this server knows is 100-continue"));
    return host_.router.find(request);
  }

  /// May this body be read? Else the answer.
  std::optional<Reply> check_body(std::size_t most, BodyShare& share) const {
    const auto length = reader_.body_length();
    if (length && *length > most) return body_too_large(most);
    if (share.take(length ? static_cast<std::size_t>(*length) : most,
                   std::max(host_.options.max_bodies_bytes, host_.options.max_body_bytes)))
      return std::nullopt;
    return problem(503, "too many large requests are under way; try again later");
  }

  /// Sends 100 Continue to a client that waits for it (RFC 9110, section 10.1.1).
  asio::awaitable<bool> go_on(const RequestReader::Message& message) {
    if (message.version() < 11 || message.count("Expect") == 0) co_return true;
    static constexpr std::string_view kGoOn = "HTTP/1.1 100 Continue\r\n\r\n";
    error_code error;
    co_await asio::async_write(stream_, asio::buffer(kGoOn), redirect_error(use_awaitable, error));
    co_return !error;
  }

  asio::awaitable<Reply> call(const Handler& handler, const Request& request) {
    try {
      co_return co_await handler(request);
    } catch (const base::Lost& lost) {
      host_.losing.happened(fmt::format("{} {}", request.method, request.path), lost.what());
      co_return problem(503, "something this answer needs is not reachable now; try again later");
    } catch (const std::exception& bug) {
      spdlog::error("{} {}: {}", request.method, request.path, bug.what());
      co_return problem(500, "an error on our side; it has been logged");
    }
  }

  asio::awaitable<bool> send_reply(const Reply& reply, std::string_view connection, bool head_only) {
    std::string start = head_of(reply, connection);
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

  asio::awaitable<bool> send_stream(Reply& reply, std::string_view connection, bool chunked) {
    chunked_ = chunked;
    std::string start = head_of(reply, chunked ? connection : kCloses);
    if (chunked) start += "Transfer-Encoding: chunked\r\n";
    start += "\r\n";
    std::vector<asio::const_buffer> buffers{asio::buffer(start)};
    if (!co_await send(buffers)) co_return false;
    try {
      co_await reply.stream(*this);
    } catch (const std::exception& bug) {
      // Without its last chunk the client sees that the answer is not whole.
      spdlog::error("an answer ended early: {}", bug.what());
      cut_off_ = true;
    }
    const bool cut_off = gone();
    watch_.end();
    if (cut_off || !chunked) co_return !cut_off;
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
  RequestReader reader_{stream_};
  EndWatch watch_;
  std::list<Session*>::iterator place_;
  std::optional<std::list<Session*>::iterator> idle_place_;
  /// It no longer counts as open.
  bool gave_way_ = false;
  bool chunked_ = false;
  /// Closed by this side, or the client takes nothing.
  bool cut_off_ = false;
};

asio::awaitable<void> run_session(asio::ip::tcp::socket socket, SessionHost& host) {
  Session session(std::move(socket), host);
  co_await session.run();
}

bool close_longest_idle(SessionHost& host) {
  for (auto place = host.idle.begin(); place != host.idle.end();)
    if ((*place++)->give_way()) return true;
  return false;
}

void end_sessions_when_answered(SessionHost& host) {
  host.ending = true;
}

void drain_sessions(SessionHost& host) {
  host.ending = host.draining = true;
  for (Session* session : host.sessions) session->end_if_idle();
}

void close_sessions(SessionHost& host) {
  for (Session* session : host.sessions) session->close();
}

}  // namespace http
