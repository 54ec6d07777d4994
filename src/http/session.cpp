#include "http/session.hpp"

#include <sys/epoll.h>

#include <boost/asio/post.hpp>

#include "base/log.hpp"
#include "base/task_group.hpp"
#include "http/body_reader.hpp"
#include "http/body_share.hpp"
#include "http/channel.hpp"
#include "http/channel_writer.hpp"
#include "http/dispatch.hpp"
#include "http/head.hpp"
#include "http/parts.hpp"
#include "http/pushed_answer.hpp"
#include "http/refusal.hpp"

namespace http {
namespace asio = boost::asio;
using asio::const_buffer;

namespace {

/// Of answering requests that came together.
constexpr std::chrono::milliseconds kLongestStep{2};

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

}  // namespace

class Session final : public Channel, public Connection, public std::enable_shared_from_this<Session> {
 public:
  Session(asio::ip::tcp::socket socket, SessionHost& host) : Channel(std::move(socket), host.poller), host_(host) {}

  void begin() {
    place_ = host_.sessions.insert(host_.sessions.end(), shared_from_this());
    host_.connections.Increment();
    become_idle(std::chrono::steady_clock::now());
  }

  /// Closes the connection; a coroutine that answers ends soon.
  void cut_off() {
    if (state_ == State::answering)
      close();
    else
      end();
  }

  // Connection

  void watch(std::function<void()> on_gone) override { Channel::watch(std::move(on_gone)); }
  void unwatch() override { Channel::unwatch(); }
  bool gone() const override { return closed() || Channel::gone(); }

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
      step([this] { pushed_->go_on(); });
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
    serve(std::string_view(space).substr(0, kept + *count), true);
  }

  /// Answers the requests at the front of `received`. `waits`: the deadline is set for the first of them.
  void serve(std::string_view received, bool waits) {
    const auto begin = std::chrono::steady_clock::now();
    for (auto now = begin;; now = std::chrono::steady_clock::now()) {
      // Empty lines before a request (RFC 9112, section 2.2). They are none, and prolong nothing.
      while (received.starts_with(kLineEnd)) received.remove_prefix(kLineEnd.size());
      if (received.empty()) return waits ? void() : become_idle(now);
      // One client's requests do not keep the core from others.
      if (now - begin > kLongestStep) {
        go_slow(received);
        return read_on();
      }
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
      timed_ = waits = false;
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
    received_ = std::string();
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
      const auto route = route_of(host_, *exchange);
      Answer given = route ? call(host_, (*route)->handler, request) : Answer(route.error());
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
      begin_push(std::move(exchange), *reply, plan);
      return false;
    }
    std::size_t sent = 0;
    const std::string_view head = head_to_send(*reply);
    if (!reply->stream || plan.head_only) {
      const std::string_view tail = end_of_head(plan.told);
      const std::string_view body = body_to_send(*reply, plan);
      const std::array parts{buffer(head), buffer(tail), buffer(body.substr(0, kPieceBytes))};
      const auto count = Channel::write(parts);
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

  /// The end of the connection is the end of the answer.
  static Plan without_end(Plan plan) {
    plan.stays = false;
    plan.told = kCloses;
    return plan;
  }

  /// The whole head, to be kept while the answer is sent.
  std::string head_of_stream(const Reply& reply, const Plan& plan, bool chunked) {
    return fmt::format("{}{}{}", head_to_send(reply), chunked ? "Transfer-Encoding: chunked\r\n" : "",
                       end_of_head(plan.told));
  }

  /// After an answer. True: the next request may be read.
  bool conclude(std::unique_ptr<Exchange> exchange, const Reply& reply, const Plan& plan, bool sent) {
    count(reply, exchange->began);
    // A body is large, and seldom.
    if (exchange->body.empty()) host_.spare = std::move(exchange);
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
        Answer given = call(host_, route_->handler, exchange->request);
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
    if (reply->push && !plan.head_only) co_return begin_push(std::move(exchange), *reply, plan);
    co_await send_slowly(std::move(self), std::move(exchange), std::move(*reply), plan, 0);
  }

  asio::awaitable<Reply> wait_for(const Request& request, asio::awaitable<Reply> answer) {
    std::exception_ptr error;
    try {
      co_return co_await std::move(answer);
    } catch (...) {
      error = std::current_exception();
    }
    co_return problem_of(host_, request, error);
  }

  /// Reads the body, if the route wants one. Else the answer; `gave_up_`: the client is gone.
  asio::awaitable<std::optional<Reply>> read_body(Exchange& exchange, BodyShare& share) {
    const auto route = route_of(host_, exchange);
    if (!route) co_return route.error();
    route_ = *route;
    const std::size_t most = std::min(route_->options.max_body_bytes, host_.options.max_body_bytes);
    BodyReader reader(*this, received_, exchange);
    if (most == 0) co_return reader.look();
    if (auto wrong = check_body(exchange, most, share)) co_return std::move(*wrong);
    if (exchange.version >= 11 && !exchange.request.header("Expect").empty()) {
      // To a client that waits for it (RFC 9110, section 10.1.1).
      std::vector<const_buffer> go_on(1, buffer("HTTP/1.1 100 Continue\r\n\r\n"));
      gave_up_ = !co_await ChannelWriter(*this, host_, false).send(std::move(go_on));
      if (gave_up_) co_return std::nullopt;
      host_.slow.set(*this, std::chrono::steady_clock::now());
    }
    auto body = co_await reader.read(most);
    gave_up_ = !body && !body.error();
    if (!body) co_return std::move(body.error());
    exchange.body = std::move(*body);
    exchange.request.body = exchange.body;
    exchange.has_body = false;
    co_return std::nullopt;
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
    const bool chunked = streams && exchange->version >= 11;
    if (streams && !chunked) plan = without_end(plan);
    const std::string head = head_of_stream(reply, plan, chunked);
    ChannelWriter writer(*this, host_, chunked);
    bool all = co_await writer.send(head, body_to_send(reply, plan), sent);
    if (all && streams) all = co_await writer.send(reply.stream);
    if (conclude(std::move(exchange), reply, plan, all)) read_on();
  }

  /// Goes on with what came during the answer, in a step of its own. Until then nothing else is read.
  void read_on() {
    if (received_.empty()) return become_idle(std::chrono::steady_clock::now());
    state_ = State::answering;
    unset();
    expect(0);
    asio::post(host_.context, [self = shared_from_this()] {
      if (self->closed()) return self->end();
      self->state_ = State::request;
      self->timed_ = false;
      self->expect(EPOLLIN);
      const std::string received = std::exchange(self->received_, {});
      self->step([&] { self->serve(received, false); });
    });
  }

  // --- Pushed answers

  void begin_push(std::unique_ptr<Exchange> exchange, const Reply& reply, Plan plan) {
    const bool chunked = exchange->version >= 11;
    if (!chunked) plan = without_end(plan);
    count(reply, exchange->began);
    host_.spare = std::move(exchange);
    state_ = State::pushing;
    stays_ = plan.stays;
    unset();
    expect(0);
    // The source must not end in the middle of what it does.
    const auto end_soon = [this](bool whole) {
      asio::post(host_.context, [self = shared_from_this(), whole] { self->end_push(whole); });
    };
    Channel::watch([end_soon] { end_soon(false); });
    pushed_ = std::make_unique<PushedAnswer>(*this, host_, chunked, end_soon);
    pushed_->begin(head_of_stream(reply, plan, chunked), reply.push);
  }

  void end_push(bool whole) {
    if (state_ != State::pushing) return;
    const bool goes_on = whole && pushed_->end() && stays_;
    pushed_.reset();
    Channel::unwatch();
    if (goes_on)
      read_on();
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
  /// The client did not send its body.
  bool gave_up_ = false;
  bool ended_ = false;
  const Route* route_ = nullptr;
  std::unique_ptr<PushedAnswer> pushed_;
  /// Another request may follow the pushed answer.
  bool stays_ = false;
  std::size_t dropped_ = 0;
};

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
