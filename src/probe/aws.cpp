#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "base/task_group.hpp"
#include "probe/aws_client.hpp"
#include "probe/aws_offerings.hpp"
#include "probe/aws_request.hpp"
#include "probe/judge.hpp"
#include "probe/kinds.hpp"

namespace probe {
namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;

/// Calls at once: some ten a second, half of what AWS allows in a region.
constexpr std::size_t kAtOnce = 4;
/// EC2 refills its bucket of a region and action by 20 calls a second.
constexpr double kMostCallsADay = 20.0 * 24 * 60 * 60;
/// A new configuration that AWS refused is asked for again after this time.
constexpr std::chrono::hours kConfigurationPause{1};
/// Lists of types whose prices are refused to a run in a region: each run finds some of the wrong ones.
constexpr std::size_t kMostRefused = 32;
constexpr std::size_t kShownTypes = 5;

/// AWS says that a score is low by design for fewer types.
bool has_few_types(const AwsTarget& target) {
  return target.configuration.types.size() < config::kFewestTypesOfGroup;
}

/// The scale of AWS, and the one of single types, as those who collect scores read them.
config::Levels levels_for(const AwsTarget& target, const config::Levels& given) {
  if (!given.high.empty() || !given.medium.empty()) return given;
  if (has_few_types(target)) return {.high = {.score = 3}, .medium = {.score = 2}};
  return {.high = {.score = 8}, .medium = {.score = 5}};
}

std::string words_of(const std::vector<std::string>& types) {
  if (types.size() <= kShownTypes) return fmt::format("{}", fmt::join(types, ", "));
  return fmt::format("{} and {} more", fmt::join(types.begin(), types.begin() + kShownTypes, ", "),
                     types.size() - kShownTypes);
}

/// The lowest current price of any of its types. A zone needs its ID in the answer.
core::Quantity price_for(const AwsTarget& target, const std::vector<AwsPrice>& prices) {
  std::map<std::pair<std::string, std::string>, const AwsPrice*> latest;
  for (const AwsPrice& price : prices) {
    if (!std::ranges::binary_search(target.types, price.type)) continue;
    if (!target.zone.empty() && price.zone != target.zone) continue;
    const AwsPrice*& known = latest[{price.type, price.zone_name}];
    if (known == nullptr || known->since < price.since) known = &price;
  }
  core::Quantity lowest;
  for (const auto& [key, price] : latest) lowest = std::min(lowest.value_or(price->price), price->price);
  return lowest;
}

/// The results of a run.
struct Found {
  std::map<AwsConfiguration, AwsAnswer<std::vector<AwsScore>>> scores{};
  /// By their regions.
  std::map<std::string, AwsAnswer<std::vector<AwsPrice>>> prices{};
  /// Why regions did not tell their offerings.
  std::map<std::string, std::string> silent{};
  /// The first failure that all other questions would have, too.
  std::optional<AwsFailure> fatal{};
};

class AwsProbe final : public Probe {
 public:
  AwsProbe(const config::ProbeConfig& config, asio::any_io_executor executor)
      : config_(config), executor_(executor), client_(std::move(executor), config_) {}

  asio::awaitable<Answer> measure(std::span<const core::Profile> profiles, Call call) override {
    std::vector<std::expected<AwsTarget, std::string>> targets;
    for (const core::Profile& profile : profiles) targets.push_back(aws_target(profile, config_.aws));
    const std::size_t before = client_.sent();
    Found found;
    co_await ask_all(offering_questions(targets, found, call));
    co_await ask_all(score_questions(targets, found, call));
    co_await ask_all(price_questions(targets, found, call));
    Answer answer;
    for (const auto& target : targets)
      answer.results.push_back(target ? result(*target, found) : Result(std::unexpected(target.error())));
    if (found.fatal) answer.error = found.fatal->sentence;
    answer.asked = client_.sent() > before;
    co_return answer;
  }

 private:
  using Targets = std::span<const std::expected<AwsTarget, std::string>>;
  using Question = asio::awaitable<void>;
  template <class T>
  using Reader = std::expected<AwsPage<T>, std::string> (*)(std::string_view);

  /// A few at once. The questions refer to what outlives this.
  asio::awaitable<void> ask_all(std::deque<Question> questions) {
    base::TaskGroup workers(executor_);
    for (std::size_t i = 0; i < std::min(kAtOnce, questions.size()); ++i) workers.spawn("aws", ask_in_turn(questions));
    co_await workers.wait();
  }
  static asio::awaitable<void> ask_in_turn(std::deque<Question>& questions) {
    while (!questions.empty()) {
      Question next = std::move(questions.front());
      questions.pop_front();
      co_await std::move(next);
    }
  }

  /// All pages of the answer to a form.
  template <class T>
  asio::awaitable<AwsAnswer<std::vector<T>>> pages(std::string region, std::string form, Reader<T> read, Found& found,
                                                   Call call) {
    std::vector<T> items;
    std::set<std::string> tokens;
    for (std::string next = form; !next.empty();) {
      if (found.fatal) co_return std::unexpected(*found.fatal);
      const auto xml = co_await client_.ask(region, next, call);
      if (!xml && xml.error().of_all) found.fatal = xml.error();
      if (!xml) co_return std::unexpected(xml.error());
      auto page = read(*xml);
      if (!page) co_return std::unexpected(AwsFailure{.sentence = std::move(page.error())});
      std::ranges::move(page->items, std::back_inserter(items));
      if (!page->next.empty() && !tokens.insert(page->next).second)
        co_return std::unexpected(AwsFailure{.sentence = "the pages of AWS's answer have no end: a token came twice"});
      next = page->next.empty() ? "" : next_form(form, page->next);
    }
    if (call.trace != nullptr) call.trace->received += fmt::format("({} items in all)\n", items.size());
    co_return items;
  }

  // --- Offerings

  std::deque<Question> offering_questions(Targets targets, Found& found, Call call) {
    std::map<std::pair<std::string, bool>, const AwsTarget*> due;
    for (const auto& target : targets)
      if (target && offerings_.due(*target))
        due.emplace(std::pair(target->region, target->configuration.zones), &*target);
    std::deque<Question> questions;
    for (const auto& [key, target] : due) questions.push_back(ask_offerings(*target, found, call));
    return questions;
  }

  Question ask_offerings(const AwsTarget& target, Found& found, Call call) {
    const auto offered = co_await pages<AwsOffering>(target.region, offerings_form(target.configuration.zones),
                                                     read_offerings, found, call);
    if (!offered) {
      // An earlier answer still tells more than none.
      found.silent.emplace(target.region, offered.error().sentence);
      co_return;
    }
    offerings_.keep(target, *offered);
    std::erase_if(unpriced_, [&](const auto& each) { return each.first.first == target.region; });
  }

  // --- Scores

  std::deque<Question> score_questions(Targets targets, Found& found, Call call) {
    std::set<AwsConfiguration> configurations;
    for (const auto& target : targets)
      if (target && !offerings_.lacks_all(*target)) configurations.insert(target->configuration);
    std::deque<Question> questions;
    for (const AwsConfiguration& each : configurations) questions.push_back(ask_scores(each, found, call));
    return questions;
  }

  Question ask_scores(AwsConfiguration configuration, Found& found, Call call) {
    const auto paused = paused_.find(configuration);
    if (paused != paused_.end() && steady_clock::now() < paused->second.ends) {
      found.scores.emplace(std::move(configuration), std::unexpected(paused->second.value));
      co_return;
    }
    const std::string home = aws_home(config_.aws);
    const auto chosen = places_.find(configuration);
    const AwsPlace place = chosen != places_.end() ? chosen->second : AwsPlace(home, configuration);
    auto scores = co_await scores_at(place, found, call);
    const bool refused = !scores && scores.error().fault == AwsFault::values;
    if (const auto other = offerings_.place_for(configuration, home); refused && other && *other != place) {
      // From now on, since AWS limits new words.
      places_.insert_or_assign(configuration, *other);
      scores = co_await scores_at(*other, found, call);
    }
    if (!scores) consider(scores.error(), configuration, found);
    found.scores.emplace(std::move(configuration), std::move(scores));
  }

  asio::awaitable<AwsAnswer<std::vector<AwsScore>>> scores_at(AwsPlace place, Found& found, Call call) {
    return pages<AwsScore>(place.region, scores_form(place.configuration, config_.aws), read_scores, found, call);
  }

  void consider(AwsFailure& failure, const AwsConfiguration& configuration, Found& found) {
    // Whoever may not ask for one score may not ask for any; and who was throttled for long had better stop.
    const AwsFault fault = failure.fault;
    if (fault == AwsFault::credentials || fault == AwsFault::denied || fault == AwsFault::throttled)
      found.fatal = failure;
    if (failure.fault != AwsFault::configurations) return;
    failure.sentence += fmt::format("; asked again after {}", base::to_string(kConfigurationPause));
    paused_.insert_or_assign(configuration, Lease<AwsFailure>{failure, steady_clock::now() + kConfigurationPause});
  }

  // --- Prices

  std::deque<Question> price_questions(Targets targets, Found& found, Call call) {
    std::map<std::string, std::set<std::string>> types;
    for (const auto& target : targets) {
      if (!target || config_.aws.price_of.empty()) continue;
      for (const std::string& type : target->types)
        if (!offerings_.lacks(*target, type) && !unpriced_.contains({target->region, type}))
          types[target->region].insert(type);
    }
    std::deque<Question> questions;
    for (const auto& [region, all] : types)
      questions.push_back(ask_prices(region, {all.begin(), all.end()}, found, call));
    return questions;
  }

  /// Asks for each half of a list that is refused, so that only what is wrong has no price.
  Question ask_prices(std::string region, std::vector<std::string> types, Found& found, Call call) {
    std::vector<AwsPrice> all;
    std::vector<std::vector<std::string>> lists{std::move(types)};
    for (std::size_t refused = 0; !lists.empty();) {
      const auto list = std::move(lists.back());
      lists.pop_back();
      const auto form = prices_form(list, config_.aws.price_of, base::system_clock().wall_now());
      auto prices = co_await pages<AwsPrice>(region, form, read_prices, found, call);
      if (prices) {
        std::ranges::move(*prices, std::back_inserter(all));
      } else if (prices.error().fault != AwsFault::values || ++refused > kMostRefused) {
        found.prices.emplace(std::move(region), std::unexpected(std::move(prices.error())));
        co_return;
      } else if (list.size() == 1) {
        unpriced_.emplace(std::pair(region, list.front()), std::move(prices.error().sentence));
      } else {
        const auto middle = list.begin() + static_cast<std::ptrdiff_t>(list.size() / 2);
        lists.emplace_back(list.begin(), middle);
        lists.emplace_back(middle, list.end());
      }
    }
    found.prices.emplace(std::move(region), std::move(all));
  }

  // --- Results

  Result result(const AwsTarget& target, const Found& found) const {
    if (offerings_.lacks_all(target)) {
      core::Measurement none;
      none.level = core::Level::low;
      none.reason = fmt::format("{} not offered in {}",
                                words_of(target.types) + (target.types.size() == 1 ? " is" : " are"), target.place());
      return none;
    }
    const auto scores = found.scores.find(target.configuration);
    if (scores == found.scores.end()) return std::unexpected(std::string("AWS was not asked"));
    if (!scores->second) return without_score(scores->second.error());
    const auto own = std::ranges::find_if(*scores->second, [&](const AwsScore& each) {
      return each.region == target.region && each.zone == target.zone;
    });
    if (own != scores->second->end()) return judge(seen(target, *own, found), levels_for(target, config_.levels));
    const auto silent = found.silent.find(target.region);
    return std::unexpected(
        fmt::format("AWS gives no score for {}{}", target.place(),
                    silent == found.silent.end() ? "" : "; its offerings are unknown: " + silent->second));
  }

  /// A quota is an answer: whoever asks cannot get it.
  Result without_score(const AwsFailure& failure) const {
    if (failure.fault != AwsFault::quota) return std::unexpected(failure.sentence);
    core::Measurement none;
    none.level = core::Level::low;
    none.reason = failure.sentence;
    return none;
  }

  Unjudged seen(const AwsTarget& target, const AwsScore& score, const Found& found) const {
    Unjudged seen;
    seen.score = score.score;
    seen.reason = fmt::format("spot score {} of 10{}", score.score, kind_of_score(target));
    if (config_.aws.price_of.empty()) return seen;
    const auto prices = found.prices.find(target.region);
    if (prices != found.prices.end() && prices->second) seen.price = price_for(target, *prices->second);
    if (prices != found.prices.end() && !prices->second)
      seen.reason += "; no price: " + prices->second.error().sentence;
    else if (const auto refused = unpriced_.find({target.region, target.types.front()});
             refused != unpriced_.end() && !seen.price)
      seen.reason += "; no price: " + refused->second;
    return seen;
  }

  std::string kind_of_score(const AwsTarget& target) const {
    if (has_few_types(target) && config_.levels == config::Levels())
      return ", on the lower scale of fewer than 3 types";
    return fmt::format(" for any of {}{}", target.group.empty() ? "" : fmt::format("group {}: ", target.group),
                       words_of(target.configuration.types));
  }

  const config::ProbeConfig config_;
  asio::any_io_executor executor_;
  AwsClient client_;
  AwsOfferings offerings_;
  /// Where those are asked for that the home region has refused.
  std::map<AwsConfiguration, AwsPlace> places_;
  /// Configurations that AWS refused for its quota of new ones.
  std::map<AwsConfiguration, Lease<AwsFailure>> paused_;
  /// Regions and types whose price AWS refused to tell since it last told the offerings, with its sentence.
  std::map<std::pair<std::string, std::string>, std::string> unpriced_;
};

/// All calls beside what AWS allows of each action in each region, so that there is more room than it seems.
DailyCalls daily(const config::ProbeConfig& config, std::span<const core::Profile* const> profiles, double runs) {
  const AwsCalls calls = aws_calls(profiles, config.aws);
  return {.calls = runs * calls.of_run + calls.of_day, .most = kMostCallsADay, .configurations = calls.configurations};
}

}  // namespace

/// One run answers for all.
Kind kind_of(const config::AwsOptions&) {
  return {.make = make<AwsProbe>,
          .concurrency = 1,
          .descriptors = kTransfersDescriptors + kStartDescriptors,
          .descriptors_of_each = kAtOnce * kTransferDescriptors + kProgramDescriptors,
          .daily = daily};
}

}  // namespace probe
