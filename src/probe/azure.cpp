#include <fmt/format.h>

#include <algorithm>

#include "base/environment.hpp"
#include "probe/azure_answer.hpp"
#include "probe/azure_book.hpp"
#include "probe/azure_calls.hpp"
#include "probe/azure_login.hpp"
#include "probe/azure_regions.hpp"
#include "probe/azure_request.hpp"
#include "probe/kinds.hpp"

namespace probe {
namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;

/// The calls an hour that people who collect scores count, for a subscription and a region that calls name as their
/// place.
constexpr double kMostCallsAnHour = 10;
constexpr double kHoursOfDay = 24;
/// The word of an error that is an answer.
constexpr std::string_view kQuotaExceeded = "QuotaExceeded";

class AzureProbe final : public Probe {
 public:
  AzureProbe(const config::ProbeConfig& config, asio::any_io_executor executor)
      : options_(config.azure),
        subscription_(options_.subscription.empty() ? base::variable("AZURE_SUBSCRIPTION_ID") : options_.subscription),
        calls_(std::move(executor), "azure " + config.name, config.timeout,
               azure_tokens(options_, [](const char* name) { return base::variable(name); })),
        regions_(options_, subscription_, calls_),
        score_calls_(calls_),
        pace_(options_.calls_per_hour) {}

  asio::awaitable<Answer> measure(std::span<const core::Profile> profiles, Call call) override {
    if (subscription_.empty())
      co_return failed(profiles.size(),
                       {"give 'subscription', or AZURE_SUBSCRIPTION_ID in the service's environment", false});
    // What is known by then is answered before the run is over.
    const auto now = steady_clock::now();
    call.deadline -= (call.deadline - now) / 10;
    AzureRun run{.begin = now};
    std::vector<AzureWant> wants;
    std::set<std::string> regions;
    for (const core::Profile& profile : profiles) {
      wants.push_back(azure_want(profile, options_.regions));
      regions.insert(wants.back().regions.begin(), wants.back().regions.end());
    }
    run.asked = co_await regions_.ask(regions, call);
    co_await ask_scores(wants, call, run);
    if (call.stop.stop_requested()) co_return same_for_all(profiles.size(), std::unexpected(std::string(kCancelled)));
    Answer answer{.results = {}, .asked = run.asked};
    for (const AzureWant& each : wants) answer.results.push_back(result(each, run));
    co_return answer;
  }

 private:
  // --- Scores

  /// Makes the calls that are due, until Azure wants no more, or the time is over.
  asio::awaitable<void> ask_scores(const std::vector<AzureWant>& wants, const Call& call, AzureRun& run) {
    std::set<AzureCell> cells;
    for (const AzureWant& want : wants)
      for (const std::string& region : want.regions)
        if (regions_.why_not(region, want.size, "").empty()) cells.insert({want.size, region});
    // A test shows the calls, also those that are refused.
    if (call.trace != nullptr) book_.end_pauses(cells);
    std::vector<AzureAsk> asks = book_.due(cells, run.begin, steady_clock::now());
    if (asks.empty() && call.trace != nullptr)
      call.trace->sent += "(nothing: all of it was asked within 15 minutes, for which Azure keeps a score)\n";
    for (std::size_t next = 0; next < asks.size();) {
      const AzureAsk ask = asks[next++];
      const auto now = steady_clock::now();
      if (!run.over.empty() || score_calls_.paused() || now >= call.deadline) co_return;
      const std::string place = pace_.take(ask.regions, now);
      if (place.empty()) continue;
      // A server that hangs leaves time for other calls.
      const auto patience = next == asks.size() ? call.deadline : now + (call.deadline - now) / 2;
      const Call of_ask{patience, call.stop, call.trace};
      if (co_await ask_score(ask, place, of_ask, run)) continue;
      asks = book_.due(cells, run.begin, steady_clock::now());
      next = 0;
    }
  }

  /// Returns false when Azure refuses the call: others may be due instead.
  asio::awaitable<bool> ask_score(const AzureAsk& ask, const std::string& place, const Call& call, AzureRun& run) {
    const auto response =
        co_await score_calls_.ask(azure_scores_request(options_, subscription_, ask, place), call, run);
    if (!response) co_return note_failure(ask, response.error());
    const auto scores = read_azure_scores(response->body);
    if (scores) {
      run.success();
      book_.keep(ask, *scores, steady_clock::now());
    } else {
      run.fault(scores.error());
      book_.fail(ask, scores.error(), steady_clock::now());
    }
    co_return true;
  }

  bool note_failure(const AzureAsk& ask, const CloudFailure& failure) {
    const auto now = steady_clock::now();
    const auto cells = ask.cells();
    if (!is_refusal(failure)) {
      // A throttled call waits, with the score that is known.
      book_.fail(ask, score_calls_.paused() ? "" : failure.sentence, now);
      return true;
    }
    if (failure.error.word == kQuotaExceeded && cells.size() == 1)
      book_.keep(ask, {{key_of(cells[0]), {{.word = failure.error.word, .quota = false}}}}, now);
    else
      book_.refuse(ask, failure.sentence, now);
    return false;
  }

  // --- Results

  Result result(const AzureWant& want, const AzureRun& run) const {
    if (want.regions.empty())
      return std::unexpected("no region; give the profile a label 'region', or the probe 'regions'");
    std::vector<AzureSeen> seen;
    auto oldest = base::SteadyTime::max();
    bool any_score = false;
    std::string error;
    for (const std::string& region : want.regions) {
      AzureSeen place{.region = region, .why_not = regions_.why_not(region, want.size, want.zone)};
      if (place.why_not.empty()) {
        const AzureCell cell{want.size, region};
        const std::string why = error_of(cell, run);
        const AzureBook::Known* known = book_.find(cell);
        if (error.empty()) error = why;
        if (!why.empty() || known == nullptr || !known->at) continue;
        oldest = std::min(oldest, *known->at);
        std::ranges::copy_if(known->scores, std::back_inserter(place.scores),
                             [&](const AzureScore& score) { return want.zone.empty() || score.zone == want.zone; });
      }
      any_score = any_score || !place.why_not.empty() || !place.scores.empty();
      seen.push_back(std::move(place));
    }
    core::Measurement measured = judge_azure(seen);
    // More than HIGH cannot be, whatever the others would say.
    if (!error.empty() && measured.level != core::Level::high) return std::unexpected(error);
    if (seen.empty()) return std::unexpected(waits());
    if (!any_score) return std::unexpected(no_score(want));
    measured.reason = calls_.hidden(measured.reason);
    // What this run asked for is new; the seconds of its other calls do not count.
    if (oldest < run.begin) measured.age = std::chrono::duration_cast<base::Duration>(steady_clock::now() - oldest);
    return measured;
  }

  std::string error_of(const AzureCell& cell, const AzureRun& run) const {
    const auto now = steady_clock::now();
    const std::string error = book_.error(cell, run.begin, now);
    return error.empty() && !book_.is_fresh(cell, now) ? run.over : error;
  }

  std::string waits() const {
    if (score_calls_.paused()) return score_calls_.why_paused();
    return fmt::format("waits for its turn: calls_per_hour is {}; a longer timeout or more calls help",
                       options_.calls_per_hour);
  }

  std::string no_score(const AzureWant& want) const {
    if (!want.zone.empty() && !options_.zones) return "scores of zones need 'zones: true'";
    return fmt::format("Azure's answer has no score for this size{}", want.zone.empty() ? "" : " in this zone");
  }

  const config::AzureOptions options_;
  const std::string subscription_;
  CloudCalls calls_;
  AzureRegions regions_;
  AzureCalls score_calls_;
  AzurePace pace_;
  AzureBook book_{};
};

/// Those for scores, which have the limit. Lists are ordinary reads.
DailyCalls daily(const config::ProbeConfig& config, std::span<const core::Profile* const> profiles, double runs) {
  std::set<AzureCell> cells;
  std::set<std::string> regions;
  for (const core::Profile* profile : profiles) {
    const AzureWant want = azure_want(*profile, config.azure.regions);
    for (const std::string& region : want.regions) cells.insert({want.size, region});
    regions.insert(want.regions.begin(), want.regions.end());
  }
  const double hours = kHoursOfDay * static_cast<double>(regions.size());
  DailyCalls calls{.calls = runs * static_cast<double>(plan_calls(cells).size()), .most = kMostCallsAnHour * hours};
  if (config.azure.calls_per_hour > 0) calls.calls = std::min(calls.calls, config.azure.calls_per_hour * hours);
  return calls;
}

}  // namespace

/// One run asks for all.
Kind kind_of(const config::AzureOptions&) {
  return {.make = make<AzureProbe>,
          .concurrency = 1,
          .descriptors = kTransfersDescriptors,
          .descriptors_of_each = kTransferDescriptors,
          .daily = daily};
}

}  // namespace probe
