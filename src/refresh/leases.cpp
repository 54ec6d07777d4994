#include "refresh/leases.hpp"

namespace refresh {
namespace asio = boost::asio;
namespace {

using std::chrono::steady_clock;

/// Parts of a lease: between renewals, the margin before its end, and between looks at that margin.
constexpr int kRenewals = 3;
constexpr int kMargin = 6;
constexpr int kLooks = 24;

}  // namespace

Leases::Leases(std::string probe, Shared& shared, Meters& meters, std::span<const store::Limit> limits)
    : probe_(std::move(probe)),
      cannot_(probe_ + " cannot renew its leases"),
      shared_(shared),
      meters_(meters),
      limits_(limits),
      stopped_(shared.executor) {}

base::SteadyTime Leases::end_of(base::SteadyTime sent) const {
  return sent + shared_.lease - shared_.lease / kMargin;
}

void Leases::add(const store::Claim& claim, base::SteadyTime sent) {
  held_.emplace(key_of(claim), Held{.claim = claim, .until = end_of(sent)});
  meters_.running.Set(static_cast<double>(held_.size()));
}

std::stop_token Leases::begin(const store::Claim& claim) {
  Held& held = held_.at(key_of(claim));
  held.claim.counted.reset();
  return held.run.get_token();
}

bool Leases::end(const store::Claim& claim) {
  const auto held = held_.find(key_of(claim));
  held->second.measured = !held->second.lost;
  if (held->second.measured) return true;
  held_.erase(held);
  meters_.running.Set(static_cast<double>(held_.size()));
  return false;
}

void Leases::forget(std::span<const store::Outcome> outcomes) {
  for (const store::Outcome& outcome : outcomes) held_.erase({outcome.task, outcome.token});
  meters_.running.Set(static_cast<double>(held_.size()));
}

void Leases::stop() {
  stopped_.set();
  for (auto& [key, held] : held_) held.run.request_stop();
}

asio::awaitable<void> Leases::renew_loop() {
  while (!co_await stopped_.wait_for(shared_.lease / kRenewals)) co_await renew();
  shared_.database.watch.forget(cannot_);
}

asio::awaitable<void> Leases::renew() {
  std::vector<store::Claim> claims;
  for (const auto& [key, held] : held_)
    if (!held.lost) claims.push_back(held.claim);
  if (claims.empty()) {
    shared_.database.watch.settle(cannot_);
    co_return;
  }
  const auto sent = steady_clock::now();
  auto job = [this, claims] { return shared_.tasks.renew(shared_.owner, claims, shared_.lease); };
  if (const auto lost = co_await shared_.database.attempt("renew", cannot_, std::move(job)))
    renewed(claims, *lost, sent);
}

/// A lease that ended because its result was written meanwhile is not lost. `lost` are in the order of `claims`.
void Leases::renewed(const std::vector<store::Claim>& claims, std::span<const store::TaskId> lost,
                     base::SteadyTime sent) {
  std::size_t taken = 0;
  for (const store::Claim& claim : claims) {
    const bool is_lost = !lost.empty() && lost.front() == claim.task;
    if (is_lost) lost = lost.subspan(1);
    const auto held = held_.find(key_of(claim));
    if (held == held_.end() || held->second.lost) continue;
    if (!is_lost) {
      held->second.until = end_of(sent);
    } else if (!held->second.measured) {
      lose(held->second);
      ++taken;
    }
  }
  tell(taken, "somebody else has these tasks now, so their runs are ended");
}

/// Once a lease has ended on the database's clock, another replica may begin the task, also while this one cannot reach
/// the database.
asio::awaitable<void> Leases::watch_loop() {
  while (!co_await stopped_.wait_for(shared_.lease / kLooks)) {
    const auto now = steady_clock::now();
    std::size_t over = 0;
    for (auto& [key, held] : held_) {
      if (held.lost || held.measured || now < held.until) continue;
      lose(held);
      ++over;
    }
    tell(over, "they could not be renewed in time, so their runs are ended");
  }
}

void Leases::lose(Held& held) {
  held.lost = true;
  held.run.request_stop();
}

void Leases::tell(std::size_t lost, std::string_view why) {
  if (lost == 0) return;
  meters_.lost_leases.Increment(static_cast<double>(lost));
  shared_.database.watch.interfered(fmt::format("{}: leases lost: {}", probe_, lost), why);
}

asio::awaitable<void> Leases::release() {
  std::vector<store::Claim> claims;
  std::vector<base::Time> unused;
  for (const auto& [key, held] : held_) {
    claims.push_back(held.claim);
    if (held.claim.counted) unused.push_back(*held.claim.counted);
  }
  held_.clear();
  if (claims.empty()) co_return;
  auto job = [this, claims = std::move(claims), unused = std::move(unused)] {
    shared_.tasks.release(shared_.owner, claims);
    shared_.budgets.refund(probe_, limits_, unused);
  };
  const std::string problem = probe_ + " cannot give its leases back, they end by themselves";
  co_await shared_.database.attempt_once("release", problem, std::move(job));
}

}  // namespace refresh
