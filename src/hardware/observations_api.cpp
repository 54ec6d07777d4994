#include "hardware/observations_api.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/text.hpp"
#include "core/launch_error.hpp"
#include "hardware/admin_request.hpp"

namespace hardware {
namespace asio = boost::asio;
namespace {

using core::Level;
using Effect = store::Observed::Effect;

/// Clocks differ.
constexpr std::chrono::minutes kTolerance{1};
/// How old a launch may be: nobody tells an older one for the first time.
constexpr std::chrono::days kOldest{7};
constexpr std::size_t kMostBytes = 512 << 10;
/// A portal waits 5 s for the answer.
constexpr std::chrono::seconds kPatience{3};
constexpr std::size_t kMostWaiting = 100;

base::Result<void> checked_time(const feed::SentLaunch& sent, base::Time now) {
  if (!sent.at) return {};
  if (*sent.at > now + kTolerance)
    return base::fail(base::Errc::invalid,
                      fmt::format("'at' is in the future of this service, where it is {}; leave it out for now",
                                  base::to_rfc3339(now)));
  if (*sent.at < now - kOldest)
    return base::fail(base::Errc::invalid, "'at' is more than 7 days ago; tell launches when they end");
  return {};
}

bool says_something(const core::Launch& launch) {
  return launch.worked() || core::read_launch_error(launch.error).cause != core::Cause::other;
}

std::unexpected<base::Error> of_element(base::Error error, std::size_t place, bool is_list) {
  if (is_list) error.message = fmt::format("element {} of the array: {}", place, error.message);
  return std::unexpected(std::move(error));
}

bool is_list(const http::Request& request) {
  return base::trim(request.body).starts_with('[');
}

}  // namespace

ObservationsApi::ObservationsApi(const config::Config& config, const http::BearerToken& admin,
                                 store::Observations& store, store::Caller& database, board::Board& board,
                                 base::Metrics& metrics, asio::any_io_executor background,
                                 std::function<void()> changed)
    : admin_(admin),
      observer_({.opens = "evidence of launches", .name = "observer", .file = config.hardware.observer_token_file}),
      store_(store),
      database_(database),
      board_(board),
      metrics_(metrics),
      changed_(std::move(changed)),
      background_(background),
      permits_(std::move(background), std::max<std::size_t>(config.hardware.database_connections / 2, 1),
               kMostWaiting) {
  set(config.probes);
}

http::RouteOptions ObservationsApi::route() const {
  return {.max_body_bytes = kMostBytes, .guard = [this](const http::Request& request) {
            const auto administers = admin_.allows(request);
            return administers || !observer_.is_configured() ? administers : observer_.allows(request);
          }};
}

void ObservationsApi::set(const std::vector<config::ProbeConfig>& probes) {
  const std::lock_guard lock(mutex_);
  rules_.clear();
  for (const config::ProbeConfig& probe : probes) rules_.emplace(probe.name, probe.freshness_rule());
}

core::FreshnessRule ObservationsApi::rule_of(const core::Row& row) const {
  const std::lock_guard lock(mutex_);
  const auto found = rules_.find(row.probe.text());
  return found == rules_.end() ? core::kUnprobed : found->second;
}

base::Result<ObservationsApi::Asked> ObservationsApi::read(const http::Request& request) const {
  if (auto checked = check_json(request, "launches"); !checked) return std::unexpected(checked.error());
  auto sent = feed::parse_launches(request.body);
  if (!sent) return std::unexpected(sent.error());
  const board::StatePtr state = board_.of_core(request.core).current();
  if (!state->filled)
    return base::fail(base::Errc::unavailable, "the profiles are not loaded yet; try again in a moment");
  const base::Time now = state->now(std::chrono::steady_clock::now());
  Asked asked{std::move(*sent), {}, {}};
  for (std::size_t i = 0; i < asked.sent.size(); ++i) {
    const auto& [profile, launch, at, id] = asked.sent[i];
    if (auto checked = checked_time(asked.sent[i], now); !checked)
      return of_element(checked.error(), i, is_list(request));
    const core::RowPtr row = state->snapshot.find(profile);
    if (!row)
      return of_element({base::Errc::not_found, fmt::format("there is no profile '{}/{}'; add it, or use its name here",
                                                            profile.provider, profile.name)},
                        i, is_list(request));
    if (!says_something(launch)) continue;
    asked.places.push_back(i);
    asked.observations.push_back({row->profile.id, launch, at, id, rule_of(*row), profile});
  }
  return asked;
}

std::string ObservationsApi::effect_of(const store::Observed* observed, const core::Launch& launch) {
  const auto without_said = [](std::string_view effect, std::string_view detail) {
    return fmt::format("\"effect\":\"{}\",\"detail\":\"{}\"", effect, detail);
  };
  if (observed == nullptr)
    return without_said("ignored",
                        "the error is about neither capacity nor a quota, as InsufficientInstanceCapacity, "
                        "AllocationFailed, ZONE_RESOURCE_POOL_EXHAUSTED or VcpuLimitExceeded are: nothing is kept");
  if (observed->effect == Effect::gone) return without_said("gone", "the profile was removed meanwhile");
  if (observed->effect == Effect::repeated)
    return without_said("repeated", "a launch of this profile with this id was told before");
  const std::string said(core::to_string(observed->said));
  metrics_
      .counter("vacancy_launches_total", "Launches that were told, by the level that was shown when they began",
               {{"outcome", launch.worked() ? "launched" : "failed"}, {"said", said}})
      .Increment();
  return observed->effect == Effect::applied
             ? fmt::format("\"effect\":\"applied\",\"said\":\"{}\"", said)
             : fmt::format("{},\"said\":\"{}\"",
                           without_said("counted", "the row has a reading that is as new; the launch is counted alone"),
                           said);
}

http::Reply ObservationsApi::reply_of(const Asked& asked, std::span<const store::Observed> observed, bool is_list) {
  std::string body = is_list ? "[" : "";
  for (std::size_t i = 0, next = 0; i < asked.sent.size(); ++i) {
    const bool is_observed = next < asked.places.size() && asked.places[next] == i;
    base::append_json_string(body += i > 0 ? ",\n{\"provider\":" : "{\"provider\":", asked.sent[i].profile.provider);
    base::append_json_string(body += ",\"name\":", asked.sent[i].profile.name);
    body += ',' + effect_of(is_observed ? &observed[next++] : nullptr, asked.sent[i].launch) + '}';
  }
  return http::json_reply(body + (is_list ? "]" : ""));
}

asio::awaitable<http::Reply> ObservationsApi::add(const http::Request& request) {
  const auto asked = read(request);
  if (!asked) co_return http::problem(asked.error());
  std::vector<store::Observed> observed;
  if (!asked->observations.empty()) {
    auto writing = write(asked->observations);
    auto written = co_await asio::co_spawn(background_, std::move(writing), asio::use_awaitable);
    if (!written) co_return http::problem(503, "too many launches are told at the same time; try again in a second");
    observed = std::move(*written);
    changed_();
  }
  co_return reply_of(*asked, observed, is_list(request));
}

asio::awaitable<std::optional<std::vector<store::Observed>>> ObservationsApi::write(
    std::vector<store::Observation> observations) {
  const base::Semaphore::Permit permit = co_await permits_.acquire(kPatience);
  if (!permit) co_return std::nullopt;
  auto job = [this, observations = std::move(observations)] { return store_.observe(observations); };
  co_return co_await database_.run("observe", std::move(job));
}

}  // namespace hardware
