#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>

#include "base/task_group.hpp"
#include "probe/probe.hpp"

namespace support {

/// A probe that does what the test says, and counts. Used on one thread.
class ScriptedProbe final : public probe::Probe {
 public:
  struct Script {
    /// How long a measurement takes; it may be changed at any time.
    std::chrono::steady_clock::duration duration{0};
    /// Called when a measurement begins.
    std::function<void()> began = [] {};
    /// What comes out. None: HIGH.
    std::function<probe::Result(const core::Profile&)> result;
    std::optional<std::vector<core::ProfileKey>> discovered;
    /// Why the whole run failed.
    std::string error;
    /// What it sends, as a trace shows it.
    std::string sent = "a question";
    std::map<core::ProfileId, int> runs;
    int calls = 0;
    int running = 0;
    int most_running = 0;
    /// The source is asked.
    bool asked = true;
    /// The source wants to be left alone for as long.
    base::Duration retry_after{0};
    /// A measurement that is cancelled has its results all the same.
    bool ends_when_cancelled = false;
    /// It gives one result less than it should.
    bool forgets = false;
  };

  explicit ScriptedProbe(std::shared_ptr<Script> script) : script_(std::move(script)) {}

  boost::asio::awaitable<probe::Answer> measure(std::span<const core::Profile> profiles, probe::Call call) override {
    Script& script = *script_;
    script.began();
    if (call.trace != nullptr) call.trace->sent = script.sent;
    for (const core::Profile& profile : profiles) ++script.runs[profile.id];
    ++script.calls;
    const bool asked = script.asked;
    script.most_running = std::max(script.most_running, ++script.running);
    const auto end = std::min(std::chrono::steady_clock::now() + script.duration, call.deadline);
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    do {
      co_await base::sleep(timer, std::chrono::milliseconds(1));
    } while (!call.stop.stop_requested() && std::chrono::steady_clock::now() < end);
    --script.running;
    if (call.stop.stop_requested() && !script.ends_when_cancelled)
      co_return probe::same_for_all(profiles.size(), std::unexpected(std::string("cancelled")));
    core::Measurement high;
    high.level = core::Level::high;
    probe::Answer answer{.results = {},
                         .error = script.error,
                         .discovered = script.discovered,
                         .asked = asked,
                         .retry_after = script.retry_after};
    for (const core::Profile& profile : profiles)
      answer.results.push_back(script.result ? script.result(profile) : probe::Result(high));
    if (script.forgets) answer.results.pop_back();
    co_return answer;
  }

 private:
  std::shared_ptr<Script> script_;
};

}  // namespace support
