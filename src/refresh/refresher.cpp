#include "refresh/refresher.hpp"

#include "base/log.hpp"
#include "probe/kinds.hpp"

namespace refresh {
namespace asio = boost::asio;
namespace {

constexpr std::size_t kAssignedAtOnce = 1000;
constexpr std::chrono::milliseconds kRetry{200};

}  // namespace

Refresher::Refresher(const std::vector<config::ProbeConfig>& probes, Shared shared)
    : planner_(probes), shared_(std::move(shared)), group_(shared_.executor), assign_timer_(shared_.executor) {
  for (const config::ProbeConfig& config : probes)
    runners_.push_back(std::make_unique<Runner>(config, probe::make_probe(config, shared_.executor), shared_));
}

Refresher::~Refresher() = default;

void Refresher::observe(std::span<const core::RowPtr> rows, bool all) {
  const auto planned = planner_.plan(rows, all);
  if (planned.empty()) return;
  unassigned_.insert(unassigned_.end(), planned.begin(), planned.end());
  assign_timer_.cancel();
}

asio::awaitable<void> Refresher::run() {
  for (auto& runner : runners_) group_.spawn("runner of " + runner->name(), runner->run());
  group_.spawn("assign loop", assign_loop());
  co_await group_.wait();
}

void Refresher::stop() {
  stopping_ = true;
  assign_timer_.cancel();
  for (auto& runner : runners_) runner->stop();
}

asio::awaitable<void> Refresher::assign_loop() {
  while (!stopping_) {
    if (unassigned_.empty()) {
      co_await base::sleep(assign_timer_, std::chrono::hours(1));
      continue;
    }
    const auto count = static_cast<std::ptrdiff_t>(std::min(unassigned_.size(), kAssignedAtOnce));
    std::vector<store::Assignment> batch(unassigned_.begin(), unassigned_.begin() + count);
    auto job = [this, batch] { shared_.store.assign(batch); };
    bool done = false;
    try {
      co_await shared_.database.run(std::move(job));
      done = true;
    } catch (const base::Lost& lost) {
      spdlog::warn("cannot assign probes to {} profiles: {}", batch.size(), lost.what());
    }
    if (done) {
      unassigned_.erase(unassigned_.begin(), unassigned_.begin() + count);
      for (auto& runner : runners_) runner->wake();
      shared_.written();
    } else if (!stopping_) {
      co_await base::sleep(assign_timer_, kRetry);
    }
  }
}

}  // namespace refresh
