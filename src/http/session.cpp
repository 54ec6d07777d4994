#include "http/session.hpp"

#include <sys/epoll.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/task_group.hpp"
#include "base/text.hpp"
#include "http/body_reader.hpp"
#include "http/body_share.hpp"
#include "http/channel.hpp"
#include "http/head.hpp"
#include "http/refusal.hpp"

namespace http {
namespace asio = boost::asio;
using asio::const_buffer;
using asio::use_awaitable;

namespace {

/// A large body is sent in pieces, each with the whole write timeout: slow clients that make progress are served.
constexpr std::size_t kPieceBytes = 256 * 1024;
/// As much as a session holds of what its client sends ahead.
constexpr std::size_t kReceivedBytes = 32 * 1024;
constexpr std::string_view kContinue = "100-continue";
constexpr std::string_view kLastChunk = "0\r\n\r\n";
constexpr std::string_view kLineEnd = "\r\n";

/// Methods of RFC 9110 that paths may have; a method that is known to none is not implemented.
constexpr std::string_view kMethods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"};

const_buffer buffer(std::string_view text) {
  return {text.data(), text.size()};
}

/// Takes `count` bytes off the front.
void consume(std::vector<const_buffer>& parts, std::size_t count) {
  std::size_t whole = 0;
  while (whole < parts.size() && parts[whole].size() <= count) count -= parts[whole++].size();
  parts.erase(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(whole));
  if (!parts.empty()) parts.front() += count;
}

/// How an answer is sent.
struct Plan {
  /// The request was read to its end: unread bytes must not be taken for the next one.
  bool whole;
  /// Another request may follow.
  bool stays;
  /// For the header Connection.
  std::string_view told;
  bool head_only;
};

/// An answer that a source pushes.
struct Pushed {
  std::unique_ptr<PushSource> source;
  bool chunked;
  bool stays;
  /// What is on its way, and how much of it was sent.
  std::vector<Text> parts;
  std::size_t sent = 0;
  bool finished = false;
};

}  // namespace

class Session final : public Channel,
                      public StreamWriter,
                      public PushWriter,
                      public std::enable_shared_from_this<Session> {
 public:
  Session(asio::ip::tcp::socket socket, SessionHost& host) : Channel(std::move(socket), host.poller), host_(host) {}

  void begin() {
    place_ = host_.sessions.insert(host_.sessions.end(), shared_from_this());
    host_.connections.Increment();
    become_idle(std::chrono::steady_clock::now());
  }

  /// Closes the connection; a coroutine that answers ends soon.
  void cut_off() {
    cut_off_ = true;
    if (state_ == State::answering)
      close();
    else
      end();
  }

  // Connection

  void watch(std::function<void()> on_gone) override { Channel::watch(std::move(on_gone)); }
  void unwatch() override { Channel::unwatch(); }
  bool gone() const override { return cut_off_ || closed() || Channel::gone(); }

  // StreamWriter

  asio::awaitable<bool> write(std::vector<Text> parts) override {
    std::size_t size = 0;
    for (const Text& part : parts) size += part->size();
    if (gone() || size == 0) co_return !gone();
    const std::string frame = fmt::format("{:x}\r\n", size);
    std::vector<const_buffer> buffers;
    if (chunked_) buffers.push_back(buffer(frame));
    for (const Text& part : parts) buffers.push_back(buffer(*part));
    if (chunked_) buffers.push_back(buffer(kLineEnd));
    if (!co_await send(std::move(buffers))) cut_off_ = true;
    co_return !gone();
  }

  // PushWriter

  void push(std::vector<Text> parts) override {
    std::size_t size = 0;
    for (const Text& part : parts) size += part->size();
    if (closed() || size == 0) return;
    if (pushed_->chunked) {
      parts.insert(parts.begin(), std::make_shared<const std::string>(fmt::format("{:x}\r\n", size)));
      static const Text kEnd = std::make_shared<const std::string>(kLineEnd);
      parts.push_back(kEnd);
    }
    push_bytes(std::move(parts));
  }

  bool busy() const override { return !pushed_->parts.empty(); }

  void finish() override {
    if (std::exchange(pushed_->finished, true) || busy()) return;
    asio::post(host_.context, [self = shared_from_this()] { self->end_push(); });
  }

 private:
  enum class State {
    /// Waits for a request, or for the rest of its head.
    request,
    /// A coroutine answers.
    answering,
    pushing,
    /// Was answered for the last time: what its client still sends is dropped.
    lingering,
  };

  // --- The fast path: a request that has arrived whole and whose answer is ready takes one step

  void on_ready() override {
    if (state_ == State::request)
      step([this] { receive(); });
    else if (state_ == State::lingering)
      drop();
    else if (state_ == State::pushing)
      step([this] { push_on(); });
  }

  void step(const auto& work) {
    try {
      work();
    } catch (const std::exception& bug) {
      spdlog::error("a session of {} failed: {}", host_.options.name, bug.what());
      end();
    }
  }

  void on_overdue() override { end(); }

  void receive() {
    std::string& space = host_.received;
    const std::size_t kept = received_.copy(space.data(), received_.size());
    const auto count = read(std::span(space).subspan(kept));
    if (!count) return;
    if (*count == 0) return end();
    if (kept > 0) received_ = std::string();
    serve(std::string_view(space).substr(0, kept + *count));
  }

  /// Answers the requests at the front of `received`.
  void serve(std::string_view received) {
    for (;;) {
      // Empty lines before a request (RFC 9112, section 2.2).
      while (received.starts_with(kLineEnd)) received.remove_prefix(kLineEnd.size());
      const auto now = std::chrono::steady_clock::now();
      if (received.empty()) return become_idle(now);
      if (!std::exchange(begun_, true)) host_.offered.add(now);
      const std::size_t size = received == "\r" ? 0 : scanner_.look(received);
      if (scanner_.wrong()) return refuse(*scanner_.wrong());
      if (size == 0) {
        received_ = received;
        return limit_request(now);
      }
      auto exchange = host_.spare ? std::move(host_.spare) : std::make_unique<Exchange>();
      exchange->began = now;
      const auto wrong = read_head(received.substr(0, size), *exchange);
      if (wrong) return refuse(*wrong);
      received.remove_prefix(size);
      scanner_ = {};
      begun_ = false;
      if (!answer(std::move(exchange), received)) return;
      timed_ = false;
    }
  }

  /// A request must arrive within a time that begins with its first part.
  void limit_request(base::SteadyTime now) {
    if (!std::exchange(timed_, true)) host_.slow.set(*this, now);
  }

  void become_idle(base::SteadyTime now) {
    if (host_.draining) return end();
    state_ = State::request;
    timed_ = false;
    host_.idle.set(*this, now);
    expect(EPOLLIN);
  }

  /// Answers what is no request, for the last time.
  void refuse(const Wrong& wrong) {
    Reply reply = problem(wrong.status, wrong.why);
    host_.router.finish({}, reply);
    const std::string answer = last_answer(reply);
    host_.parts.assign(1, buffer(answer));
    if (const auto sent = Channel::write(host_.parts); !sent || *sent < answer.size()) return end();
    linger();
  }

  /// Begins the answer. False: the next request is not to be read now. `next`: what came after this one.
  bool answer(std::unique_ptr<Exchange> exchange, std::string_view next) {
    Request& request = exchange->request;
    request.core = host_.core;
    request.connection = this;
    const auto wrong = check_head(request.headers, exchange->version);
    std::optional<asio::awaitable<Reply>> waits;
    std::optional<Reply> reply;
    if (wrong) {
      reply = problem(wrong->status, wrong->why);
    } else if (!exchange->has_body) {
      Answer given = call(*exchange);
      if (auto* ready = std::get_if<Reply>(&given))
        reply = std::move(*ready);
      else
        waits = std::move(std::get<asio::awaitable<Reply>>(given));
    }
    if (!reply) {
      go_slow(next);
      if (exchange->has_body)
        limit_request(exchange->began);
      else
        unset();
      base::spawn_logged(host_.context.get_executor(), host_.options.name + " answer",
                         answer_slowly(shared_from_this(), std::move(exchange), std::move(waits)));
      return false;
    }
    const Plan plan = plan_of(*exchange, *reply, !wrong);
    if (reply->push && !plan.head_only) {
      received_ = next;
      begin_push(std::move(exchange), std::move(*reply), plan);
      return false;
    }
    std::size_t sent = 0;
    const std::string_view head = head_to_send(*reply);
    if (!reply->stream || plan.head_only) {
      const std::string_view tail = end_of_head(plan.told);
      const std::string_view body = body_to_send(*reply, plan);
      const std::array parts{buffer(head), buffer(tail), buffer(body.substr(0, kPieceBytes))};
      const auto count = Channel::write(parts, !next.empty());
      if (!count) {
        end();
        return false;
      }
      sent = *count;
      if (sent == head.size() + tail.size() + body.size()) return conclude(std::move(exchange), *reply, plan, true);
    }
    go_slow(next);
    base::spawn_logged(host_.context.get_executor(), host_.options.name + " answer",
                       send_slowly(shared_from_this(), std::move(exchange), std::move(*reply), plan, sent));
    return false;
  }

  Plan plan_of(const Exchange& exchange, Reply& reply, bool valid) {
    if (!reply.head || reply.head->empty()) host_.router.finish(exchange.request, reply);
    const bool whole = valid && !exchange.has_body;
    const bool stays = whole && wants_to_stay(exchange.request, exchange.version) && !host_.ending;
    const std::string_view told = !stays ? kCloses : exchange.version < 11 ? kStays : "";
    return {.whole = whole, .stays = stays, .told = told, .head_only = exchange.request.method == "HEAD"};
  }

  /// Without the end. Valid until the next step.
  std::string_view head_to_send(const Reply& reply) {
    if (!reply.head) return host_.head = head_of(reply);
    if (reply.head->empty()) *reply.head = head_of(reply);
    return *reply.head;
  }

  static std::string_view body_to_send(const Reply& reply, const Plan& plan) {
    return reply.body && !plan.head_only ? std::string_view(*reply.body) : std::string_view();
  }

  /// After an answer. True: the next request may be read.
  bool conclude(std::unique_ptr<Exchange> exchange, const Reply& reply, const Plan& plan, bool sent) {
    count(reply, exchange->began);
    host_.spare = std::move(exchange);
    if (sent && plan.stays) return true;
    if (sent && !plan.whole)
      linger();
    else
      end();
    return false;
  }

  void count(const Reply& reply, base::SteadyTime began) {
    host_.requests[static_cast<std::size_t>(std::clamp(reply.status / 100, 1, 5) - 1)]->Increment();
    if (!reply.stream && !reply.push && !reply.waited)
      host_.seconds.Observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
  }

  /// Fills in path and query.
  std::expected<const Route*, Reply> route_of(Exchange& exchange) const {
    Request& request = exchange.request;
    if (std::ranges::find(kMethods, request.method) == std::ranges::end(kMethods))
      return std::unexpected(problem(501, "this server does not know the method"));
    const auto target = parse_target(request.method, exchange.target);
    if (!target) return std::unexpected(problem(400, "the target must be a path"));
    request.path = target->path;
    request.query_text = target->query;
    if (!target->host.empty()) {
      std::erase_if(request.headers, [](const Header& each) { return base::equals_ignoring_case(each.name, "Host"); });
      request.headers.push_back({"Host", target->host});
    }
    auto query = Query::parse(target->query);
    if (!query)
      return std::unexpected(host_.router.show_problem(request, status_of(query.error().code), query.error().message));
    request.query = std::move(*query);
    const std::string_view expected = exchange.version >= 11 ? request.header("Expect") : "";
    if (!expected.empty() && !base::equals_ignoring_case(expected, kContinue))
      return std::unexpected(problem(417, "the only Expect that this server knows is 100-continue"));
    return host_.router.find(request);
  }

  Answer call(Exchange& exchange) {
    const auto route = route_of(exchange);
    if (!route) return route.error();
    try {
      return (*route)->handler(exchange.request);
    } catch (...) {
      return problem_of(exchange.request, std::current_exception());
    }
  }

  Reply problem_of(const Request& request, const std::exception_ptr& error) {
    try {
      std::rethrow_exception(error);
    } catch (const base::Lost& lost) {
      host_.losing.happened(fmt::format("{} {}", request.method, request.path), lost.what());
      return problem(503, "something this answer needs is not reachable now; try again later");
    } catch (const std::exception& bug) {
      spdlog::error("{} {}: {}", request.method, request.path, bug.what());
      return problem(500, "an error on our side; it has been logged");
    }
  }

  // --- The slow path: a body, an answer that waits, or one that the client does not take at once

  /// `next` is kept for later.
  void go_slow(std::string_view next) {
    state_ = State::answering;
    received_ = next;
    expect(0);
  }

  asio::awaitable<void> answer_slowly(std::shared_ptr<Session> self, std::unique_ptr<Exchange> exchange,
                                      std::optional<asio::awaitable<Reply>> answer) {
    BodyShare share(host_.totals.body_bytes);
    std::optional<Reply> reply;
    if (!answer) {
      reply = co_await read_body(*exchange, share);
      if (gave_up_) co_return end();
      if (!reply) {
        Answer given = call_with_body(*exchange);
        if (auto* ready = std::get_if<Reply>(&given))
          reply = std::move(*ready);
        else
          answer = std::move(std::get<asio::awaitable<Reply>>(given));
      }
    }
    unset();
    if (!reply) reply = co_await wait_for(exchange->request, std::move(*answer));
    Channel::unwatch();
    const Plan plan = plan_of(*exchange, *reply, true);
    if (reply->push && !plan.head_only) co_return begin_push(std::move(exchange), std::move(*reply), plan);
    co_await send_slowly(std::move(self), std::move(exchange), std::move(*reply), plan, 0);
  }

  asio::awaitable<Reply> wait_for(const Request& request, asio::awaitable<Reply> answer) {
    std::exception_ptr error;
    try {
      co_return co_await std::move(answer);
    } catch (...) {
      error = std::current_exception();
    }
    co_return problem_of(request, error);
  }

  /// Reads the body, if the route wants one. Else the answer; `gave_up_`: the client is gone.
  asio::awaitable<std::optional<Reply>> read_body(Exchange& exchange, BodyShare& share) {
    const auto route = route_of(exchange);
    if (!route) co_return route.error();
    route_ = *route;
    const std::size_t most = std::min(route_->options.max_body_bytes, host_.options.max_body_bytes);
    BodyReader reader(*this, received_, exchange);
    if (most == 0) co_return reader.look();
    if (auto wrong = check_body(exchange, most, share)) co_return std::move(*wrong);
    if (exchange.version >= 11 && !exchange.request.header("Expect").empty()) {
      // To a client that waits for it (RFC 9110, section 10.1.1).
      std::vector<const_buffer> go_on(1, buffer("HTTP/1.1 100 Continue\r\n\r\n"));
      gave_up_ = !co_await send(std::move(go_on));
      host_.slow.set(*this, std::chrono::steady_clock::now());
      if (gave_up_) co_return std::nullopt;
    }
    auto body = co_await reader.read(most);
    gave_up_ = !body && !body.error();
    if (!body) co_return std::move(body.error());
    exchange.body = std::move(*body);
    exchange.request.body = exchange.body;
    exchange.has_body = false;
    co_return std::nullopt;
  }

  Answer call_with_body(Exchange& exchange) {
    try {
      return route_->handler(exchange.request);
    } catch (...) {
      return problem_of(exchange.request, std::current_exception());
    }
  }

  /// May this body be read? Else the answer.
  std::optional<Reply> check_body(const Exchange& exchange, std::size_t most, BodyShare& share) const {
    const auto& length = exchange.length;
    if (length && *length > most) return body_too_large(most);
    if (share.take(length ? static_cast<std::size_t>(*length) : most,
                   std::max(host_.options.max_bodies_bytes, host_.options.max_body_bytes)))
      return std::nullopt;
    return problem(503, "too many large requests are under way; try again later");
  }

  /// Sends an answer of which `sent` bytes are gone.
  asio::awaitable<void> send_slowly(std::shared_ptr<Session> self, std::unique_ptr<Exchange> exchange, Reply reply,
                                    Plan plan, std::size_t sent) {
    const bool streams = reply.stream && !plan.head_only;
    chunked_ = streams && exchange->version >= 11;
    std::string head(head_to_send(reply));
    if (chunked_) head += "Transfer-Encoding: chunked\r\n";
    head += end_of_head(streams && !chunked_ ? kCloses : plan.told);
    bool all = co_await send_body(head, body_to_send(reply, plan), sent);
    if (all && streams) all = co_await send_stream(reply);
    if (streams && !chunked_) plan.stays = false;
    if (conclude(std::move(exchange), reply, plan, all)) read_on(std::move(self));
  }

  asio::awaitable<bool> send_body(std::string_view head, std::string_view body, std::size_t sent) {
    std::vector<const_buffer> parts{buffer(head.substr(std::min(sent, head.size())))};
    std::size_t at = sent - std::min(sent, head.size());
    do {
      const std::string_view piece = body.substr(at, kPieceBytes);
      at += piece.size();
      parts.push_back(buffer(piece));
      if (!co_await send(std::exchange(parts, {}))) co_return false;
    } while (at < body.size());
    co_return true;
  }

  asio::awaitable<bool> send_stream(const Reply& reply) {
    try {
      co_await reply.stream(*this);
    } catch (const std::exception& bug) {
      // Without its last chunk the client sees that the answer is not whole.
      spdlog::error("an answer ended early: {}", bug.what());
      cut_off_ = true;
    }
    const bool cut_off = gone();
    Channel::unwatch();
    if (cut_off || !chunked_) co_return !cut_off;
    std::vector<const_buffer> last(1, buffer(kLastChunk));
    co_return co_await send(std::move(last));
  }

  /// Sends `parts` within the write timeout. False: the client is gone, or does not take them.
  asio::awaitable<bool> send(std::vector<const_buffer> parts) {
    if (closed()) co_return false;
    host_.slow.set(*this, std::chrono::steady_clock::now());
    for (;;) {
      const auto count = Channel::write(parts);
      if (!count) co_return false;
      consume(parts, *count);
      if (parts.empty()) break;
      if (!co_await wait(EPOLLOUT)) co_return false;
    }
    unset();
    // A client that takes all at once must not keep the core from others.
    co_await asio::post(host_.context, use_awaitable);
    co_return !closed();
  }

  /// Goes on with what came during the answer.
  void read_on(std::shared_ptr<Session> self) {
    become_idle(std::chrono::steady_clock::now());
    if (received_.empty()) return;
    asio::post(host_.context, [self = std::move(self)] {
      const std::string received = std::exchange(self->received_, {});
      if (self->state_ == State::request && !received.empty()) self->step([&] { self->serve(received); });
    });
  }

  // --- Pushed answers

  void begin_push(std::unique_ptr<Exchange> exchange, Reply reply, const Plan& plan) {
    const bool chunked = exchange->version >= 11;
    std::string head(head_to_send(reply));
    if (chunked) head += "Transfer-Encoding: chunked\r\n";
    head += end_of_head(chunked ? plan.told : kCloses);
    count(reply, exchange->began);
    host_.spare = std::move(exchange);
    state_ = State::pushing;
    unset();
    expect(0);
    Channel::watch([this] { asio::post(host_.context, [self = shared_from_this()] { self->end(); }); });
    pushed_ = std::make_unique<Pushed>(
        Pushed{.source = nullptr, .chunked = chunked, .stays = plan.stays && chunked, .parts = {}});
    push_bytes(std::vector<Text>(1, std::make_shared<const std::string>(std::move(head))));
    pushed_->source = reply.push(*this);
  }

  void push_bytes(std::vector<Text> parts) {
    pushed_->parts = std::move(parts);
    pushed_->sent = 0;
    if (send_pushed()) return;
    host_.slow.set(*this, std::chrono::steady_clock::now());
    expect(EPOLLOUT);
  }

  /// True: all is sent, or the client is gone.
  bool send_pushed() {
    host_.parts.clear();
    for (const Text& part : pushed_->parts) host_.parts.push_back(buffer(*part));
    consume(host_.parts, pushed_->sent);
    const auto count = Channel::write(host_.parts);
    if (!count) {
      asio::post(host_.context, [self = shared_from_this()] { self->end(); });
      return true;
    }
    pushed_->sent += *count;
    if (asio::buffer_size(host_.parts) > *count) return false;
    pushed_->parts = {};
    return true;
  }

  void push_on() {
    if (!send_pushed()) return;
    if (busy()) return;
    unset();
    expect(0);
    if (pushed_->finished)
      end_push();
    else
      pushed_->source->sent();
  }

  void end_push() {
    if (state_ != State::pushing) return;
    pushed_->source.reset();
    if (pushed_->chunked) {
      host_.parts.assign(1, buffer(kLastChunk));
      if (Channel::write(host_.parts) != kLastChunk.size()) pushed_->stays = false;
    }
    const bool stays = pushed_->stays;
    pushed_.reset();
    Channel::unwatch();
    if (stays)
      read_on(shared_from_this());
    else
      end();
  }

  // --- The end

  void linger() {
    state_ = State::lingering;
    shut_down_writing();
    host_.lingering.set(*this, std::chrono::steady_clock::now());
    expect(EPOLLIN);
  }

  void drop() {
    const auto count = read(host_.received);
    if (!count) return;
    dropped_ += *count;
    if (*count == 0 || dropped_ >= kMostLingered) end();
  }

  void end() {
    if (std::exchange(ended_, true)) return;
    state_ = State::lingering;
    pushed_.reset();
    close();
    host_.connections.Decrement();
    --host_.totals.sessions;
    --host_.totals.connections;
    // Lives until the poller is through with what it has seen.
    asio::post(host_.context, [self = std::move(*place_)] {});
    host_.sessions.erase(place_);
  }

  SessionHost& host_;
  std::list<std::shared_ptr<Session>>::iterator place_;
  State state_ = State::request;
  /// Bytes of requests that were not read yet.
  std::string received_;
  HeadScanner scanner_;
  /// A part of the next request has come, and was counted.
  bool begun_ = false;
  /// The request's time is limited.
  bool timed_ = false;
  bool chunked_ = false;
  /// The client did not send its body.
  bool gave_up_ = false;
  /// Closed by this side, or the client takes nothing.
  bool cut_off_ = false;
  bool ended_ = false;
  const Route* route_ = nullptr;
  std::unique_ptr<Pushed> pushed_;
  std::size_t dropped_ = 0;
};

SessionHost::SessionHost(asio::io_context& context, std::size_t core, const Router& router,
                         const ServerOptions& options, SessionTotals& totals, base::Fault& losing,
                         base::Metrics& metrics)
    : context(context),
      core(core),
      router(router),
      options(options),
      totals(totals),
      losing(losing),
      connections(metrics.gauge("vacancy_http_connections", "Open connections", {{"server", options.name}})),
      seconds(metrics.seconds("vacancy_http_request_seconds", "From the end of a request to the end of its answer",
                              {{"server", options.name}})),
      poller(context),
      idle(context, options.idle_timeout),
      slow(context, options.io_timeout),
      lingering(context, kLongestLingering),
      received(kReceivedBytes, '\0') {
  for (std::size_t i = 0; i < requests.size(); ++i)
    requests[i] = &metrics.counter("vacancy_http_requests_total", "Requests answered",
                                   {{"server", options.name}, {"code", fmt::format("{}xx", i + 1)}});
}

SessionHost::~SessionHost() {
  for (const auto& session : sessions) session->abandon();
}

void start_session(asio::ip::tcp::socket socket, SessionHost& host) {
  std::make_shared<Session>(std::move(socket), host)->begin();
}

bool close_longest_idle(SessionHost& host) {
  for (Deadline& each : host.idle) {
    auto& session = static_cast<Session&>(each);
    if (session.has_unread_bytes()) continue;
    session.cut_off();
    return true;
  }
  return false;
}

void end_sessions_when_answered(SessionHost& host) {
  host.ending = true;
}

void drain_sessions(SessionHost& host) {
  host.ending = host.draining = true;
  while (!host.idle.empty()) static_cast<Session&>(*host.idle.begin()).cut_off();
}

void close_sessions(SessionHost& host) {
  const auto all = host.sessions;
  for (const auto& session : all) session->cut_off();
}

void stop_host(SessionHost& host) {
  host.poller.stop();
  for (DeadlineQueue* queue : {&host.idle, &host.slow, &host.lingering}) queue->stop();
}

}  // namespace http
