#include "refresh/runner.hpp"

#include <algorithm>

#include "base/backoff.hpp"
#include "base/duration.hpp"
#include "base/log.hpp"
#include "probe/kinds.hpp"

namespace refresh {
namespace asio = boost::asio;
namespace {

/// Tasks per claim: more would keep other replicas waiting for the row locks.
constexpr std::size_t kClaimBatch = 128;
/// Another replica, or plain SQL, may have made tasks due that this replica does not know of.
constexpr std::chrono::seconds kLongestLook{1};
/// Tasks that will get a slot in this time are claimed before they have one, so that short probes do not wait for the
/// database; longer ones are left to replicas that have a slot.
constexpr std::chrono::milliseconds kClaimedAhead{25};
/// What falls due in this time is claimed together: to look for each task by itself costs more than most probes.
constexpr std::chrono::milliseconds kShortestLook{25};
/// Not seldomer than leases are renewed: the look must see that they are.
constexpr std::chrono::seconds kLookPeriod{5};
constexpr base::Duration kTick{1};
/// Of what a probe sent or received, for a person to look at.
constexpr std::size_t kShownBytes = 16 << 10;
constexpr const char* kReplaced = "the probe is being replaced; try again in a moment";

using std::chrono::steady_clock;

base::Duration since(base::SteadyTime then) {
  return std::chrono::duration_cast<base::Duration>(steady_clock::now() - then);
}

double seconds(base::Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

std::vector<store::Limit> limits_of(const config::ProbeConfig& config) {
  std::vector<store::Limit> limits;
  for (const config::Budget& budget : config.limits()) limits.push_back({budget.calls, budget.window});
  return limits;
}

bool all_failed(const probe::Answer& answer) {
  return std::ranges::none_of(answer.results, [](const probe::Result& result) { return result.has_value(); }) &&
         !answer.discovered;
}

bool differ(std::vector<core::ProfileKey> discovered, const std::vector<core::Profile>& claimed) {
  std::vector<core::ProfileKey> known;
  for (const core::Profile& profile : claimed) known.push_back(profile.key);
  std::ranges::sort(discovered);
  std::ranges::sort(known);
  return discovered != known;
}

core::FreshnessRule rule_of(const config::ProbeConfig& config) {
  return {.ttl = config.ttl,
          .grace = std::min(config.timeout, config.ttl),
          .expire_after = config.effective_expire_after()};
}

}  // namespace

Runner::Runner(const config::ProbeConfig& config, std::unique_ptr<probe::Probe> probe, Shared& shared)
    : config_(config),
      probe_(std::move(probe)),
      shared_(shared),
      concurrency_(probe::concurrency(config)),
      limits_(limits_of(config)),
      breaker_(config.ttl),
      measurements_(shared.executor),
      loops_(shared.executor),
      claim_timer_(shared.executor),
      look_timer_(shared.executor),
      meters_(shared.metrics, config, backlog_, concurrency_),
      leases_(config_.name, shared, meters_, limits_),
      writer_(config_.name, shared, meters_, [this](const auto& outcomes) { forget(outcomes); }) {}

Runner::~Runner() = default;

asio::awaitable<void> Runner::run() {
  loops_.spawn("claim loop of " + config_.name, claim_loop());
  loops_.spawn("write loop of " + config_.name, write_loop());
  loops_.spawn("renew loop of " + config_.name, leases_.renew_loop());
  loops_.spawn("watch of leases of " + config_.name, leases_.watch_loop());
  loops_.spawn("look loop of " + config_.name, look_loop());
  co_await loops_.wait();
}

void Runner::stop() {
  stop_.request_stop();
  leases_.stop();
  claim_timer_.cancel();
  look_timer_.cancel();
  writer_.hurry();
}

void Runner::wake() {
  woken_ = true;
  claim_timer_.cancel();
}

asio::awaitable<void> Runner::claim_loop() {
  const std::string cannot = config_.name + " cannot claim tasks";
  base::Backoff backoff;
  while (!stopping()) {
    woken_ = false;
    const auto looked_at = steady_clock::now();
    base::SteadyTime next = base::SteadyTime::max();
    const std::size_t free = free_slots(next);
    if (free > 0) {
      const auto look_again = co_await claim_some(std::min(free, kClaimBatch), cannot);
      if (!look_again) {
        co_await pause(backoff.next());
        continue;
      }
      backoff.reset();
      next = *look_again;
    } else {
      shared_.watch.settle(cannot);
    }
    if (stopping()) break;
    const bool more_is_due = next <= steady_clock::now();
    co_await wait_until(next, Wakes::yes);
    if (!more_is_due) co_await wait_until(looked_at + kShortestLook, Wakes::no);
  }
  shared_.watch.forget(cannot);
  co_await measurements_.wait();
  writer_.close();
}

std::size_t Runner::free_slots(base::SteadyTime& next_look) const {
  // Tasks that are measured already would only wait, and other replicas for them.
  if (writer_.is_full()) return 0;
  const std::size_t taken = measuring_ + queued_.size();
  const std::size_t most = concurrency_ + ahead();
  if (!breaker_.open()) return most - std::min(most, taken);
  if (!leases_.empty()) return 0;
  if (breaker_.next_try() <= steady_clock::now()) return 1;
  next_look = breaker_.next_try();
  return 0;
}

asio::awaitable<void> Runner::pause(base::Duration delay) {
  co_await wait_until(steady_clock::now() + delay, Wakes::no);
}

/// Returns at `when`, or after stop(), or after wake() if that wakes.
asio::awaitable<void> Runner::wait_until(base::SteadyTime when, Wakes wakes) {
  claim_timer_.expires_at(when);
  while (!stopping() && !(woken_ && wakes == Wakes::yes) && steady_clock::now() < when) {
    boost::system::error_code ignored;
    co_await claim_timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

/// Claims and starts up to `limit` tasks; returns when to look again, or nothing when the database is lost.
asio::awaitable<std::optional<base::SteadyTime>> Runner::claim_some(std::size_t limit, const std::string& cannot) {
  store::Wanted wanted{config_.name, shared_.owner, limit, shared_.lease, limits_, config_.discovers()};
  auto call = [this, wanted = std::move(wanted)] { return shared_.tasks.claim(wanted); };
  const auto sent = steady_clock::now();
  const auto claimed = co_await attempt(shared_, cannot, std::move(call));
  if (!claimed) {
    meters_.database_errors.Increment();
    co_return std::nullopt;
  }
  for (const store::Claim& claim : claimed->claims) {
    leases_.add(claim, sent);
    queued_.push_back(claim);
  }
  begin_queued();
  if (!claimed->left.empty()) show_left(claimed->left);
  const auto now = steady_clock::now();
  // Under a limit, next_due is when it allows the next run.
  if (!limits_.empty() && !claimed->claims.empty()) look_timer_.cancel();
  if (claimed->claims.size() == limit) co_return now;
  if (limits_.empty()) backlog_.look({claimed->now, claimed->next_due, claimed->next_lease_end}, sent);
  base::Time next = claimed->now + kLongestLook;
  if (claimed->next_due) next = std::min(next, *claimed->next_due);
  // A lease is over after its end.
  if (claimed->next_lease_end) next = std::min(next, *claimed->next_lease_end + kTick);
  co_return now + std::max(next - claimed->now, base::Duration{0});
}

void Runner::show_left(const std::vector<std::uint64_t>& left) {
  left_ = left;
  for (std::size_t i = 0; i < left.size(); ++i) meters_.left[i]->Set(static_cast<double>(left[i]));
}

std::size_t Runner::ahead() const {
  // What is counted against a limit must run at once, not when a slot comes free.
  if (!limits_.empty() || typical_.count() == 0 || typical_ > kClaimedAhead) return 0;
  return std::min(kClaimBatch, concurrency_ * static_cast<std::size_t>(kClaimedAhead / typical_));
}

void Runner::begin_queued() {
  for (std::size_t waiting = queued_.size(); waiting > 0 && measuring_ < concurrency_; --waiting) {
    ++measuring_;
    measurements_.spawn("measurements", work());
  }
  meters_.used.set(static_cast<double>(measuring_), steady_clock::now());
}

/// One slot: measures what is queued, one after the other.
asio::awaitable<void> Runner::work() {
  while (!queued_.empty() && !stopping()) {
    store::Claim claim = std::move(queued_.front());
    queued_.pop_front();
    // Probes that fail at once must not keep everybody else from this thread.
    co_await asio::post(shared_.executor, asio::use_awaitable);
    co_await measure(std::move(claim));
  }
  --measuring_;
  meters_.used.set(static_cast<double>(measuring_), steady_clock::now());
}

asio::awaitable<void> Runner::measure(store::Claim claim) {
  const auto begin = steady_clock::now();
  const std::stop_token stop = leases_.begin(claim);
  if (stop.stop_requested()) {
    if (claim.counted) measurements_.spawn("refund", refund(*claim.counted));
    leases_.end(claim);
    co_return;
  }
  probe::Answer answer;
  base::Duration took{0};
  // A batch without profiles has nothing to ask, unless it finds them.
  const bool asks = !claim.profiles.empty() || config_.discovers();
  if (asks) {
    answer = co_await this->answer(claim.profiles, stop, nullptr);
    took = since(begin);
    if (!answer.asked && claim.counted) measurements_.spawn("refund", refund(*claim.counted));
  }
  if (!leases_.end(claim)) co_return;
  if (asks) {
    constexpr int kRemembered = 16;
    typical_ += (std::max(took, base::Duration{1}) - typical_) / (typical_.count() == 0 ? 1 : kRemembered);
    // A measurement that was cut off says nothing: the task is given back instead.
    if (stopping() && all_failed(answer)) co_return;
    meters_.duration.Observe(seconds(took));
    judge(answer);
  }
  store::Outcome outcome{.task = claim.task,
                         .token = claim.token,
                         .batched = claim.batched,
                         .findings = {},
                         .took = took,
                         .rule = rule_of(config_)};
  if (answer.discovered && !differ(*answer.discovered, claim.profiles)) answer.discovered.reset();
  for (std::size_t i = 0; i < claim.profiles.size(); ++i)
    outcome.findings.push_back({std::move(claim.profiles[i]), std::move(answer.results[i])});
  writer_.add(std::move(outcome), std::move(answer.discovered));
}

asio::awaitable<probe::Answer> Runner::answer(std::span<const core::Profile> profiles, std::stop_token stop,
                                              probe::Trace* trace) {
  std::string error = "an error in the probe; it has been logged";
  try {
    probe::Call call{steady_clock::now() + config_.timeout, std::move(stop), trace};
    probe::Answer answer = co_await probe_->measure(profiles, std::move(call));
    if (answer.results.size() == profiles.size()) co_return answer;
    spdlog::error("{} is broken: {} results for {} profiles", config_.name, answer.results.size(), profiles.size());
  } catch (const std::exception& bug) {
    // Its slot and its lease must come free all the same.
    spdlog::error("{} is broken: {}", config_.name, bug.what());
  }
  co_return probe::same_for_all(profiles.size(), std::unexpected(std::move(error)));
}

void Runner::judge(probe::Answer& answer) {
  const bool failed = all_failed(answer) && !(answer.results.empty() && answer.error.empty());
  (failed ? meters_.failed : meters_.ok).Increment();
  if (!failed) {
    if (breaker_.succeeded()) spdlog::info("{} works again", config_.name);
    meters_.slowed_down.Set(0);
    return;
  }
  const std::string error = answer.results.empty() ? answer.error : answer.results.front().error();
  spdlog::debug("{} failed: {}", config_.name, error);
  const bool opened = breaker_.failed(steady_clock::now());
  if (!breaker_.open()) return;
  meters_.slowed_down.Set(1);
  if (opened) slow_since_ = base::system_clock().wall_now();
  const auto noted = [this](const std::string& error) {
    return fmt::format("{}; slowed down since {} after {} failures in a row", error, base::to_rfc3339(slow_since_),
                       breaker_.failures());
  };
  for (probe::Result& result : answer.results) result = std::unexpected(noted(result.error()));
  if (!opened) return;
  spdlog::warn("{}: {}", config_.name, noted(error));
  // The others are not measured for a while: their rows say why.
  measurements_.spawn("note of failure", fail_all(noted(error)));
}

asio::awaitable<void> Runner::fail_all(std::string error) {
  auto call = [this, error = std::move(error)] {
    shared_.tasks.fail_all(config_.name, error);
    return true;
  };
  if (co_await attempt_once(shared_, config_.name + " cannot note its failure", std::move(call))) shared_.written();
}

ProbeStatus Runner::status() const {
  return {.config = config_,
          .left = left_,
          .running = leases_.size(),
          .slow_since = breaker_.open() ? std::optional(slow_since_) : std::nullopt};
}

asio::awaitable<void> Runner::look_at_budget() {
  if (limits_.empty() || stopping()) co_return;
  auto job = [this] { return shared_.budgets.left(config_.name, limits_); };
  try {
    show_left(co_await shared_.database.run(std::move(job)));
  } catch (const base::Lost& lost) {
    spdlog::debug("{} cannot look at its budget: {}", config_.name, lost.what());
  }
}

asio::awaitable<base::Result<TestRun>> Runner::test(core::Profile profile) {
  if (stopping()) co_return base::fail(base::Errc::unavailable, kReplaced);
  std::optional<base::Time> counted;
  if (!limits_.empty()) {
    auto spend = [this] { return shared_.budgets.spend(config_.name, limits_); };
    counted = co_await shared_.database.run(std::move(spend));
    if (!counted)
      co_return base::fail(base::Errc::conflict,
                           fmt::format("the budget of probe {} is used up; wait, or raise it", config_.name));
    if (stopping()) {
      co_await refund(*counted);
      co_return base::fail(base::Errc::unavailable, kReplaced);
    }
  }
  TestRun run;
  const auto begin = steady_clock::now();
  const std::span<const core::Profile> one(&profile, 1);
  const probe::Answer answer = co_await this->answer(one, stop_.get_token(), &run.trace);
  run.took = since(begin);
  if (!answer.asked && counted) co_await refund(*counted);
  run.result = answer.results.front();
  for (std::string* text : {&run.trace.sent, &run.trace.received})
    if (text->size() > kShownBytes) text->replace(kShownBytes, std::string::npos, "…");
  co_return run;
}

/// Takes back the run that was counted at `counted`.
asio::awaitable<void> Runner::refund(base::Time counted) {
  auto call = [this, counted] {
    shared_.budgets.refund(config_.name, limits_, {&counted, 1});
    return true;
  };
  co_await attempt_once(shared_, config_.name + " cannot take back a run that asked nobody", std::move(call));
}

asio::awaitable<void> Runner::write_loop() {
  co_await writer_.run();
  co_await leases_.release();
}

void Runner::forget(const std::vector<store::Outcome>& outcomes) {
  leases_.forget(outcomes);
  shared_.written();
  // A slot is free, and these tasks are due again one period after they were due: at the latest now, when the probe
  // takes as long as its period.
  wake();
}

/// Finds out how late the tasks are.
asio::awaitable<void> Runner::look_loop() {
  const std::string cannot = config_.name + " cannot look how late its tasks are";
  while (!stopping()) {
    auto call = [this] { return shared_.tasks.backlog(config_.name); };
    const auto sent = steady_clock::now();
    const auto found = co_await attempt(shared_, cannot, std::move(call));
    if (found) backlog_.look(*found, sent);
    if (!stopping()) co_await base::sleep(look_timer_, std::min<base::Duration>(kLookPeriod, shared_.lease / 3));
  }
  shared_.watch.forget(cannot);
}

}  // namespace refresh
