#include "alert/lease.hpp"

#include <spdlog/spdlog.h>

#include "base/error.hpp"
#include "base/task_group.hpp"

namespace alert {
namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;

/// Parts of a lease: between renewals, the margin before its end, and between looks at that margin.
constexpr int kRenewals = 3;
constexpr int kMargin = 6;
constexpr int kLooks = 24;
const std::string kProblem = "the lease of alerts cannot be had";

}  // namespace

Lease::Lease(asio::any_io_executor executor, store::Alerts& store, store::Caller& caller, base::Fault& fault,
             std::string owner, base::Duration lease, std::function<void()> changed)
    : store_(store),
      caller_(caller),
      fault_(fault),
      owner_(std::move(owner)),
      lease_(lease),
      changed_(std::move(changed)),
      stopped_(executor) {}

std::optional<Turn> Lease::turn() const {
  if (!held_ || steady_clock::now() >= held_->until) return std::nullopt;
  return Turn{held_->turn, held_->lost.get_token()};
}

void Lease::stop() {
  stopped_.set();
}

asio::awaitable<void> Lease::run() {
  base::TaskGroup group(co_await asio::this_coro::executor);
  group.spawn("renewal of the lease of alerts", renew_loop());
  group.spawn("end of the lease of alerts", watch_loop());
  co_await group.wait();
  fault_.forget(kProblem);
  co_await give_back();
}

asio::awaitable<void> Lease::renew_loop() {
  do {
    co_await ask();
  } while (!co_await stopped_.wait_for(lease_ / kRenewals));
}

/// Also while a call of the database does not return: another replica begins when the lease has ended.
asio::awaitable<void> Lease::watch_loop() {
  while (!co_await stopped_.wait_for(lease_ / kLooks))
    if (held_ && steady_clock::now() >= held_->until) lose("it could not be renewed in time");
}

asio::awaitable<void> Lease::ask() {
  const auto sent = steady_clock::now();
  try {
    const auto job = [this] { return store_.hold_alerts(owner_, lease_); };
    const auto turn = co_await caller_.run("alert_lease", job);
    fault_.succeeded(kProblem);
    if (held_ && turn != held_->turn) lose("another replica has it");
    const auto until = sent + lease_ - lease_ / kMargin;
    if (!turn || steady_clock::now() >= until) co_return;
    const bool is_new = !held_;
    if (is_new) held_.emplace(*turn);
    held_->until = until;
    if (!is_new) co_return;
    spdlog::info("this replica evaluates and sends alerts");
    changed_();
  } catch (const base::Lost& lost) {
    fault_.failed(kProblem, lost.what());
  }
}

void Lease::lose(const store::AlertTurn& turn) {
  if (held_ && held_->turn == turn) lose("another replica has it");
}

void Lease::lose(std::string_view why) {
  spdlog::info("this replica evaluates and sends no alerts any more: {}", why);
  held_->lost.request_stop();
  held_.reset();
  changed_();
}

asio::awaitable<void> Lease::give_back() {
  if (!held_) co_return;
  const store::AlertTurn turn = held_->turn;
  lose("it ends");
  try {
    const auto job = [this, turn] { store_.release_alerts(turn); };
    co_await caller_.run("alert_lease", job);
  } catch (const base::Lost&) {
    spdlog::warn("the lease of alerts cannot be given back, it ends by itself");
  }
}

}  // namespace alert
