#include "core/timeline.hpp"

#include <gmock/gmock.h>

#include <random>

namespace core {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

/// A Monday.
constexpr base::Time kBegin{std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}};

Transition to(base::Duration after, Level level, Freshness freshness = Freshness::fresh) {
  return {kBegin + after, level, freshness, ""};
}

Timeline in_a_day(std::vector<Transition> transitions) {
  return timeline(transitions, kBegin, kBegin + 24h);
}

TEST(Timeline, CoversAllOfTheTime) {
  const std::vector<Transition> transitions{to(-50h, Level::low), to(-2h, Level::high),
                                            to(3h, Level::high, Freshness::stale),
                                            to(4h, Level::unknown, Freshness::expired), to(30h, Level::low)};
  EXPECT_THAT(timeline(transitions, kBegin, kBegin + 24h),
              ElementsAre(Stretch{kBegin, kBegin + 3h, Level::high, Freshness::fresh, ""},
                          Stretch{kBegin + 3h, kBegin + 4h, Level::high, Freshness::stale, ""},
                          Stretch{kBegin + 4h, kBegin + 24h, Level::unknown, Freshness::expired, ""}));
  EXPECT_THAT(timeline(transitions, kBegin + 24h, kBegin + 24h), IsEmpty());
  EXPECT_THAT(timeline(transitions, kBegin + 24h, kBegin), IsEmpty());
}

TEST(Timeline, IsUnknownBeforeTheFirstTransition) {
  EXPECT_THAT(in_a_day({to(6h, Level::low)}),
              ElementsAre(Stretch{kBegin, kBegin + 6h, Level::unknown, Freshness::pending, ""},
                          Stretch{kBegin + 6h, kBegin + 24h, Level::low, Freshness::fresh, ""}));
  EXPECT_THAT(in_a_day({}), ElementsAre(Stretch{kBegin, kBegin + 24h, Level::unknown, Freshness::pending, ""}));
}

TEST(Timeline, JoinsWhatIsTheSame) {
  std::vector<Transition> transitions{to(0h, Level::high), to(6h, Level::high), to(7h, Level::low),
                                      to(7h, Level::high)};
  transitions.front().reason = "the first";
  EXPECT_THAT(in_a_day(transitions),
              ElementsAre(Stretch{kBegin, kBegin + 24h, Level::high, Freshness::fresh, "the first"}));
}

TEST(Timeline, AStaleLevelHasAShareOfItsOwn) {
  const Shares found = shares(in_a_day({to(1h, Level::high), to(3h, Level::medium), to(6h, Level::low),
                                        to(10h, Level::low, Freshness::stale), to(15h, Level::unknown)}));
  EXPECT_EQ(found, (Shares{.high = 2h, .medium = 3h, .low = 4h, .stale = 5h, .unknown = 10h}));
  EXPECT_EQ(found.total(), 24h);
  EXPECT_EQ(parts(found)[2].name, "LOW");
  EXPECT_EQ(parts(found)[2].part, 4.0 / 24);
  EXPECT_EQ(parts(found)[3].level, Level::unknown) << "a stale time";
  EXPECT_EQ(parts({})[0].part, 0);
}

TEST(Timeline, APartIsAsItsLowestLevelUnlessHalfOfItWasNotObserved) {
  const Timeline day = in_a_day({to(1h, Level::high), to(2h, Level::low), to(3h, Level::high),
                                 to(6h, Level::medium, Freshness::stale), to(8h, Level::unknown, Freshness::expired)});
  const auto part = [&](base::Duration begin, base::Duration end) {
    const Stretch part = merged(day, kBegin + begin, kBegin + end);
    EXPECT_EQ(part.begin, kBegin + begin);
    EXPECT_EQ(part.end, kBegin + end);
    return std::pair(part.level, part.freshness);
  };
  EXPECT_EQ(part(1h, 6h), std::pair(Level::low, Freshness::fresh));
  EXPECT_EQ(part(3h, 5h), std::pair(Level::high, Freshness::fresh));
  EXPECT_EQ(part(0h, 2h), std::pair(Level::unknown, Freshness::pending)) << "half of it";
  EXPECT_EQ(part(0h, 2h + 1s), std::pair(Level::low, Freshness::fresh));
  EXPECT_EQ(part(5h, 8h), std::pair(Level::medium, Freshness::stale));
  EXPECT_EQ(part(5h, 10h), std::pair(Level::unknown, Freshness::expired));
  EXPECT_EQ(part(23h, 26h), std::pair(Level::unknown, Freshness::expired)) << "it may reach beyond";
}

TEST(Timeline, ALevelLastsFromItsBeginningToItsEnd) {
  std::vector<Transition> transitions;
  // HIGH for 1, 2, …, 10 minutes, with LOW between.
  for (base::Duration at{0}; const int minutes : {3, 1, 2, 10, 9, 8, 4, 5, 6, 7}) {
    transitions.push_back(to(at, Level::low));
    transitions.push_back(to(at + 30min, Level::high));
    at += 30min + std::chrono::minutes{minutes};
    transitions.push_back(to(at, Level::low));
  }
  EXPECT_EQ(lasting(in_a_day(transitions), Level::high),
            (Lasting{.count = 10, .median = 5min, .most = 9min, .cut = 0}));
  EXPECT_EQ(lasting(in_a_day(transitions), Level::low),
            (Lasting{.count = 9, .median = 30min, .most = 30min, .cut = 2}));
  EXPECT_EQ(lasting(in_a_day(transitions), Level::medium), Lasting{});
}

TEST(Timeline, ALevelThatIsCutOffSaysNothingOfHowLongItLasts) {
  EXPECT_EQ(lasting(in_a_day({to(-1h, Level::high), to(1h, Level::low), to(2h, Level::high),
                              to(3h, Level::unknown, Freshness::expired), to(4h, Level::high), to(5h, Level::low),
                              to(6h, Level::high), to(7h, Level::high, Freshness::stale), to(8h, Level::high),
                              to(9h, Level::medium), to(10h, Level::high)}),
                    Level::high),
            (Lasting{.count = 1, .median = 3h, .most = 3h, .cut = 4}))
      << "only the one with the STALE hour has a beginning and an end";
}

TEST(Timeline, TheChanceIsThatOfAllMomentsWithAKnownFuture) {
  // At 0 and 1 it is HIGH, UNKNOWN at 18, and the time ends at 24.
  const Timeline day =
      in_a_day({to(0h, Level::high), to(2h, Level::low), to(6h, Level::medium), to(8h, Level::low),
                to(12h, Level::high), to(14h, Level::low), to(18h, Level::unknown), to(19h, Level::low)});
  // LOW at 2 to 5, 8 to 11, 14 to 17, 19 to 23.
  EXPECT_EQ(chance(day, Level::medium, 1h, 1h), (Chance{.reached = 2, .count = 4 + 4 + 3 + 4}));
  EXPECT_EQ(chance(day, Level::medium, 4h, 1h), (Chance{.reached = 8, .count = 4 + 4 + 0 + 1}));
  // MEDIUM at 6 and 7 is below HIGH, too.
  EXPECT_EQ(chance(day, Level::high, 4h, 1h), (Chance{.reached = 4, .count = 4 + 2 + 4 + 0 + 1}));
  EXPECT_EQ(chance(day, Level::high, 24h, 1h), Chance{}) << "nobody knows";
  EXPECT_EQ(chance({}, Level::high, 1h, 1h), Chance{});
}

TEST(Timeline, AStaleLevelReachesNothing) {
  const Timeline day = in_a_day({to(0h, Level::low), to(3h, Level::high, Freshness::stale), to(6h, Level::low),
                                 to(9h, Level::low, Freshness::stale)});
  // Observed below it at 0 to 2 and 6 to 8.
  EXPECT_EQ(chance(day, Level::high, 4h, 1h), (Chance{.reached = 0, .count = 6}));
}

TEST(Timeline, AWeekHasAllMondaysInOnePlace) {
  const std::vector<Transition> transitions{
      to(30min, Level::high), to(1h, Level::low), to(2h, Level::unknown),        // a Monday
      to(168h, Level::medium), to(168h + 15min, Level::low, Freshness::stale)};  // the next one
  const Week found = week(timeline(transitions, kBegin, kBegin + 14 * 24h));
  EXPECT_EQ(found[0], (HourOfWeek{.high = 30min, .medium = 15min, .low = 0min, .weeks = 2}));
  EXPECT_EQ(found[1], (HourOfWeek{.high = 0min, .medium = 0min, .low = 1h, .weeks = 1}));
  EXPECT_EQ(found[2], HourOfWeek{});
  EXPECT_EQ(found[0].at_least_medium(), 1);
  EXPECT_EQ(found[1].at_least_medium(), 0);
  const Week sunday = week(timeline({{to(-10min, Level::low)}}, kBegin - 10min, kBegin + 10min));
  EXPECT_EQ(sunday[6 * 24 + 23].low, 10min);
  EXPECT_EQ(sunday[0].low, 10min);
}

/// Everything again, minute by minute.
class Naive {
 public:
  Naive(const Timeline& stretches, base::Duration length) : stretches_(stretches), length_(length) {}

  const Stretch& at(base::Time moment) const {
    return *std::ranges::find_if(stretches_, [&](const Stretch& one) { return moment < one.end; });
  }

  Chance chance(Level level, base::Duration within, base::Duration step) const {
    Chance chance;
    for (base::Time moment = kBegin; moment + within < kBegin + length_; moment += step) {
      if (!at(moment).observed() || at(moment).level >= level) continue;
      bool known = true, reached = false;
      for (base::Time later = moment; later <= moment + within; later += 1min) {
        known = known && at(later).level != Level::unknown;
        reached = reached || (at(later).observed() && at(later).level >= level);
      }
      chance.count += known ? 1 : 0;
      chance.reached += known && reached ? 1 : 0;
    }
    return chance;
  }

  Week week() const {
    Week week{};
    std::array<std::set<std::int64_t>, std::tuple_size_v<Week>> weeks;
    for (base::Duration after{0}; after < length_; after += 1min) {
      const Stretch& now = at(kBegin + after);
      const std::int64_t hour = after / 1h;
      HourOfWeek& place = week[static_cast<std::size_t>(hour % 168)];
      if (!now.observed()) continue;
      (now.level == Level::high ? place.high : now.level == Level::medium ? place.medium : place.low) += 1min;
      weeks[static_cast<std::size_t>(hour % 168)].insert(hour / 168);
    }
    for (std::size_t i = 0; i < week.size(); ++i) week[i].weeks = static_cast<int>(weeks[i].size());
    return week;
  }

 private:
  const Timeline& stretches_;
  base::Duration length_;
};

TEST(Timeline, EqualsWhatEveryMinuteSays) {
  std::mt19937 random(7);
  for (int round = 0; round < 20; ++round) {
    const base::Duration length = 16 * 24h;
    std::vector<Transition> transitions;
    for (base::Duration at{0}; at < length; at += std::chrono::minutes{1 + random() % 900}) {
      const auto level = static_cast<Level>(random() % 4);
      const bool stale = level != Level::unknown && random() % 4 == 0;
      transitions.push_back(to(at, level, stale ? Freshness::stale : Freshness::fresh));
    }
    const Timeline stretches = timeline(transitions, kBegin, kBegin + length);
    const Naive naive(stretches, length);
    EXPECT_EQ(week(stretches), naive.week());
    for (const Level level : {Level::medium, Level::high})
      for (const base::Duration within : {base::Duration(1h), base::Duration(7h)})
        EXPECT_EQ(chance(stretches, level, within, 30min), naive.chance(level, within, 30min));
    EXPECT_EQ(shares(stretches).total(), length);
  }
}

}  // namespace
}  // namespace core
