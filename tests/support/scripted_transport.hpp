#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <mutex>

#include "alert/receiver.hpp"
#include "base/task_group.hpp"

namespace support {

/// Answers the calls of receivers as a test says, and remembers them. Thread-safe.
class ScriptedTransport {
 public:
  using Answer = std::expected<probe::Response, std::string>;
  using Script = std::function<Answer(const probe::Request& request)>;

  static Answer status(int status, base::Duration retry_after = {}) {
    return probe::Response{
        .status = status, .status_line = fmt::format("HTTP/1.1 {} Words", status), .retry_after = retry_after};
  }

  explicit ScriptedTransport(Script script = [](const auto&) { return status(200); }) : script_(std::move(script)) {}

  void answer(Script script) {
    const std::lock_guard lock(mutex_);
    script_ = std::move(script);
  }
  /// Calls wait until they are let go, or stopped.
  void hold(bool held) { held_ = held; }

  std::vector<probe::Request> calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  /// How many were cut off.
  int stopped() const { return stopped_; }

  /// The transport outlives it.
  alert::Transport transport() {
    return [this](probe::Request request, base::SteadyTime, std::stop_token stop) {
      return run(std::move(request), std::move(stop));
    };
  }

 private:
  boost::asio::awaitable<Answer> run(probe::Request request, std::stop_token stop) {
    Script script;
    {
      const std::lock_guard lock(mutex_);
      calls_.push_back(request);
      script = script_;
    }
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    constexpr std::chrono::milliseconds kLook{1};
    while (held_ && !stop.stop_requested()) co_await base::sleep(timer, kLook);
    if (stop.stop_requested()) {
      ++stopped_;
      co_return std::unexpected("cancelled");
    }
    co_return script(request);
  }

  mutable std::mutex mutex_;
  Script script_;
  std::vector<probe::Request> calls_;
  std::atomic<bool> held_ = false;
  std::atomic<int> stopped_ = 0;
};

}  // namespace support
