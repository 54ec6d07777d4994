#include "alert/courier.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace alert {
namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;
using store::MessageState;

/// Messages that are read together.
constexpr std::size_t kTogether = 32;
/// After so many attempts that the receiver answered, a message lets others go first: it may be the cause.
constexpr std::int64_t kOwnFailures = 3;

/// Stops when one of two tokens does.
class Either {
 public:
  Either(const std::stop_token& first, const std::stop_token& second)
      : on_first_(first, Stop{source_}), on_second_(second, Stop{source_}) {}

  std::stop_token token() const { return source_.get_token(); }

 private:
  struct Stop {
    std::stop_source& source;
    void operator()() const { source.request_stop(); }
  };

  std::stop_source source_;
  std::stop_callback<Stop> on_first_, on_second_;
};

base::Duration since(base::SteadyTime begin) {
  return std::chrono::duration_cast<base::Duration>(steady_clock::now() - begin);
}

prometheus::Counter& sent(base::Metrics& metrics, const std::string& receiver, const char* outcome) {
  return metrics.counter("vacancy_alert_sent_total",
                         "Attempts to deliver messages; of those that failed, dead ones are not tried again",
                         {{"receiver", receiver}, {"outcome", outcome}});
}

}  // namespace

ReceiverMeters::ReceiverMeters(base::Metrics& metrics, const std::string& receiver)
    : delivered(sent(metrics, receiver, "delivered")),
      failed(sent(metrics, receiver, "failed")),
      dead(sent(metrics, receiver, "dead")),
      seconds(metrics.seconds("vacancy_alert_delivery_seconds", "How long attempts to deliver a message took",
                              {{"receiver", receiver}})),
      waiting(metrics.gauge("vacancy_alert_outbox", "Messages that wait, on the replica that sends",
                            {{"receiver", receiver}})),
      dead_letters(metrics.gauge("vacancy_alert_dead", "Messages that were given up, on the replica that sends",
                                 {{"receiver", receiver}})),
      oldest(metrics.gauge("vacancy_alert_oldest_seconds", "Age of the oldest message that waits",
                           {{"receiver", receiver}})) {}

Courier::Courier(const config::AlertReceiver& config, std::unique_ptr<Receiver> receiver, Outbox outbox, Firing firing,
                 ReceiverMeters& meters, asio::any_io_executor executor, const Pace& pace)
    : config_(config),
      receiver_(std::move(receiver)),
      outbox_(outbox),
      firing_(std::move(firing)),
      pace_(pace),
      problem_("alerts to " + config.name + " are not delivered"),
      meters_(meters),
      fault_("receiver " + config.name),
      backoff_(pace.first_pause, pace.longest_pause),
      stopped_(executor),
      woken_(executor) {}

void Courier::stop() {
  stop_.request_stop();
  stopped_.set();
  woken_.set();
}

bool Courier::is_over(const Turn& turn) const {
  return turn.lost.stop_requested() || stopped_.is_set();
}

asio::awaitable<void> Courier::run() {
  while (!stopped_.is_set()) {
    woken_.reset();
    look_at_ = steady_clock::now() + pace_.look;
    if (const auto turn = outbox_.turn()) co_await work(*turn);
    if (co_await stopped_.wait(paused_until_)) break;
    co_await woken_.wait(look_at_);
  }
}

void Courier::pause(base::Duration pause) {
  // Alerts that fire are repeated, however long the receiver asks to wait.
  if (const auto every = receiver_->repeat_every(); every.count() > 0) pause = std::min(pause, every);
  paused_until_ = look_at_ = steady_clock::now() + pause;
}

/// Delivers what is due, until an attempt fails.
asio::awaitable<void> Courier::work(const Turn& turn) {
  const auto job = [this] { return outbox_.store.due_messages(config_.name, kTogether); };
  const auto due = co_await outbox_.attempt("alert_due", job);
  if (!due) co_return pause(pace_.first_pause);
  const auto asked = steady_clock::now();
  // First, since it may be forgotten while messages fail.
  if (receiver_->repeat_every().count() > 0 && asked >= repeat_at_) co_await repeat(due->now, turn);
  if (is_over(turn)) co_return;
  for (const store::Message& message : due->messages) {
    co_await send(message, due->now + since(asked), turn);
    if (is_over(turn) || paused_until_ > steady_clock::now()) co_return;
  }
  if (!due->messages.empty())
    look_at_ = {};  // there may be more
  else if (due->next_due)
    look_at_ = std::min(look_at_, asked + (*due->next_due - due->now));
}

asio::awaitable<Delivery> Courier::deliver(Message message, base::Time now, std::stop_token lost) {
  const auto began = steady_clock::now();
  const Either stop(stop_.get_token(), lost);
  Sending sending{.now = now, .deadline = began + config_.timeout, .stop = stop.token()};
  Delivery delivery = co_await receiver_->deliver(std::move(message), std::move(sending));
  meters_.seconds.Observe(std::chrono::duration<double>(since(began)).count());
  co_return delivery;
}

asio::awaitable<void> Courier::send(const store::Message& stored, base::Time now, const Turn& turn) {
  auto message = parse_message(stored.body);
  if (!message) {
    const std::string why = "the outbox holds no message: " + message.error().message;
    const store::Attempt attempt{.number = stored.number, .state = MessageState::dead, .error = why};
    co_return co_await settle(turn, attempt);
  }
  const Delivery delivery = co_await deliver(std::move(*message), now, turn.lost);
  // Whether it has arrived is not known: it is repeated by whoever goes on.
  if (is_over(turn) && delivery.outcome != Outcome::delivered) co_return;
  co_await settle(turn, attempt_of(stored, now, delivery));
  if (delivery.outcome == Outcome::failed) pause(next_pause_);
}

/// Counts and logs the end of an attempt.
store::Attempt Courier::attempt_of(const store::Message& stored, base::Time now, const Delivery& delivery) {
  store::Attempt attempt{.number = stored.number, .error = delivery.error};
  if (delivery.outcome != Outcome::failed) {
    fault_.succeeded(problem_);
    backoff_.reset();
  }
  if (delivery.outcome == Outcome::delivered) {
    meters_.delivered.Increment();
    if (!delivery.error.empty())
      fault_.happened("alerts to " + config_.name + " are delivered in part", delivery.error);
    return attempt;
  }
  if (delivery.outcome == Outcome::refused || now - stored.created >= config_.give_up_after) {
    attempt.state = MessageState::dead;
    meters_.dead.Increment();
    spdlog::error("message {} to {} is given up: {}", stored.id, config_.name, delivery.error);
  }
  if (delivery.outcome == Outcome::refused) return attempt;
  meters_.failed.Increment();
  fault_.failed(problem_, delivery.error);
  next_pause_ = std::min(std::max(backoff_.next(), delivery.retry_after), store::kLongestAlertPause);
  attempt.pause = next_pause_;
  if (attempt.state == MessageState::dead) return attempt;
  attempt.state = MessageState::waiting;
  if (delivery.answered && stored.attempts >= kOwnFailures)
    attempt.pause = std::max(attempt.pause, pace_.longest_pause);
  return attempt;
}

/// Writes the end of an attempt, however long the database is away, since the message would be sent again.
asio::awaitable<void> Courier::settle(const Turn& turn, store::Attempt attempt) {
  base::Backoff backoff;
  for (;;) {
    auto job = [this, turn = turn.turn, attempt] { return outbox_.store.settle(turn, attempt); };
    if (const auto written = co_await outbox_.attempt("alert_settle", std::move(job))) {
      if (!*written) outbox_.lease.lose(turn.turn);
      co_return;
    }
    if (is_over(turn) || co_await stopped_.wait_for(backoff.next())) co_return;
  }
}

asio::awaitable<void> Courier::repeat(base::Time now, const Turn& turn) {
  repeat_at_ = steady_clock::now() + receiver_->repeat_every();
  const auto job = [this] { return firing_(config_.name); };
  auto firing = co_await outbox_.attempt("alert_firing", job);
  if (!firing || firing->empty()) co_return;
  const Either stop(stop_.get_token(), turn.lost);
  Sending sending{.now = now, .deadline = steady_clock::now() + config_.timeout, .stop = stop.token()};
  const Delivery delivery = co_await receiver_->repeat(std::move(*firing), std::move(sending));
  if (is_over(turn)) co_return;
  if (delivery.outcome == Outcome::delivered) co_return fault_.succeeded(problem_);
  fault_.failed(problem_, delivery.error);
  // Sooner than the next time, before it is forgotten.
  repeat_at_ = std::min(repeat_at_, steady_clock::now() + std::max(pace_.look, delivery.retry_after));
}

}  // namespace alert
