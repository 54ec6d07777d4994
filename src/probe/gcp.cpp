#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/environment.hpp"
#include "probe/gcp_answer.hpp"
#include "probe/gcp_login.hpp"
#include "probe/gcp_quota.hpp"
#include "probe/gcp_request.hpp"
#include "probe/kinds.hpp"

namespace probe {
namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;
template <class T>
using Or = std::expected<T, Failure>;
using Quotas = std::expected<Lease<GcpQuotas>, RenewalFailure>;

/// Of 500 reservations each.
constexpr int kMaxPages = 20;
/// Of the quotas of a region. After a failure they are unknown for as long.
constexpr std::chrono::minutes kQuotasAge{15};
/// Google's default for a project and region.
constexpr double kMostCallsADay = 1500.0 * 24 * 60;

class GcpProbe final : public Probe {
 public:
  GcpProbe(const config::ProbeConfig& config, asio::any_io_executor executor)
      : config_(config),
        executor_(executor),
        project_(config.gcp.project.empty() ? base::variable("GOOGLE_CLOUD_PROJECT") : config.gcp.project),
        calls_(std::move(executor), "gcp " + config.name, config.timeout,
               gcp_tokens(config.gcp, [](const char* name) { return base::variable(name); })) {}

  asio::awaitable<Answer> measure(std::span<const core::Profile> profiles, Call call) override {
    const auto want = gcp_want(config_.gcp, profiles.front());
    if (project_.empty())
      co_return failed(1, {"give 'project', or GOOGLE_CLOUD_PROJECT in the service's environment", false});
    if (!want) co_return failed(1, {want.error(), false});
    auto result = want->reservation ? co_await reservations(*want, call) : co_await advice(*want, call);
    if (!result) result.error().sentence = calls_.hidden(result.error().sentence);
    if (!result) co_return failed(1, result.error());
    if (!*result) co_return same_for_all(1, *result);
    core::Measurement measured = **result;
    measured.reason = calls_.hidden(measured.reason);
    co_return same_for_all(1, measured);
  }

 private:
  // --- Advice

  /// Of all places: the best counts. A failure at one of them leaves open whether it is better than the others, unless
  /// these are good already.
  asio::awaitable<Or<Result>> advice(const GcpWant& want, const Call& call) {
    std::vector<GcpAdvised> advised;
    std::optional<Failure> failure;
    for (const GcpPlace& place : want.places) {
      auto answer = co_await advice_at(want.machine_type, place, call);
      if (answer)
        advised.push_back({place.name(), std::move(*answer)});
      else if (!failure || answer.error().asked)
        failure = std::move(answer.error());
    }
    const bool any = !advised.empty();
    Result result = judge_gcp(std::move(advised), config_.levels);
    if (failure && !(any && result && result->level == core::Level::high)) {
      failure->asked = failure->asked || any;
      co_return std::unexpected(*failure);
    }
    co_return result;
  }

  asio::awaitable<Or<GcpAdvice>> advice_at(const std::string& machine_type, const GcpPlace& place, const Call& call) {
    if (const std::string metric = co_await used_up(machine_type, place.region, call); !metric.empty())
      co_return without_quota(metric);
    const auto response =
        co_await ask(place.region, gcp_advice_request(config_.gcp, project_, machine_type, place), call);
    if (!response && response.error().error.no_quota) co_return without_quota(response.error().error.quota);
    if (!response) co_return std::unexpected(Failure{response.error().sentence, response.error().asked});
    auto read = read_gcp_advice(response->body);
    if (!read) co_return std::unexpected(Failure{std::move(read.error())});
    co_return std::move(*read);
  }

  static GcpAdvice without_quota(const std::string& metric) {
    return {.why_not = metric.empty() ? "no quota" : "no quota: " + metric};
  }

  // --- Quotas

  /// The metric that is used up; "" when there is room or nothing is known.
  asio::awaitable<std::string> used_up(const std::string& machine_type, const std::string& region, const Call& call) {
    if (!gcp_need(machine_type) || pause_of(region) != nullptr) co_return std::string();
    const auto fetch = [this, region](base::SteadyTime deadline, std::stop_token stop) {
      return fetch_quotas(region, deadline, std::move(stop));
    };
    constexpr base::Duration kNone{0};
    const RenewalTimes times{.margin = kNone, .pause = kQuotasAge};
    auto& quotas = quotas_.try_emplace(region, executor_, fetch, times).first->second;
    // The advice gets the other half of the time.
    const auto now = steady_clock::now();
    const auto known = co_await quotas.get(now + (call.deadline - now) / 2, call.stop);
    if (known) co_return gcp_used_up(*known, machine_type, config_.gcp.count);
    if (call.trace != nullptr)
      call.trace->read += fmt::format("quotas of {} are unknown: {}\n", region, calls_.hidden(known.error().sentence));
    co_return std::string();
  }

  asio::awaitable<Quotas> fetch_quotas(std::string region, base::SteadyTime deadline, std::stop_token stop) {
    const Call call{.deadline = deadline, .stop = std::move(stop)};
    const auto response = co_await calls_.ask(gcp_quotas_request(config_.gcp, project_, region), call);
    if (!response) co_return std::unexpected(RenewalFailure{response.error().sentence});
    auto quotas = read_gcp_quotas(response->body);
    if (!quotas) co_return std::unexpected(RenewalFailure{std::move(quotas.error())});
    co_return Lease<GcpQuotas>(std::move(*quotas), steady_clock::now() + kQuotasAge);
  }

  // --- Reservations

  asio::awaitable<Or<Result>> reservations(const GcpWant& want, const Call& call) {
    GcpReserved sum;
    std::string places;
    for (const GcpPlace& place : want.places) {
      const auto reserved = co_await reserved_in(want, place, call);
      if (!reserved) co_return std::unexpected(reserved.error());
      sum.reservations += reserved->reservations;
      sum.total += reserved->total;
      sum.in_use += reserved->in_use;
      places += (places.empty() ? "" : ", ") + place.zone;
    }
    if (sum.reservations == 0) co_return std::unexpected(Failure{none_is_ready(want, places)});
    Unjudged seen;
    seen.free = sum.total - sum.in_use;
    seen.total = sum.total;
    seen.reason = one_line(fmt::format("{} of {} reserved are free in {}", *seen.free, *seen.total, places));
    co_return judge(std::move(seen), config_.levels);
  }

  static std::string none_is_ready(const GcpWant& want, const std::string& places) {
    const GcpReservation& wanted = *want.reservation;
    std::string with = wanted.accelerator.empty() ? "" : " with " + wanted.accelerator;
    if (wanted.accelerators > 0) with += fmt::format(":{}", wanted.accelerators);
    return fmt::format("no reservation '{}' of {}{} is ready in {}", wanted.name, want.machine_type, with, places);
  }

  asio::awaitable<Or<GcpReserved>> reserved_in(const GcpWant& want, const GcpPlace& place, const Call& call) {
    const std::string& owner = want.reservation->project.empty() ? project_ : want.reservation->project;
    GcpReserved sum;
    std::string next;
    for (int pages = 0; pages < kMaxPages; ++pages) {
      const auto response =
          co_await ask(place.region, gcp_reservations_request(config_.gcp, owner, place.zone, next), call);
      if (!response) co_return std::unexpected(Failure{response.error().sentence, response.error().asked});
      const auto page = read_gcp_reservations(response->body, want.machine_type, *want.reservation);
      if (!page) co_return std::unexpected(Failure{page.error()});
      sum.reservations += page->reserved.reservations;
      sum.total += page->reserved.total;
      sum.in_use += page->reserved.in_use;
      next = page->next;
      if (next.empty()) co_return sum;
    }
    co_return std::unexpected(Failure{fmt::format("{} has more than {} pages of reservations", place.zone, kMaxPages)});
  }

  // --- Calls

  /// Google counts calls by region. One that wants fewer of them is left alone for as long as it says.
  asio::awaitable<CloudCalls::Called> ask(const std::string& region, Request request, const Call& call) {
    if (const Pause* pause = pause_of(region))
      co_return std::unexpected(CloudFailure{.sentence = pause->why, .asked = false});
    auto response = co_await calls_.ask(std::move(request), call);
    if (response || response.error().wait.count() == 0) co_return response;
    response.error().sentence = fmt::format("Google wants fewer calls in {}: {}", region, response.error().sentence);
    pauses_.insert_or_assign(region, Pause{steady_clock::now() + response.error().wait, response.error().sentence});
    co_return response;
  }

  struct Pause {
    base::SteadyTime until;
    std::string why;
  };

  /// Null when the region may be asked.
  const Pause* pause_of(const std::string& region) const {
    const auto found = pauses_.find(region);
    return found != pauses_.end() && steady_clock::now() < found->second.until ? &found->second : nullptr;
  }

  const config::ProbeConfig config_;
  asio::any_io_executor executor_;
  const std::string project_;
  CloudCalls calls_;
  std::map<std::string, Pause> pauses_{};
  /// Of regions.
  std::map<std::string, Renewed<GcpQuotas>> quotas_{};
};

/// A call for each place, and the quotas of regions. All of them stand beside what Google allows in all regions.
DailyCalls daily(const config::ProbeConfig& config, std::span<const core::Profile* const> profiles, double runs) {
  constexpr double kMostQuotas = std::chrono::days{1} / kQuotasAge;
  std::map<std::string, double> quotas;
  DailyCalls daily;
  for (const core::Profile* profile : profiles) {
    const auto want = gcp_want(config.gcp, *profile);
    if (!want) continue;
    const bool has_quota = !want->reservation && gcp_need(want->machine_type);
    daily.calls += runs * static_cast<double>(want->places.size());
    for (const GcpPlace& place : want->places) quotas[place.region] += has_quota ? runs : 0;
  }
  for (const auto& [region, asked] : quotas) daily.calls += std::min(asked, kMostQuotas);
  daily.most = kMostCallsADay * static_cast<double>(quotas.size());
  return daily;
}

}  // namespace

/// 16, which wait for others and cost little.
Kind kind_of(const config::GcpOptions&) {
  return {make<GcpProbe>, 16, kTransfersDescriptors, kTransferDescriptors, daily};
}

}  // namespace probe
