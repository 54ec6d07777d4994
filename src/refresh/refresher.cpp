#include "refresh/refresher.hpp"

#include <algorithm>

#include "base/backoff.hpp"
#include "probe/kinds.hpp"

namespace refresh {
namespace asio = boost::asio;
namespace {

constexpr std::size_t kAssignedAtOnce = 1000;
const std::string kCannotAssign = "profiles cannot get their probe";

}  // namespace

Refresher::Refresher(const std::vector<config::ProbeConfig>& probes, Shared shared)
    : planner_(probes),
      shared_(std::move(shared)),
      group_(shared_.executor),
      assign_timer_(shared_.executor),
      watch_timer_(shared_.executor),
      ended_(shared_.executor),
      at_scrape_(shared_.metrics.at_scrape([demand = Demand(shared_.metrics)] {
        demand.used_ratio.Set(0);
        demand.overdue.Set(0);
      })) {
  for (const config::ProbeConfig& config : probes) start(config);
}

Refresher::~Refresher() = default;

void Refresher::observe(std::span<const core::RowPtr> rows, bool all) {
  const auto planned = planner_.plan(rows, all);
  if (planned.empty()) return;
  unassigned_.insert(unassigned_.end(), planned.begin(), planned.end());
  assign_timer_.cancel();
}

void Refresher::start(const config::ProbeConfig& config) {
  runners_.push_back(std::make_shared<Runner>(config, probe::make_probe(config, shared_.executor), shared_));
  if (running_) group_.spawn("runner of " + config.name, keep(runners_.back()));
}

asio::awaitable<void> Refresher::run() {
  running_ = true;
  for (const auto& runner : runners_) group_.spawn("runner of " + runner->config().name, keep(runner));
  group_.spawn("assign loop", assign_loop());
  group_.spawn("watch loop", watch_loop());
  co_await group_.wait();
}

void Refresher::stop() {
  stopping_ = true;
  assign_timer_.cancel();
  watch_timer_.cancel();
  for (const auto& runner : runners_) runner->stop();
}

asio::awaitable<void> Refresher::configure(std::vector<config::ProbeConfig> probes) {
  const auto is_wanted = [&](const std::shared_ptr<Runner>& runner) {
    return std::ranges::find(probes, runner->config()) != probes.end();
  };
  for (const auto& runner : runners_)
    if (!is_wanted(runner)) runner->stop();
  while (!stopping_ && (assigning_ || !std::ranges::all_of(runners_, is_wanted)))
    co_await base::sleep(ended_, std::chrono::hours(1));
  if (stopping_) co_return;
  planner_ = Planner(probes);
  // Planned for the old probes.
  unassigned_.clear();
  for (const config::ProbeConfig& config : probes) {
    const bool runs = std::ranges::any_of(runners_, [&](const auto& runner) { return runner->config() == config; });
    if (!runs) start(config);
  }
}

asio::awaitable<void> Refresher::look_at_budgets() {
  // Kept, since they may be replaced meanwhile.
  const auto runners = runners_;
  for (const auto& runner : runners) co_await runner->look_at_budget();
}

std::vector<ProbeStatus> Refresher::status() const {
  std::vector<ProbeStatus> all;
  for (const config::ProbeConfig& config : planner_.probes())
    if (const auto runner = runner_of(config)) all.push_back(runner->status());
  return all;
}

asio::awaitable<base::Result<TestRun>> Refresher::test(core::Profile profile) {
  const config::ProbeConfig* config = planner_.probe_of(profile.key);
  // Kept, since it may be replaced meanwhile.
  const auto runner = config != nullptr ? runner_of(*config) : nullptr;
  if (!runner)
    co_return base::fail(base::Errc::not_found, fmt::format("no probe matches '{}/{}'; see `vacancy probe list`",
                                                            profile.key.provider, profile.key.name));
  co_return co_await runner->test(std::move(profile));
}

std::shared_ptr<Runner> Refresher::runner_of(const config::ProbeConfig& config) const {
  const auto found =
      std::ranges::find_if(runners_, [&](const auto& runner) { return runner->config().name == config.name; });
  return found != runners_.end() ? *found : nullptr;
}

/// Runs a probe until it is stopped, and removes it then.
asio::awaitable<void> Refresher::keep(std::shared_ptr<Runner> runner) {
  co_await prepare(*runner);
  co_await runner->run();
  if (!stopping_) std::erase(runners_, runner);
  ended_.cancel();
}

asio::awaitable<void> Refresher::prepare(Runner& runner) {
  const config::ProbeConfig& config = runner.config();
  const std::string job = config.name + " cannot prepare its tasks";
  base::Backoff backoff;
  while (!stopping_ && !runner.stopping()) {
    auto call = [this, config] {
      shared_.plan.prepare(config.name, config.ttl, config.batched());
      return true;
    };
    if (co_await attempt(shared_, job, std::move(call))) break;
    co_await runner.pause(backoff.next());
  }
  shared_.watch.forget(job);
}

asio::awaitable<void> Refresher::watch_loop() {
  while (!stopping_) {
    shared_.watch.look();
    co_await base::sleep(watch_timer_, std::chrono::seconds(1));
  }
}

asio::awaitable<void> Refresher::assign_loop() {
  base::Backoff backoff;
  while (!stopping_) {
    if (unassigned_.empty()) {
      shared_.watch.settle(kCannotAssign);
      co_await base::sleep(assign_timer_, std::chrono::hours(1));
      continue;
    }
    const auto count = std::min(unassigned_.size(), kAssignedAtOnce);
    // Taken out first: a new configuration may clear the rest meanwhile.
    const std::vector<store::Assignment> batch(unassigned_.begin(),
                                               unassigned_.begin() + static_cast<std::ptrdiff_t>(count));
    unassigned_.erase(unassigned_.begin(), unassigned_.begin() + static_cast<std::ptrdiff_t>(count));
    auto call = [this, batch] {
      shared_.plan.assign(batch);
      return true;
    };
    assigning_ = true;
    const auto done = co_await attempt(shared_, kCannotAssign, std::move(call));
    assigning_ = false;
    ended_.cancel();
    if (done) {
      backoff.reset();
      for (const auto& runner : runners_) runner->wake();
      shared_.written();
    } else if (!stopping_) {
      unassigned_.insert(unassigned_.begin(), batch.begin(), batch.end());
      co_await base::sleep(assign_timer_, backoff.next());
    }
  }
}

}  // namespace refresh
