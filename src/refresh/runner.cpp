#include "refresh/runner.hpp"

#include <algorithm>

#include "base/backoff.hpp"
#include "probe/kinds.hpp"

namespace refresh {
namespace asio = boost::asio;
namespace {

/// Tasks per claim: more would keep other replicas waiting for the row locks.
constexpr std::size_t kClaimBatch = 128;
/// Tasks that fall due within this part of the period are claimed together, some of them late by as much: a claim for
/// each costs more than most probes.
constexpr int kPartClaimedTogether = 40;
constexpr std::chrono::milliseconds kShortestPause{25}, kLongestPause{250};
constexpr base::Duration kTick{1};

using std::chrono::steady_clock;

double seconds(base::Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

/// What is put off is told to readers, of a batch with every row, so that waits for half a period. A run that must be
/// may be half its grace late.
store::Promise promise_of(const config::ProbeConfig& config, const Pace& pace) {
  const base::Duration least = pace.rule.min;
  return {.rate = pace.promised,
          .retry = config.batched() ? std::max(least, watched_period(pace.rule) / 2) : least,
          .patience = config.freshness_rule().grace / 2};
}

bool differ(std::vector<core::ProfileKey> discovered, const std::vector<core::Profile>& claimed) {
  std::vector<core::ProfileKey> known;
  for (const core::Profile& profile : claimed) known.push_back(profile.key);
  std::ranges::sort(discovered);
  std::ranges::sort(known);
  return discovered != known;
}

}  // namespace

Runner::Runner(const config::ProbeConfig& config, std::unique_ptr<probe::Probe> probe, const Shared& shared)
    : config_(config),
      shared_(shared),
      // A run that is counted against a limit must begin at once, not when a slot comes free.
      slots_(probe::concurrency(config), config.limits().empty()),
      meters_(shared.metrics, config_, backlog_, slots_.count()),
      source_(config_, std::move(probe), meters_),
      budget_(config_, shared_, meters_),
      pace_(cautious_pace(config_)),
      measurements_(shared.executor),
      loops_(shared.executor),
      woken_(shared.executor),
      hurried_(shared.executor),
      stopped_(shared.executor),
      leases_(config_.name, shared_, meters_, budget_.limits()),
      writer_(config_.name, shared_, meters_, [this](const auto& outcomes) { forget(outcomes); }) {
  shared_.database.failures = &meters_.database_errors;
}

Runner::~Runner() = default;

asio::awaitable<void> Runner::run() {
  loops_.spawn("claim loop of " + config_.name, claim_loop());
  loops_.spawn("write loop of " + config_.name, write_loop());
  loops_.spawn("renew loop of " + config_.name, leases_.renew_loop());
  loops_.spawn("watch of leases of " + config_.name, leases_.watch_loop());
  co_await loops_.wait();
}

void Runner::stop() {
  for (base::Event* event : {&stopped_, &woken_, &hurried_}) event->set();
  tests_.request_stop();
  leases_.stop();
  writer_.hurry();
}

asio::awaitable<void> Runner::pause(base::Duration delay) {
  co_await stopped_.wait_for(delay);
}

asio::awaitable<void> Runner::claim_loop() {
  const std::string cannot = config_.name + " cannot claim tasks";
  const base::Duration together =
      std::clamp<base::Duration>(config_.shortest_period() / kPartClaimedTogether, kShortestPause, kLongestPause);
  base::Backoff backoff;
  while (!stopping()) {
    woken_.reset();
    hurried_.reset();
    const auto looked_at = steady_clock::now();
    const Slots::Room room = this->room();
    next_look_ = room.changes;
    full_ = room.tasks == 0;
    if (!full_) {
      const auto look_again = co_await claim_some(std::min(room.tasks, kClaimBatch), cannot);
      if (!look_again) {
        co_await pause(backoff.next());
        continue;
      }
      backoff.reset();
      next_look_ = *look_again;
    } else {
      shared_.database.watch.settle(cannot);
    }
    const bool more_is_due = next_look_ <= steady_clock::now();
    if (!stopping()) co_await woken_.wait(next_look_);
    // Without room, tasks wait already.
    if (!more_is_due) co_await hurried_.wait(looked_at + (full_ ? kShortestPause : together));
  }
  shared_.database.watch.forget(cannot);
  co_await measurements_.wait();
  writer_.close();
}

Slots::Room Runner::room() const {
  // Results of more tasks would only wait to be written.
  if (writer_.is_full()) return {};
  return slots_.room(queued_.size(), leases_.size(), source_.breaker(), steady_clock::now());
}

/// Claims and starts up to `limit` tasks; returns when to look again, or nothing when the database is away.
asio::awaitable<std::optional<base::SteadyTime>> Runner::claim_some(std::size_t limit, const std::string& cannot) {
  store::Wanted wanted{config_.name, shared_.owner, limit, shared_.lease, budget_.limits(), config_.discovers()};
  if (config_.has_periods()) wanted.promise = promise_of(config_, pace_);
  auto job = [this, wanted = std::move(wanted)] { return shared_.tasks.claim(wanted); };
  const auto sent = steady_clock::now();
  const auto claimed = co_await shared_.database.attempt("claim", cannot, std::move(job));
  if (!claimed) co_return std::nullopt;
  for (const store::Claim& claim : claimed->claims) {
    leases_.add(claim, sent);
    queued_.push_back(claim);
  }
  begin_queued();
  if (!claimed->left.empty()) budget_.show(claimed->left);
  const auto now = steady_clock::now();
  if (claimed->claims.size() == limit) co_return now;
  // Under a limit, next_due is when it allows the next run.
  if (!budget_.limited()) backlog_.look_at_due(claimed->next_due, claimed->now, sent);
  base::SteadyTime next = next_lease_end();
  if (claimed->next_due) next = std::min(next, now + std::max(*claimed->next_due - claimed->now, base::Duration{0}));
  co_return next;
}

base::SteadyTime Runner::next_lease_end() const {
  const auto end = backlog_.lease_end();
  // One that should be over was renewed, or is spared: the next look tells.
  return end && *end > steady_clock::now() ? *end + kTick : base::SteadyTime::max();
}

void Runner::looked(const Look& look) {
  const auto found = look.found.of.find(config_.name);
  if (found == look.found.of.end()) return;  // it has just started
  if (look.leases)
    backlog_.look(found->second, look.found.now, look.sent);
  else
    backlog_.look_at_due(found->second.due, look.found.now, look.sent);
  if (look.leases && budget_.limited() && !stopping()) measurements_.spawn("look at the budget", budget_.look());
  const base::SteadyTime next = std::min(next_lease_end(), backlog_.due().value_or(base::SteadyTime::max()));
  // Two answers differ by the ways to the database and back.
  if (room().tasks > 0 && next < next_look_ - kShortestPause) woken_.set();
}

void Runner::begin_queued() {
  for (std::size_t waiting = queued_.size(); waiting > 0 && slots_.take(); --waiting)
    measurements_.spawn("measurements", work());
  meters_.used.set(static_cast<double>(slots_.used()), steady_clock::now());
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
  slots_.give_back();
  meters_.used.set(static_cast<double>(slots_.used()), steady_clock::now());
}

asio::awaitable<void> Runner::measure(store::Claim claim) {
  const std::stop_token stop = leases_.begin(claim);
  probe::Answer answer;
  answer.asked = false;
  const auto began = steady_clock::now();
  base::Duration took{0};
  // A batch without profiles has nothing to ask, unless it discovers them.
  const std::string resting = source_.resting();
  if (!resting.empty()) answer = probe::failed(claim.profiles.size(), {resting, false});
  const bool asks = resting.empty() && (!claim.profiles.empty() || config_.discovers());
  if (asks && !stop.stop_requested()) {
    answer = co_await source_.ask(claim.profiles, stop);
    took = std::chrono::duration_cast<base::Duration>(steady_clock::now() - began);
  }
  if (!answer.asked && claim.counted) measurements_.spawn("refund", budget_.refund(claim.counted));
  if (!leases_.end(claim)) co_return;
  // A measurement that was cut off says nothing: the task is given back instead.
  if (stopping() && all_failed(answer)) co_return;
  if (asks) {
    slots_.ran(took);
    meters_.duration.Observe(seconds(took));
    // The others are not measured for a while: their rows say why.
    if (auto error = source_.judge(answer, began)) measurements_.spawn("note of failure", fail_all(std::move(*error)));
  }
  write(std::move(claim), std::move(answer), took);
}

void Runner::write(store::Claim claim, probe::Answer answer, base::Duration took) {
  store::Outcome outcome{.task = claim.task,
                         .token = claim.token,
                         .batched = claim.batched,
                         .findings = {},
                         .took = took,
                         .rule = config_.freshness_rule()};
  if (config_.has_periods()) {
    outcome.refresh = pace_.rule;
    outcome.watched = std::ranges::any_of(
        claim.profiles, [this](const core::Profile& profile) { return pace_.watched->contains(profile.id); });
  }
  if (answer.discovered && !differ(*answer.discovered, claim.profiles)) answer.discovered.reset();
  for (std::size_t i = 0; i < claim.profiles.size(); ++i)
    outcome.findings.push_back({std::move(claim.profiles[i]), std::move(answer.results[i])});
  writer_.add(std::move(outcome), std::move(answer.discovered));
}

asio::awaitable<void> Runner::fail_all(std::string error) {
  auto job = [this, error = std::move(error)] { shared_.tasks.fail_all(config_.name, error); };
  const std::string problem = config_.name + " cannot note its failure";
  if (co_await shared_.database.attempt_once("finish", problem, std::move(job))) shared_.written();
}

ProbeStatus Runner::status() const {
  return {.config = config_,
          .left = budget_.left(),
          .running = leases_.size(),
          .watched = watched_,
          .watched_period = watched_period(pace_.rule),
          .slow_since = source_.slow_since(),
          .failure = source_.failure()};
}

void Runner::set_pace(Pace pace, std::size_t watched) {
  pace_ = std::move(pace);
  watched_ = watched;
  meters_.watched->Set(static_cast<double>(watched_));
  meters_.watched_period->Set(seconds(watched_period(pace_.rule)));
}

asio::awaitable<void> Runner::hasten(std::vector<core::ProfileId> profiles) {
  if (stopping()) co_return;
  auto job = [this, profiles = std::move(profiles), rule = pace_.rule] {
    shared_.demand.hasten(config_.name, config_.batched(), profiles, rule);
  };
  const std::string problem = config_.name + " cannot hasten what is watched";
  if (!co_await shared_.database.attempt_once("demand", problem, std::move(job))) co_return;
  shared_.written();
  wake();
}

asio::awaitable<void> Runner::look_at_budget() {
  if (!stopping()) co_await budget_.look();
}

asio::awaitable<base::Result<TestRun>> Runner::test(core::Profile profile) {
  return run_test(source_, budget_, std::move(profile), tests_.get_token());
}

asio::awaitable<void> Runner::write_loop() {
  co_await writer_.run();
  co_await leases_.release();
}

void Runner::forget(const std::vector<store::Outcome>& outcomes) {
  leases_.forget(outcomes);
  shared_.written();
  // These tasks may be due again: at once, when the probe takes as long as its period.
  woken_.set();
  // A free slot is news only where there was none; otherwise each result would cost a claim of its own.
  if (full_) hurried_.set();
}

}  // namespace refresh
