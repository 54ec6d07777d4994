#pragma once

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/event.hpp"
#include "probe/probe.hpp"

namespace probe {

/// A value and its end.
template <class T>
struct Lease {
  T value;
  base::SteadyTime ends;
};

/// Why there is no new value.
struct RenewalFailure {
  std::string sentence;
  /// How long the source of values wants to be left alone.
  base::Duration wait{0};
};

/// The times of a value that is renewed.
struct RenewalTimes {
  /// It is renewed as long before its end, or a fifth of its lifetime if that is less.
  base::Duration margin = std::chrono::minutes{5};
  /// A renewal that takes longer has failed.
  base::Duration timeout = std::chrono::seconds{30};
  /// After a renewal that failed, the next one begins no sooner.
  base::Duration pause = std::chrono::seconds{5};
  /// As long a new value stays that is rejected as the one before it was.
  base::Duration doubt = std::chrono::seconds{5};
  const base::Clock& clock = base::system_clock();
};

/// A value that ends and is renewed, such as a token or credentials of a cloud. One renewal serves all who wait for it,
/// and lives no longer than they do. Used on one thread, that of its executor.
template <class T>
class Renewed {
 public:
  using Lease = probe::Lease<T>;
  /// Gets a new value until `deadline`, or fails. Ends soon after it is asked to stop.
  using Fetch = std::function<boost::asio::awaitable<std::expected<Lease, RenewalFailure>>(base::SteadyTime deadline,
                                                                                           std::stop_token stop)>;

  Renewed(boost::asio::any_io_executor executor, Fetch fetch, RenewalTimes times = {})
      : executor_(std::move(executor)), fetch_(std::move(fetch)), times_(times) {}
  /// REQUIRES: every get() has returned.
  ~Renewed() = default;
  Renewed(const Renewed&) = delete;
  Renewed& operator=(const Renewed&) = delete;

  /// The value. Near its end it is renewed first: one caller waits for that, half of its time at most, and the others
  /// get the old value, as all do when the renewal fails, until it has ended. Fails as the renewal did, or when the
  /// caller is stopped or at its deadline, which does not end the renewal for others.
  boost::asio::awaitable<std::expected<T, RenewalFailure>> get(base::SteadyTime deadline, std::stop_token stop) {
    if (stop.stop_requested()) co_return failed(kCancelled);
    const auto now = times_.clock.steady_now();
    const bool pausing = now < next_try_;
    if (kept_ && now < renew_at_) co_return kept_->value;
    const bool old = usable();
    if (old && (pausing || renewal_ != nullptr)) co_return kept_->value;
    if (pausing && renewal_ == nullptr) co_return std::unexpected(failure_at(now));
    const auto begin = std::chrono::steady_clock::now();
    const std::shared_ptr<Renewal> renewal = renewal_ != nullptr ? renewal_ : renew();
    co_await wait(*renewal, old ? begin + (deadline - begin) / 2 : deadline, stop);
    if (stop.stop_requested()) co_return failed(kCancelled);
    // A new value may have less time left than one that is usable, but it is the source's latest.
    if (renewal->result && *renewal->result) co_return (*renewal->result)->value;
    if (usable()) co_return kept_->value;
    if (!renewal->result) co_return failed(kLate);
    co_return std::unexpected(renewal->result->error());
  }

  /// A server rejected `value`. Does the next get() give another? It does, unless that came for a rejected one itself,
  /// a moment ago, and no server took it: then it stays, as others would be rejected, too.
  bool refuse(const T& value) {
    if (!kept_ || kept_->value != value) return true;
    if (doubtful_ && times_.clock.steady_now() < kept_since_ + times_.doubt) return false;
    doubtful_ = true;
    kept_.reset();
    return true;
  }

  /// A server took `value`.
  void accept(const T& value) {
    if (kept_ && kept_->value == value) doubtful_ = false;
  }

 private:
  using Result = std::expected<Lease, RenewalFailure>;

  static constexpr std::string_view kLate = "it was not renewed in time";
  static constexpr base::Duration kLongestWait = std::chrono::hours{1};

  struct Renewal {
    std::stop_source stop{};
    std::optional<Result> result{};
    /// One for each caller who waits.
    std::vector<std::shared_ptr<base::Event>> waiting{};
  };

  static std::unexpected<RenewalFailure> failed(std::string_view sentence) {
    return std::unexpected(RenewalFailure{std::string(sentence)});
  }

  /// The last failure, with what is left of its wait.
  RenewalFailure failure_at(base::SteadyTime now) const {
    RenewalFailure failure = failure_;
    if (failure.wait.count() > 0) failure.wait = std::chrono::duration_cast<base::Duration>(next_try_ - now);
    return failure;
  }

  bool usable() const { return kept_ && times_.clock.steady_now() < kept_->ends; }

  std::shared_ptr<Renewal> renew() {
    renewal_ = std::make_shared<Renewal>();
    auto ended = [this, renewal = renewal_](const std::exception_ptr& bug, Result result) {
      end(*renewal, bug ? Result(failed("an error in the renewal")) : std::move(result));
    };
    // It may be over at once, which makes renewal_ null.
    std::shared_ptr<Renewal> renewal = renewal_;
    const auto deadline = std::chrono::steady_clock::now() + times_.timeout;
    boost::asio::co_spawn(executor_, fetch_(deadline, renewal->stop.get_token()), std::move(ended));
    return renewal;
  }

  void end(Renewal& renewal, Result result) {
    // One that was given up counts no more.
    if (renewal_.get() == &renewal) {
      renewal_.reset();
      if (result)
        keep(*result);
      else
        fail(result.error());
    }
    renewal.result = std::move(result);
    for (const auto& caller : renewal.waiting) caller->set();
  }

  void keep(const Lease& lease) {
    const auto lifetime = lease.ends - times_.clock.steady_now();
    renew_at_ = lease.ends - std::min<base::SteadyTime::duration>(times_.margin, lifetime / 5);
    kept_ = lease;
    kept_since_ = times_.clock.steady_now();
  }

  void fail(RenewalFailure failure) {
    failure_ = std::move(failure);
    failure_.wait = std::min(failure_.wait, kLongestWait);
    next_try_ = times_.clock.steady_now() + std::max(times_.pause, failure_.wait);
  }

  /// Until it is over, `until`, or the stop. The last one to leave takes it along.
  boost::asio::awaitable<void> wait(Renewal& renewal, base::SteadyTime until, const std::stop_token& stop) {
    co_await stay(renewal, until, stop);
    if (!renewal.waiting.empty() || renewal.result) co_return;
    renewal_.reset();
    if (!stop.stop_requested()) fail({std::string(kLate)});
    renewal.stop.request_stop();
    co_await stay(renewal, base::SteadyTime::max(), std::stop_token());
  }

  boost::asio::awaitable<void> stay(Renewal& renewal, base::SteadyTime until, const std::stop_token& stop) {
    if (renewal.result) co_return;
    const auto caller = renewal.waiting.emplace_back(std::make_shared<base::Event>(executor_));
    const std::stop_callback on_stop(stop, [caller] { caller->set(); });
    co_await caller->wait(until);
    std::erase(renewal.waiting, caller);
  }

  boost::asio::any_io_executor executor_;
  Fetch fetch_;
  RenewalTimes times_;
  std::optional<Lease> kept_{};
  base::SteadyTime kept_since_{};
  base::SteadyTime renew_at_{};
  /// It came for one that was rejected, and no server took it yet.
  bool doubtful_ = false;
  /// The one that is under way, or null.
  std::shared_ptr<Renewal> renewal_{};
  /// Of the last renewal that failed, and when the next one may begin.
  RenewalFailure failure_{};
  base::SteadyTime next_try_{};
};

}  // namespace probe
