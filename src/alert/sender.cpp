#include "alert/sender.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "probe/transfers.hpp"

namespace alert {
namespace {

namespace asio = boost::asio;

/// How often the outbox is counted, and how often it is tidied.
constexpr std::chrono::seconds kCount{10};
constexpr std::chrono::minutes kTidy{1};
/// Messages for a receiver that this replica does not know are given up after that: another one may know it already.
constexpr std::chrono::hours kStrangersKept{24};
constexpr std::size_t kIdBytes = 8;

Transport transport_of(const config::AlertReceiver& config, const asio::any_io_executor& executor) {
  const auto transfers = std::make_shared<probe::Transfers>(executor, "alert " + config.name, config.timeout);
  return [transfers](probe::Request request, base::SteadyTime deadline, std::stop_token stop) {
    return transfers->run(std::move(request), deadline, std::move(stop));
  };
}

/// It lives as long as it works.
asio::awaitable<void> run(std::shared_ptr<Courier> courier) {
  co_await courier->run();
}

}  // namespace

Sender::Sender(std::span<const config::AlertReceiver> receivers, Outbox outbox, Firing firing, base::Metrics& metrics,
               asio::any_io_executor executor)
    : outbox_(outbox),
      firing_(std::move(firing)),
      metrics_(metrics),
      executor_(executor),
      group_(executor),
      stopped_(executor) {
  configure(receivers);
}

ReceiverMeters& Sender::meters_of(const std::string& receiver) {
  return meters_.try_emplace(receiver, metrics_, receiver).first->second;
}

void Sender::configure(std::span<const config::AlertReceiver> receivers) {
  auto old = std::exchange(couriers_, {});
  for (const config::AlertReceiver& receiver : receivers) {
    auto& courier = couriers_[receiver.name];
    if (const auto same = old.find(receiver.name); same != old.end() && same->second->config() == receiver) {
      courier = std::move(same->second);
      old.erase(same);
      continue;
    }
    courier = std::make_shared<Courier>(receiver, make_receiver(receiver, transport_of(receiver, executor_)), outbox_,
                                        firing_, meters_of(receiver.name), executor_);
    if (running_) group_.spawn("alerts to " + receiver.name, alert::run(courier));
  }
  for (const auto& [name, courier] : old) courier->stop();
}

asio::awaitable<void> Sender::run() {
  running_ = true;
  for (const auto& [name, courier] : couriers_) group_.spawn("alerts to " + name, alert::run(courier));
  group_.spawn("outbox", tidy());
  while (!stopped_.is_set()) {
    co_await count();
    co_await stopped_.wait_for(kCount);
  }
  co_await group_.wait();
}

void Sender::stop() {
  running_ = false;
  stopped_.set();
  for (const auto& [name, courier] : couriers_) courier->stop();
}

void Sender::wake() {
  for (const auto& [name, courier] : couriers_) courier->wake();
}

/// Replicas without the lease show zeros, so that the sum over all is the outbox.
asio::awaitable<void> Sender::count() {
  std::optional<store::OutboxCounts> counted;
  const auto job = [this] { return outbox_.store.outbox(); };
  const bool leads = outbox_.turn().has_value();
  if (leads) counted = co_await outbox_.attempt("alert_count", job);
  if (leads && !counted) co_return;  // the numbers stay
  for (auto& [name, meters] : meters_)
    for (prometheus::Gauge* gauge : {&meters.waiting, &meters.dead_letters, &meters.oldest}) gauge->Set(0);
  if (!counted) co_return;
  for (const store::OutboxCount& count : counted->counts) {
    ReceiverMeters& meters = meters_of(count.receiver);
    const auto number = static_cast<double>(count.count);
    if (count.state == store::MessageState::dead) meters.dead_letters.Set(number);
    if (count.state != store::MessageState::waiting) continue;
    meters.waiting.Set(number);
    meters.oldest.Set(std::max(0.0, std::chrono::duration<double>(counted->now - count.oldest).count()));
  }
}

std::vector<std::string> Sender::names() const {
  std::vector<std::string> names;
  for (const auto& [name, courier] : couriers_) names.push_back(name);
  return names;
}

asio::awaitable<void> Sender::tidy() {
  while (!co_await stopped_.wait_for(kTidy)) {
    if (!outbox_.turn()) continue;
    auto job = [this, names = names()] {
      outbox_.store.give_up_strangers(names, kStrangersKept);
      return outbox_.store.tidy_outbox({});
    };
    while (!stopped_.is_set() && (co_await outbox_.attempt("alert_tidy", job)).value_or(false)) continue;
  }
}

asio::awaitable<base::Result<void>> Sender::test(std::string receiver, base::Time now) {
  const auto found = couriers_.find(receiver);
  if (found == couriers_.end())
    co_return base::fail(base::Errc::not_found, fmt::format("there is no receiver '{}'", base::to_line(receiver)));
  const auto courier = found->second;
  const Message message = test_message("test-" + base::random_hex(kIdBytes), now);
  const Delivery delivery = co_await courier->deliver(message, now);
  if (delivery.outcome == Outcome::delivered) co_return base::Result<void>{};
  co_return base::fail(base::Errc::unavailable, fmt::format("{}: {}", receiver, delivery.error));
}

std::size_t descriptors(std::span<const config::AlertReceiver> receivers) {
  /// To wake it, and to read a file.
  constexpr std::size_t kOfAThread = 4;
  std::size_t all = 0;
  for (const config::AlertReceiver& receiver : receivers)
    all += kOfAThread + (1 + probe::kTransferDescriptors) * std::max<std::size_t>(receiver.alertmanager.urls.size(), 1);
  return all;
}

}  // namespace alert
