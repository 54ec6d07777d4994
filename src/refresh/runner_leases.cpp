// How a runner keeps its leases, gives them back, and looks how late its tasks are.
#include <algorithm>

#include "refresh/runner.hpp"

namespace refresh {
namespace asio = boost::asio;
namespace {

/// Not seldomer than leases are renewed: the look must see that they are.
constexpr std::chrono::seconds kLookPeriod{5};

}  // namespace

asio::awaitable<void> Runner::renew_loop() {
  const std::string cannot = config_.name + " cannot renew its leases";
  while (!stopping_) {
    co_await base::sleep(renew_timer_, shared_.lease / 3);
    if (!stopping_) co_await renew(cannot);
  }
  shared_.watch.forget(cannot);
}

asio::awaitable<void> Runner::renew(const std::string& cannot) {
  std::vector<store::Claim> claims;
  for (const auto& [key, running] : running_)
    if (!running.lost) claims.push_back(running.claim);
  if (claims.empty()) {
    shared_.watch.settle(cannot);
    co_return;
  }
  auto call = [this, claims] { return shared_.store.renew(shared_.owner, claims, shared_.lease); };
  const auto lost = co_await attempt(shared_, cannot, std::move(call));
  if (lost)
    lose(claims, *lost);
  else
    meters_.database_errors.Increment();
}

/// What was measured meanwhile may be written already, and its lease over for that. `tasks` are in the order of
/// `claims`.
void Runner::lose(const std::vector<store::Claim>& claims, std::span<const store::TaskId> tasks) {
  std::size_t lost = 0;
  for (const store::Claim& claim : claims) {
    if (tasks.empty() || tasks.front() != claim.task) continue;
    tasks = tasks.subspan(1);
    const auto running = running_.find(Key(claim.task, claim.token));
    if (running == running_.end() || running->second.measured) continue;
    running->second.lost = true;
    ++lost;
  }
  meters_.lost_leases.Increment(static_cast<double>(lost));
  if (lost > 0)
    shared_.watch.interfered(fmt::format("{}: leases lost: {}", config_.name, lost), "their results will be refused");
}

/// Finds out how late the tasks are.
asio::awaitable<void> Runner::look_loop() {
  const std::string cannot = config_.name + " cannot look how late its tasks are";
  while (!stopping_) {
    auto call = [this] { return shared_.store.backlog(config_.name); };
    const auto sent = std::chrono::steady_clock::now();
    const auto found = co_await attempt(shared_, cannot, std::move(call));
    if (found) backlog_.look(*found, sent);
    if (!stopping_) co_await base::sleep(look_timer_, std::min<base::Duration>(kLookPeriod, shared_.lease / 3));
  }
  shared_.watch.forget(cannot);
}

/// Gives back what was cut off, so that another replica starts it now and not when the lease ends, and the calls of
/// what never began.
asio::awaitable<void> Runner::release() {
  std::vector<store::Claim> claims;
  std::vector<base::Time> unused;
  for (const auto& [key, running] : running_) {
    claims.push_back(running.claim);
    if (running.claim.counted) unused.push_back(*running.claim.counted);
  }
  running_.clear();
  if (claims.empty()) co_return;
  auto call = [this, claims = std::move(claims), unused = std::move(unused)] {
    shared_.store.release(shared_.owner, claims);
    shared_.store.refund(config_.name, limits_, unused);
    return true;
  };
  co_await attempt_once(shared_, config_.name + " cannot give its leases back, they end by themselves",
                        std::move(call));
}

}  // namespace refresh
