#include <fmt/format.h>

#include <map>
#include <optional>

#include "base/environment.hpp"
#include "probe/gcp_answer.hpp"
#include "probe/gcp_login.hpp"
#include "probe/gcp_request.hpp"
#include "probe/kinds.hpp"

namespace probe {
namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;
template <class T>
using Or = std::expected<T, Failure>;

/// Of 500 reservations each.
constexpr int kMaxPages = 20;

class GcpProbe final : public Probe {
 public:
  GcpProbe(const config::ProbeConfig& config, asio::any_io_executor executor)
      : config_(config),
        project_(config.gcp.project.empty() ? base::variable("GOOGLE_CLOUD_PROJECT") : config.gcp.project),
        calls_(std::move(executor), "gcp " + config.name, config.timeout,
               gcp_tokens(config.gcp, [](const char* name) { return base::variable(name); })) {}

  asio::awaitable<Answer> measure(std::span<const core::Profile> profiles, Call call) override {
    const GcpWant want = gcp_want(config_.gcp, profiles.front());
    if (project_.empty())
      co_return failed(1, {"give 'project', or GOOGLE_CLOUD_PROJECT in the service's environment", false});
    if (want.places.empty())
      co_return failed(1, {"no place; give the profile a label 'region' or 'zone', or the probe 'regions'", false});
    const auto result = want.reservation.empty() ? co_await advice(want, call) : co_await reservations(want, call);
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
    const auto response =
        co_await ask(place.region, gcp_advice_request(config_.gcp, project_, machine_type, place), call);
    if (!response && response.error().error.no_quota) {
      const std::string& quota = response.error().error.quota;
      co_return GcpAdvice{.why_not = quota.empty() ? "no quota" : "no quota: " + quota};
    }
    if (!response) co_return std::unexpected(Failure{response.error().sentence, response.error().asked});
    auto read = read_gcp_advice(response->body);
    if (!read) co_return std::unexpected(Failure{std::move(read.error())});
    co_return std::move(*read);
  }

  // --- Reservations

  asio::awaitable<Or<Result>> reservations(const GcpWant& want, const Call& call) {
    GcpReserved sum;
    std::string places;
    for (const GcpPlace& place : want.places) {
      if (place.zone.empty())
        co_return std::unexpected(
            Failure{fmt::format("a reservation is in a zone, and {} is a region", place.region), false});
      const auto reserved = co_await reserved_in(want, place, call);
      if (!reserved) co_return std::unexpected(reserved.error());
      sum.reservations += reserved->reservations;
      sum.total += reserved->total;
      sum.in_use += reserved->in_use;
      places += (places.empty() ? "" : ", ") + place.zone;
    }
    if (sum.reservations == 0)
      co_return std::unexpected(Failure{
          fmt::format("no reservation '{}' of {} is ready in {}", want.reservation, want.machine_type, places)});
    Unjudged seen;
    seen.free = sum.total - sum.in_use;
    seen.total = sum.total;
    seen.reason = one_line(fmt::format("{} of {} reserved are free in {}", *seen.free, *seen.total, places));
    co_return judge(std::move(seen), config_.levels);
  }

  asio::awaitable<Or<GcpReserved>> reserved_in(const GcpWant& want, const GcpPlace& place, const Call& call) {
    GcpReserved sum;
    std::string next;
    for (int pages = 0; pages < kMaxPages; ++pages) {
      const auto response =
          co_await ask(place.region, gcp_reservations_request(config_.gcp, project_, place.zone, next), call);
      if (!response) co_return std::unexpected(Failure{response.error().sentence, response.error().asked});
      const auto page = read_gcp_reservations(response->body, want.machine_type, want.reservation);
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
    if (const auto pause = pauses_.find(region); pause != pauses_.end() && steady_clock::now() < pause->second.until)
      co_return std::unexpected(CloudFailure{.sentence = pause->second.why, .asked = false});
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

  const config::ProbeConfig config_;
  const std::string project_;
  CloudCalls calls_;
  std::map<std::string, Pause> pauses_{};
};

}  // namespace

/// 16, which wait for others and cost little.
Kind kind_of(const config::GcpOptions&) {
  return {make<GcpProbe>, 16, kTransfersDescriptors, kTransferDescriptors};
}

}  // namespace probe
