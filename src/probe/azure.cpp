#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/environment.hpp"
#include "base/offload.hpp"
#include "base/text.hpp"
#include "probe/azure_answer.hpp"
#include "probe/azure_login.hpp"
#include "probe/azure_request.hpp"
#include "probe/cloud_place.hpp"
#include "probe/kinds.hpp"
#include "probe/one_line.hpp"

namespace probe {
namespace {

namespace asio = boost::asio;
using std::chrono::minutes;
using std::chrono::steady_clock;
template <class T>
using Or = std::expected<T, std::string>;

/// Azure keeps a score for 15 minutes at least. Runs may begin a little early.
constexpr base::Duration kKept = minutes{14};
/// More pages than the list of a region has.
constexpr int kMaxPages = 20;
/// Enough to see whether it came.
constexpr std::size_t kShownOfSizes = 200;
/// A wrong size or region: other calls may be right.
constexpr int kBadRequest = 400;

/// The wish of a profile.
struct Want {
  std::string size;
  std::vector<std::string> regions;
  /// "" for any.
  std::string zone;
};

/// A list of sizes is long, and would leave no room for what follows it.
void note_beginning(Trace* trace, const Trace& page) {
  if (trace == nullptr) return;
  trace->sent += page.sent;
  trace->received += one_line(page.received, kShownOfSizes) + " …\n\n";
}

AzureCell key_of(const AzureCell& cell) {
  return {base::lower(cell.size), cell.region};
}

class AzureProbe final : public Probe {
 public:
  AzureProbe(const config::ProbeConfig& config, asio::any_io_executor executor)
      : options_(config.azure),
        subscription_(options_.subscription.empty() ? base::variable("AZURE_SUBSCRIPTION_ID") : options_.subscription),
        calls_(std::move(executor), "azure " + config.name, config.timeout,
               azure_tokens(options_, [](const char* name) { return base::variable(name); })),
        pace_(options_.calls_per_hour) {}

  asio::awaitable<Answer> measure(std::span<const core::Profile> profiles, Call call) override {
    if (subscription_.empty())
      co_return failed(profiles.size(),
                       {"give 'subscription', or AZURE_SUBSCRIPTION_ID in the service's environment", false});
    // What is known by then is answered before the run is over.
    const auto now = steady_clock::now();
    call.deadline -= (call.deadline - now) / 10;
    Run run;
    std::vector<Want> wants;
    for (const core::Profile& profile : profiles) wants.push_back(want(profile));
    co_await ask_restrictions(wants, call, run);
    co_await ask_scores(wants, call, run);
    if (call.stop.stop_requested()) co_return same_for_all(profiles.size(), std::unexpected(std::string(kCancelled)));
    Answer answer{.results = {}, .asked = run.asked};
    for (const Want& each : wants) answer.results.push_back(result(each, run));
    co_return answer;
  }

 private:
  struct KnownScores {
    base::SteadyTime at;
    std::vector<AzureScore> scores;
  };
  struct KnownSkus {
    base::SteadyTime at;
    AzureSkus skus;
  };
  struct Run {
    base::SteadyTime begin = steady_clock::now();
    bool asked = false;
    /// Cells that were asked for in vain, each with the reason.
    std::map<AzureCell, std::string> failed{};
  };

  Want want(const core::Profile& profile) const {
    CloudPlace place = place_of(profile);
    Want want{.size = std::move(place.type), .regions = {}, .zone = std::move(place.zone)};
    if (place.region.empty())
      want.regions = options_.regions;
    else
      want.regions = {std::move(place.region)};
    return want;
  }

  // --- Restrictions

  /// Without them, scores tell alone.
  asio::awaitable<void> ask_restrictions(const std::vector<Want>& wants, const Call& call, Run& run) {
    if (options_.restrictions_every.count() == 0) co_return;
    std::set<std::string> regions;
    for (const Want& want : wants) regions.insert(want.regions.begin(), want.regions.end());
    for (const std::string& region : regions) {
      const auto known = skus_.find(region);
      const auto now = steady_clock::now();
      if (now < paused_until_) co_return;
      if (known != skus_.end() && now - known->second.at < options_.restrictions_every) continue;
      auto skus = co_await list_skus(region, call, run);
      if (!skus) co_return;
      skus_.insert_or_assign(region, KnownSkus{steady_clock::now(), std::move(*skus)});
    }
  }

  asio::awaitable<std::optional<AzureSkus>> list_skus(const std::string& region, const Call& call, Run& run) {
    AzureSkus skus;
    std::optional<Request> request = azure_skus_request(options_, subscription_, region);
    for (int pages = 0; request && pages < kMaxPages; ++pages) {
      Trace page_trace;
      const Call of_page{call.deadline, call.stop, call.trace != nullptr ? &page_trace : nullptr};
      auto response = co_await calls_.ask(std::move(*request), of_page);
      note_beginning(call.trace, page_trace);
      run.asked = run.asked || response || response.error().asked;
      if (!response) pause(response.error());
      if (!response) co_return std::nullopt;
      auto read = [body = std::move(response->body)] { return read_azure_skus(body); };
      auto page = co_await readers_.run(std::move(read));
      if (!page) co_return std::nullopt;
      skus.merge(page->skus);
      request = azure_next_request(options_, page->next);
    }
    co_return skus;
  }

  std::string why_not_in(const std::string& region, const std::string& size, const std::string& zone) const {
    const auto known = skus_.find(region);
    return known != skus_.end() ? why_not(known->second.skus, size, zone) : std::string();
  }

  // --- Scores

  /// Makes the calls that are due, the oldest first, until Azure wants no more, or the time is over.
  asio::awaitable<void> ask_scores(const std::vector<Want>& wants, const Call& call, Run& run) {
    const std::vector<AzureAsk> asks = due(wants);
    if (asks.empty() && call.trace != nullptr)
      call.trace->sent += "(nothing: all of it was asked within 15 minutes, for which Azure keeps a score)\n";
    for (const AzureAsk& ask : asks) {
      const auto now = steady_clock::now();
      if (now < paused_until_ || now >= call.deadline) co_return;
      const std::string place = pace_.take(ask.regions, now);
      if (place.empty()) continue;
      const auto response = co_await calls_.ask(azure_scores_request(options_, subscription_, ask, place), call);
      run.asked = run.asked || response || response.error().asked;
      const auto scores = response ? read_azure_scores(response->body) : AzureScores();
      if (response && scores) {
        keep(ask, *scores);
        continue;
      }
      if (!response && pause(response.error())) co_return;
      const std::string& why = response ? scores.error() : response.error().sentence;
      for (const AzureCell& cell : ask.cells()) run.failed.insert_or_assign(key_of(cell), why);
      if (response || response.error().status == kBadRequest) continue;
      for (const AzureAsk& other : asks)
        for (const AzureCell& cell : other.cells())
          if (!fresh(cell)) run.failed.emplace(key_of(cell), why);
      co_return;
    }
  }

  std::vector<AzureAsk> due(const std::vector<Want>& wants) const {
    std::set<AzureCell> cells;
    for (const Want& want : wants)
      for (const std::string& region : want.regions)
        if (why_not_in(region, want.size, "").empty()) cells.insert({want.size, region});
    const auto asked = [&](const AzureAsk& ask) {
      auto oldest = base::SteadyTime::max();
      for (const AzureCell& cell : ask.cells()) {
        const auto known = known_.find(key_of(cell));
        oldest = std::min(oldest, known != known_.end() ? known->second.at : base::SteadyTime::min());
      }
      return oldest;
    };
    std::vector<AzureAsk> asks = plan_calls(cells);
    const auto since = steady_clock::now() - kKept;
    std::erase_if(asks, [&](const AzureAsk& ask) { return asked(ask) > since; });
    std::ranges::sort(asks, {}, [&](const AzureAsk& ask) { return std::pair(asked(ask), ask.sizes); });
    return asks;
  }

  bool fresh(const AzureCell& cell) const {
    const auto known = known_.find(key_of(cell));
    return known != known_.end() && steady_clock::now() - known->second.at < kKept;
  }

  void keep(const AzureAsk& ask, const AzureScores& scores) {
    for (const AzureCell& cell : ask.cells()) {
      const AzureCell key = key_of(cell);
      const auto found = scores.find(key);
      known_.insert_or_assign(
          key, KnownScores{steady_clock::now(), found != scores.end() ? found->second : std::vector<AzureScore>()});
    }
  }

  /// Makes no calls for as long as Azure wants none. Returns false when it does not say that.
  bool pause(const CloudFailure& failure) {
    if (failure.wait.count() == 0) return false;
    paused_until_ = steady_clock::now() + failure.wait;
    paused_why_ = fmt::format("Azure wants fewer calls: {}", failure.sentence);
    return true;
  }

  // --- Results

  Result result(const Want& want, const Run& run) const {
    if (want.regions.empty())
      return std::unexpected("no region; give the profile a label 'region', or the probe 'regions'");
    std::vector<AzureSeen> seen;
    base::SteadyTime oldest = base::SteadyTime::max();
    bool any_known = false;
    bool any_score = false;
    for (const std::string& region : want.regions) {
      const AzureCell key = key_of({want.size, region});
      if (const auto failed = run.failed.find(key); failed != run.failed.end()) return std::unexpected(failed->second);
      AzureSeen place{.region = region, .why_not = why_not_in(region, want.size, want.zone)};
      const auto known = known_.find(key);
      if (place.why_not.empty() && known == known_.end()) continue;
      if (place.why_not.empty()) {
        oldest = std::min(oldest, known->second.at);
        std::ranges::copy_if(known->second.scores, std::back_inserter(place.scores),
                             [&](const AzureScore& score) { return want.zone.empty() || score.zone == want.zone; });
      }
      any_known = true;
      any_score = any_score || !place.why_not.empty() || !place.scores.empty();
      seen.push_back(std::move(place));
    }
    if (!any_known) return std::unexpected(waits());
    if (!any_score) return std::unexpected(no_score(want));
    core::Measurement measured = judge_azure(seen);
    measured.reason = calls_.hidden(measured.reason);
    // What this run asked for is new; the seconds of its other calls do not count.
    if (oldest < run.begin) measured.age = std::chrono::duration_cast<base::Duration>(steady_clock::now() - oldest);
    return measured;
  }

  std::string waits() const {
    if (steady_clock::now() < paused_until_) return paused_why_;
    return fmt::format("waits for its turn: calls_per_hour is {}; a longer timeout or more calls help",
                       options_.calls_per_hour);
  }

  std::string no_score(const Want& want) const {
    if (!want.zone.empty() && !options_.zones) return "scores of zones need 'zones: true'";
    return fmt::format("Azure's answer has no score for this size{}", want.zone.empty() ? "" : " in this zone");
  }

  const config::AzureOptions options_;
  const std::string subscription_;
  CloudCalls calls_;
  AzurePace pace_;
  std::map<AzureCell, KnownScores> known_{};
  std::map<std::string, KnownSkus> skus_{};
  base::SteadyTime paused_until_{};
  std::string paused_why_{};
  base::OffloadPool readers_{"azure", 1, base::OffloadPool::Priority::low};
};

}  // namespace

/// One run asks for all.
Kind kind_of(const config::AzureOptions&) {
  return {make<AzureProbe>, 1, kTransfersDescriptors, kTransferDescriptors};
}

}  // namespace probe
