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
    if (running_.empty()) shared_.watch.settle(cannot);
    if (stopping_ || running_.empty()) continue;
    std::vector<store::Claim> claims;
    for (const auto& [key, claim] : running_) claims.push_back(claim);
    auto call = [this, claims = std::move(claims)] {
      return shared_.store.renew(shared_.owner, claims, shared_.lease);
    };
    const auto lost = co_await attempt(shared_, cannot, std::move(call));
    if (!lost) {
      meters_.database_errors.Increment();
      continue;
    }
    meters_.lost_leases.Increment(static_cast<double>(lost->size()));
    if (!lost->empty())
      shared_.watch.interfered(fmt::format("{}: leases lost: {}", config_.name, lost->size()),
                               "their results will be refused");
  }
  shared_.watch.forget(cannot);
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

/// Gives back what was cut off, so that another replica starts it now and not when the lease ends.
asio::awaitable<void> Runner::release() {
  std::vector<store::Claim> claims;
  for (const auto& [key, claim] : running_) claims.push_back(claim);
  running_.clear();
  if (claims.empty()) co_return;
  auto call = [this, claims = std::move(claims)] {
    shared_.store.release(shared_.owner, claims);
    return true;
  };
  co_await attempt_once(shared_, config_.name + " cannot give its leases back, they end by themselves",
                        std::move(call));
}

}  // namespace refresh
