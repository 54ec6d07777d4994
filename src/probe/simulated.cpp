#include <random>
#include <thread>
#include <unordered_map>

#include "base/duration.hpp"
#include "base/offload.hpp"
#include "base/task_group.hpp"
#include "probe/kinds.hpp"

namespace probe {
namespace {

namespace asio = boost::asio;

/// How long to work: the duration, or up to the deadline when that comes first.
struct Span {
  base::SteadyTime until{};
  bool timed_out = false;
};

Span span_of(base::Duration duration, base::SteadyTime deadline) {
  const auto end = std::chrono::steady_clock::now() + duration;
  return {std::min(end, deadline), end > deadline};
}

/// Picks the level. With a seed, the n-th measurement of a profile depends on nothing but seed, profile and n.
class Dice {
 public:
  explicit Dice(std::optional<std::uint64_t> seed) : seed_(seed) {}

  Answer roll(std::span<const core::Profile> profiles) {
    Answer answer;
    for (const core::Profile& profile : profiles) {
      core::Measurement measurement;
      measurement.level = static_cast<core::Level>(1 + next(profile) % 3);
      measurement.reason = "picked at random";
      answer.results.push_back(std::move(measurement));
    }
    return answer;
  }

 private:
  std::uint64_t next(const core::Profile& profile) {
    if (!seed_) return random_();
    std::seed_seq mix{*seed_, static_cast<std::uint64_t>(profile.id), ++runs_[profile.id]};
    return std::mt19937_64(mix)();
  }

  std::optional<std::uint64_t> seed_;
  std::mt19937_64 random_{std::random_device{}()};
  std::unordered_map<core::ProfileId, std::uint64_t> runs_;
};

class SimulatedProbe final : public Probe {
 public:
  SimulatedProbe(const config::ProbeConfig& config, asio::any_io_executor executor)
      : duration_(config.simulated.duration),
        timeout_(config.timeout),
        executor_(std::move(executor)),
        dice_(config.simulated.seed) {
    // Burns a core per measurement, in threads of the lowest priority.
    if (config.simulated.work == config::Work::cpu)
      pool_.emplace("burn", concurrency(config), base::OffloadPool::Priority::low);
  }

  asio::awaitable<Answer> measure(std::span<const core::Profile> profiles, Call call) override {
    Span span;
    // The work begins when a thread is free, so the duration is counted there.
    auto burn = [this, &call, &span] {
      span = span_of(duration_, call.deadline);
      while (!call.stop.stop_requested() && std::chrono::steady_clock::now() < span.until) {
      }
    };
    if (pool_)
      co_await pool_->run(burn);
    else
      co_await sleep((span = span_of(duration_, call.deadline)).until, call.stop);
    if (call.stop.stop_requested()) co_return same_for_all(profiles.size(), std::unexpected(std::string(kCancelled)));
    if (span.timed_out) co_return same_for_all(profiles.size(), std::unexpected(timed_out_after(timeout_)));
    co_return dice_.roll(profiles);
  }

 private:
  asio::awaitable<void> sleep(base::SteadyTime until, std::stop_token stop) {
    asio::steady_timer timer(executor_, until);
    const std::stop_callback on_stop(stop, [&timer] { timer.cancel(); });
    boost::system::error_code error;
    if (!stop.stop_requested()) co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
  }

  base::Duration duration_;
  base::Duration timeout_;
  asio::any_io_executor executor_;
  Dice dice_;
  std::optional<base::OffloadPool> pool_;
};

}  // namespace

/// 10,000 that sleep, which cost a timer each; one per core that burn a core.
Kind kind_of(const config::SimulatedOptions& options) {
  const bool sleeps = options.work == config::Work::sleep;
  return {make<SimulatedProbe>, sleeps ? 10'000 : std::max(1U, std::thread::hardware_concurrency())};
}

}  // namespace probe
