#include "refresh/source.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace refresh {
namespace asio = boost::asio;

using std::chrono::steady_clock;

namespace {

/// A source that wants to be left alone for longer is asked then.
constexpr std::chrono::hours kLongestRest{1};

}  // namespace

bool all_failed(const probe::Answer& answer) {
  return std::ranges::none_of(answer.results, [](const probe::Result& result) { return result.has_value(); }) &&
         !answer.discovered;
}

Source::Source(const config::ProbeConfig& config, std::unique_ptr<probe::Probe> probe, Meters& meters)
    : config_(config), probe_(std::move(probe)), meters_(meters), breaker_(config.longest_period()) {}

asio::awaitable<probe::Answer> Source::ask(std::span<const core::Profile> profiles, std::stop_token stop,
                                           probe::Trace* trace) {
  try {
    probe::Call call{steady_clock::now() + config_.timeout, std::move(stop), trace};
    probe::Answer answer = co_await probe_->measure(profiles, std::move(call));
    if (answer.results.size() == profiles.size()) co_return answer;
    spdlog::error("{} is broken: {} results for {} profiles", config_.name, answer.results.size(), profiles.size());
  } catch (const std::exception& bug) {
    // Its slot and its lease must come free all the same.
    spdlog::error("{} is broken: {}", config_.name, bug.what());
  }
  co_return probe::same_for_all(profiles.size(), std::unexpected("an error in the probe; it has been logged"));
}

std::optional<std::string> Source::judge(probe::Answer& answer, base::SteadyTime began) {
  if (answer.retry_after.count() > 0) rest(answer);
  const bool failed = all_failed(answer) && !(answer.results.empty() && answer.error.empty());
  (failed ? meters_.failed : meters_.ok).Increment();
  note_failure(answer);
  if (!failed) {
    if (breaker_.succeeded()) spdlog::info("{} works again", config_.name);
    meters_.slowed_down.Set(0);
    return std::nullopt;
  }
  const std::string error = answer.results.empty() ? answer.error : answer.results.front().error();
  spdlog::debug("{} failed: {}", config_.name, error);
  const bool opened = breaker_.failed(began, steady_clock::now());
  if (!breaker_.open()) return std::nullopt;
  meters_.slowed_down.Set(1);
  if (opened) slow_since_ = base::system_clock().wall_now();
  for (probe::Result& result : answer.results) result = std::unexpected(noted(result.error()));
  if (!opened) return std::nullopt;
  spdlog::warn("{}: {}", config_.name, noted(error));
  return noted(error);
}

/// No row shows it, so that the log says it once.
void Source::note_failure(const probe::Answer& answer) {
  const bool unseen = answer.results.empty() && !answer.error.empty();
  if (unseen && !failure_) spdlog::warn("{} has discovered nothing yet: {}", config_.name, answer.error);
  failure_ = unseen ? std::optional(core::Failure{answer.error, base::system_clock().wall_now()}) : std::nullopt;
}

void Source::rest(probe::Answer& answer) {
  const base::Duration pause = std::min<base::Duration>(answer.retry_after, kLongestRest);
  breaker_.rest_until(steady_clock::now() + pause);
  rest_ends_ = base::system_clock().wall_now() + pause;
  const std::string note = fmt::format("; not asked again before {}", base::to_rfc3339(rest_ends_));
  for (probe::Result& result : answer.results)
    if (!result) result.error() += note;
}

std::string Source::resting() const {
  if (steady_clock::now() >= breaker_.rests_until()) return "";
  return fmt::format("not asked: the source wants no call before {}", base::to_rfc3339(rest_ends_));
}

std::string Source::noted(const std::string& error) const {
  return fmt::format("{}; slowed down since {} after {} failures in a row", error, base::to_rfc3339(slow_since_),
                     breaker_.failures());
}

std::optional<base::Time> Source::slow_since() const {
  return breaker_.open() ? std::optional(slow_since_) : std::nullopt;
}

}  // namespace refresh
