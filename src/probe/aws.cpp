#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "base/task_group.hpp"
#include "probe/aws_client.hpp"
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
constexpr std::chrono::hours kOfferingsAge{24};
/// A new configuration that AWS refused is asked for again after this time.
constexpr std::chrono::hours kConfigurationPause{1};
/// AWS says that a score is low by design for fewer types.
constexpr std::size_t kFewTypes = 3;
constexpr std::size_t kShownTypes = 5;

/// Each type that is offered somewhere, with its places.
using Offerings = std::set<std::pair<std::string, std::string>>;

/// The scale of AWS, and the one of single types, as those who collect scores read them.
config::Levels levels_for(const AwsTarget& target, const config::Levels& given) {
  if (!given.high.empty() || !given.medium.empty()) return given;
  if (target.types.size() < kFewTypes) return {.high = {.score = 3}, .medium = {.score = 2}};
  return {.high = {.score = 8}, .medium = {.score = 5}};
}

const std::string& place_of(const AwsTarget& target) {
  return target.zone.empty() ? target.region : target.zone;
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

/// Questions of one kind, and their answers.
template <class T>
using Answers = std::map<std::string, AwsAnswer<std::vector<T>>>;

/// What a run found out, by score forms and by regions.
struct Found {
  Answers<AwsScore> scores;
  Answers<AwsPrice> prices;
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

  /// The key in offerings_: a region, or its zones.
  static std::string places_key(const AwsTarget& target) {
    return target.region + (target.zone.empty() ? "" : " zones");
  }

  std::deque<Question> offering_questions(Targets targets, Found& found, Call call) {
    std::map<std::string, const AwsTarget*> due;
    for (const auto& target : targets) {
      if (!target) continue;
      const auto known = offerings_.find(places_key(*target));
      if (known == offerings_.end() || known->second.ends <= steady_clock::now())
        due.emplace(places_key(*target), &*target);
    }
    std::deque<Question> questions;
    for (const auto& [key, target] : due) questions.push_back(ask_offerings(key, *target, found, call));
    return questions;
  }

  Question ask_offerings(std::string key, const AwsTarget& target, Found& found, Call call) {
    const auto offered =
        co_await pages<AwsOffering>(target.region, offerings_form(!target.zone.empty()), read_offerings, found, call);
    // An earlier answer still tells more than none.
    if (!offered) co_return;
    Offerings set;
    for (const AwsOffering& each : *offered) set.emplace(each.type, each.location);
    offerings_.insert_or_assign(std::move(key), Lease<Offerings>{std::move(set), steady_clock::now() + kOfferingsAge});
  }

  /// Is it known that none of its types is offered there?
  bool is_not_offered(const AwsTarget& target) const {
    const auto known = offerings_.find(places_key(target));
    if (known == offerings_.end()) return false;
    return std::ranges::none_of(
        target.types, [&](const std::string& type) { return known->second.value.contains({type, place_of(target)}); });
  }

  // --- Scores

  std::deque<Question> score_questions(Targets targets, Found& found, Call call) {
    std::set<std::string> forms;
    for (const auto& target : targets)
      if (target && !is_not_offered(*target)) forms.insert(target->score_form);
    std::deque<Question> questions;
    for (const std::string& form : forms) questions.push_back(ask_score(form, found, call));
    return questions;
  }

  Question ask_score(std::string form, Found& found, Call call) {
    const auto paused = paused_.find(form);
    if (paused != paused_.end() && steady_clock::now() < paused->second.ends) {
      found.scores.emplace(form, std::unexpected(paused->second.value));
      co_return;
    }
    auto scores = co_await pages<AwsScore>(aws_home(config_.aws), form, read_scores, found, call);
    if (!scores) consider(scores.error(), form, found);
    found.scores.emplace(form, std::move(scores));
  }

  void consider(AwsFailure& failure, const std::string& form, Found& found) {
    // Whoever may not ask for one score may not ask for any; and who was throttled for long had better stop.
    const AwsFault fault = failure.fault;
    if (fault == AwsFault::credentials || fault == AwsFault::denied || fault == AwsFault::throttled)
      found.fatal = failure;
    if (failure.fault != AwsFault::configurations) return;
    failure.sentence += fmt::format("; asked again after {}", base::to_string(kConfigurationPause));
    paused_.insert_or_assign(form, Lease<AwsFailure>{failure, steady_clock::now() + kConfigurationPause});
  }

  // --- Prices

  std::deque<Question> price_questions(Targets targets, Found& found, Call call) {
    std::map<std::string, std::set<std::string>> types;
    for (const auto& target : targets)
      if (target && !is_not_offered(*target)) types[target->region].insert(target->types.begin(), target->types.end());
    std::deque<Question> questions;
    if (config_.aws.price_of.empty()) return questions;
    for (const auto& [region, all] : types)
      questions.push_back(
          ask_price(region, prices_form(all, config_.aws.price_of, base::system_clock().wall_now()), found, call));
    return questions;
  }

  Question ask_price(std::string region, std::string form, Found& found, Call call) {
    auto prices = co_await pages<AwsPrice>(region, form, read_prices, found, call);
    found.prices.emplace(std::move(region), std::move(prices));
  }

  // --- Results

  Result result(const AwsTarget& target, const Found& found) const {
    if (is_not_offered(target)) {
      core::Measurement none;
      none.level = core::Level::low;
      none.reason = fmt::format("{} not offered in {}",
                                words_of(target.types) + (target.types.size() == 1 ? " is" : " are"), place_of(target));
      return none;
    }
    const auto scores = found.scores.find(target.score_form);
    if (scores == found.scores.end()) return std::unexpected(std::string("AWS was not asked"));
    if (!scores->second) return without_score(scores->second.error());
    const auto own = std::ranges::find_if(*scores->second, [&](const AwsScore& each) {
      return each.region == target.region && each.zone == target.zone;
    });
    if (own == scores->second->end())
      return std::unexpected(fmt::format("AWS gives no score for {}", place_of(target)));
    return judge(seen(target, *own, found), levels_for(target, config_.levels));
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
    const bool few = target.types.size() < kFewTypes && config_.levels == config::Levels();
    seen.reason = fmt::format(
        "spot score {} of 10{}", score.score,
        few ? ", on the lower scale of fewer than 3 types" : fmt::format(" for any of {}", words_of(target.types)));
    const auto prices = found.prices.find(target.region);
    if (prices == found.prices.end()) return seen;
    if (prices->second)
      seen.price = price_for(target, *prices->second);
    else
      seen.reason += "; no price: " + prices->second.error().sentence;
    return seen;
  }

  const config::ProbeConfig config_;
  asio::any_io_executor executor_;
  AwsClient client_;
  std::map<std::string, Lease<Offerings>> offerings_;
  /// Forms that AWS refused for its quota of new configurations.
  std::map<std::string, Lease<AwsFailure>> paused_;
};

/// All calls beside what AWS allows of each action in each region, so that there is more room than it seems.
DailyCalls daily(const config::ProbeConfig& config, std::span<const core::Profile* const> profiles, double runs) {
  const AwsCalls calls = aws_calls(profiles, config.aws);
  return {.calls = runs * calls.of_run + calls.of_day, .most = kMostCallsADay};
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
