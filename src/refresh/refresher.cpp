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
      stopped_(shared_.executor),
      planned_(shared_.executor),
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
  planned_.set();
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
  const auto probes = [this] {
    std::vector<std::string> names;
    for (const auto& runner : runners_) names.push_back(runner->config().name);
    return names;
  };
  group_.spawn("look loop", look_loop(shared_, stopped_, probes, [this](const Look& look) {
                 for (const auto& runner : runners_) runner->looked(look);
               }));
  co_await group_.wait();
}

void Refresher::stop() {
  for (base::Event* event : {&stopped_, &planned_, &ended_}) event->set();
  for (const auto& runner : runners_) runner->stop();
}

asio::awaitable<void> Refresher::configure(std::vector<config::ProbeConfig> probes) {
  const auto is_wanted = [&](const std::shared_ptr<Runner>& runner) {
    return std::ranges::find(probes, runner->config()) != probes.end();
  };
  for (const auto& runner : runners_)
    if (!is_wanted(runner)) runner->stop();
  while (!stopped_.is_set() && (assigning_ || !std::ranges::all_of(runners_, is_wanted))) co_await ended_.take();
  if (stopped_.is_set()) co_return;
  planner_ = Planner(probes);
  // They were planned for the old probes.
  unassigned_.clear();
  // What failed is asked for at once, also by probes that stay: a file with a secret may be another.
  for (const auto& runner : runners_) group_.spawn("retry of " + runner->config().name, prepare(runner));
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

std::vector<config::ProbeConfig> Refresher::paced_probes() const {
  std::vector<config::ProbeConfig> paced;
  std::ranges::copy_if(planner_.probes(), std::back_inserter(paced), &config::ProbeConfig::has_periods);
  return paced;
}

asio::awaitable<void> Refresher::follow(const std::map<std::string, Demanded>& all) {
  // Kept, since they may be replaced meanwhile.
  const auto runners = runners_;
  for (const auto& runner : runners) {
    const auto found = all.find(runner->config().name);
    if (found == all.end() || !runner->config().has_periods()) continue;
    const Demanded& demanded = found->second;
    runner->set_pace(demanded.pace, demanded.watched);
    if (!demanded.late.empty()) co_await runner->hasten(demanded.late);
  }
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

/// Runs a probe until it is stopped, then removes it.
asio::awaitable<void> Refresher::keep(std::shared_ptr<Runner> runner) {
  co_await prepare(runner);
  co_await runner->run();
  if (!stopped_.is_set()) std::erase(runners_, runner);
  ended_.set();
}

asio::awaitable<void> Refresher::prepare(std::shared_ptr<Runner> runner) {
  const config::ProbeConfig& config = runner->config();
  const std::string job = config.name + " cannot prepare its tasks";
  base::Backoff backoff;
  while (!runner->stopping()) {
    auto call = [this, config] { shared_.plan.prepare(config.name, config.longest_period(), config.batched()); };
    if (co_await shared_.database.attempt("assign", job, std::move(call))) break;
    co_await runner->pause(backoff.next());
  }
  shared_.database.watch.forget(job);
  runner->wake();
}

asio::awaitable<void> Refresher::watch_loop() {
  do {
    shared_.database.watch.look();
  } while (!co_await stopped_.wait_for(std::chrono::seconds(1)));
}

asio::awaitable<void> Refresher::assign_loop() {
  base::Backoff backoff;
  while (!stopped_.is_set()) {
    if (unassigned_.empty()) {
      shared_.database.watch.settle(kCannotAssign);
      co_await planned_.take();
      continue;
    }
    const auto count = std::min(unassigned_.size(), kAssignedAtOnce);
    // Taken out first: a new configuration may clear the rest meanwhile.
    const std::vector<store::Assignment> batch(unassigned_.begin(),
                                               unassigned_.begin() + static_cast<std::ptrdiff_t>(count));
    unassigned_.erase(unassigned_.begin(), unassigned_.begin() + static_cast<std::ptrdiff_t>(count));
    auto call = [this, batch] { shared_.plan.assign(batch); };
    assigning_ = true;
    const bool done = co_await shared_.database.attempt("assign", kCannotAssign, std::move(call));
    assigning_ = false;
    ended_.set();
    if (done) {
      backoff.reset();
      for (const auto& runner : runners_) runner->wake();
      shared_.written();
    } else {
      unassigned_.insert(unassigned_.begin(), batch.begin(), batch.end());
      co_await stopped_.wait_for(backoff.next());
    }
  }
}

}  // namespace refresh
