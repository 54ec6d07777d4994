// What becomes history, and what is read of it, over every kind of store.
#include <gmock/gmock.h>

#include "store/buckets.hpp"
#include "support/rows.hpp"
#include "support/store_harness.hpp"

namespace store {
namespace {

using namespace std::chrono_literals;
using core::Freshness;
using core::Level;
using core::Transition;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// All that there is.
constexpr Between kAlways{base::Time{}, support::FakeClock::kStart + std::chrono::days{36500}};
constexpr std::size_t kAll = 1'000'000;
/// Due again after a tick, STALE after 90 s, EXPIRED after 5 min.
constexpr core::FreshnessRule kOften{1us, 90s - 1us, 5min};

Transition fresh(base::Time at, Level level, std::string reason = "") {
  return {at, level, Freshness::fresh, std::move(reason)};
}
Transition stale(base::Time at, Level level) {
  return {at, level, Freshness::stale, ""};
}
Transition expired(base::Time at) {
  return {at, Level::unknown, Freshness::expired, ""};
}

class HistoryTest : public StoreTest {
 protected:
  core::ProfileId add_measured(const std::string& name) {
    const auto id = add("Amazon", name);
    assign(id, "p", kOften.ttl);
    return id;
  }
  /// A run that ends now, at least a tick after the one before it. Returns its measured_at.
  base::Time measure(const core::Measurement& measured, const core::FreshnessRule& rule = kOften) {
    clock_.advance(kTick);
    Outcome outcome = success(claim_one());
    for (Finding& finding : outcome.findings) finding.result = measured;
    outcome.rule = rule;
    EXPECT_THAT(finish(outcome), IsEmpty());
    return now() - measured.age;
  }
  base::Time measure(Level level, std::string reason = "", base::Duration age = {}) {
    return measure({.level = level, .reason = std::move(reason), .age = age});
  }
  std::vector<Transition> history(core::ProfileId id, const Between& between = kAlways, std::size_t limit = kAll) {
    return store().transitions(id, between, limit);
  }
  std::vector<base::Time> times(core::ProfileId id) {
    std::vector<base::Time> times;
    for (const Transition& one : history(id)) times.push_back(one.at);
    return times;
  }
  std::vector<Level> levels(core::ProfileId id) {
    std::vector<Level> levels;
    for (const Transition& one : history(id)) levels.push_back(one.level);
    return levels;
  }
  std::string recent(core::ProfileId id) {
    core::RecentLevels::Letters letters;
    return std::string(row(id)->reading->recent.text(letters));
  }
  std::vector<core::Bucket> free(core::ProfileId id, core::Span span, const Between& between = kAlways) {
    return store().numbers(id, &core::Measurement::free, span, between, kAll);
  }
  /// Prunes until there is no more to do; returns the rows.
  std::int64_t prune() {
    std::int64_t rows = 0;
    for (Pruned step{0, true}; step.more; rows += step.rows) step = store().prune();
    return rows;
  }
  void keep(base::Duration transitions, base::Duration five = 14 * 24h, base::Duration hours = 400 * 24h,
            base::Duration days = 1825 * 24h) {
    store().keep({transitions, five, hours, days});
  }
};

TEST_P(HistoryTest, IsEmptyBeforeTheFirstReading) {
  const auto id = add_measured("c5");
  EXPECT_THAT(history(id), IsEmpty());
  EXPECT_THAT(history(id + 100), IsEmpty());
  EXPECT_THAT(store().latest_transitions(10), IsEmpty());
  EXPECT_THAT(store().transitions_after(0, 10), IsEmpty());
  EXPECT_THAT(free(id, core::Span::hour), IsEmpty());
  clock_.advance(kTick);
  finish(failure(claim_one(), "refused"));
  EXPECT_THAT(history(id), IsEmpty()) << "a failure is no reading";
}

TEST_P(HistoryTest, HasTheFirstReadingAndEachOtherLevel) {
  const auto id = add_measured("c5");
  const auto first = measure(Level::high, "42 of 64 idle");
  measure(Level::high, "41 of 64 idle");
  clock_.advance(60s);
  const auto second = measure(Level::low, "0 of 64 idle");
  measure(Level::low, "0 of 64 idle");
  EXPECT_THAT(history(id),
              ElementsAre(fresh(first, Level::high, "42 of 64 idle"), fresh(second, Level::low, "0 of 64 idle")));
}

TEST_P(HistoryTest, ALossOfFreshnessIsWrittenWhenItEnds) {
  const auto id = add_measured("c5");
  const auto first = measure(Level::high);
  clock_.advance(2min);
  EXPECT_THAT(history(id), ElementsAre(fresh(first, Level::high)));
  const auto second = measure(Level::high);
  EXPECT_THAT(history(id),
              ElementsAre(fresh(first, Level::high), stale(first + 90s, Level::high), fresh(second, Level::high)));
  clock_.advance(10min);
  const auto third = measure(Level::medium);
  EXPECT_THAT(history(id, {second, kAlways.to}),
              ElementsAre(fresh(second, Level::high), stale(second + 90s, Level::high), expired(second + 5min),
                          fresh(third, Level::medium)));
}

TEST_P(HistoryTest, AFailureMayHaveCausedTheLoss) {
  const auto id = add_measured("c5");
  const auto first = measure(Level::high);
  clock_.advance(2min);
  finish(failure(claim_one(), "refused"));
  EXPECT_THAT(history(id), SizeIs(1));
  clock_.advance(kRule.ttl);
  const auto second = measure(Level::high);
  EXPECT_THAT(history(id),
              ElementsAre(fresh(first, Level::high), stale(first + 90s, Level::high), fresh(second, Level::high)));
}

TEST_P(HistoryTest, AReadingMayLastLongerThanADay) {
  const core::FreshnessRule slow{1us, 50h, 100h};
  const auto id = add_measured("c5");
  const auto first = measure({.level = Level::medium}, slow);
  clock_.advance(49h);
  measure({.level = Level::medium}, slow);
  EXPECT_THAT(history(id), ElementsAre(fresh(first, Level::medium)));
  EXPECT_EQ(recent(id), std::string(48, 'M'));
  clock_.advance(72h);
  measure({.level = Level::high}, slow);
  EXPECT_THAT(levels(id), ElementsAre(Level::medium, Level::medium, Level::high));
  EXPECT_EQ(recent(id), std::string(4, 'M') + std::string(43, '-') + "H") << "STALE 22 hours before its end";
}

TEST_P(HistoryTest, HasFlapsOneByOne) {
  const auto id = add_measured("c5");
  std::vector<Transition> expected;
  for (int i = 0; i < 50; ++i) {
    const Level level = i % 2 == 0 ? Level::high : Level::low;
    expected.push_back(fresh(measure(level, "r"), level, "r"));
  }
  EXPECT_EQ(history(id), expected);
  EXPECT_THAT(store().transitions_after(0, kAll), SizeIs(50));
}

TEST_P(HistoryTest, AnotherKindOfReasonIsATransitionOnceAnHour) {
  const auto id = add_measured("c5");
  const auto first = measure(Level::low, "0 of 64 idle");
  clock_.advance(60s);
  const auto second = measure(Level::low, "the partition is down");
  std::vector<Transition> expected{fresh(first, Level::low, "0 of 64 idle"),
                                   fresh(second, Level::low, "the partition is down")};
  for (int i = 0; i < 59; ++i) {
    clock_.advance(60s - kTick);
    measure(Level::low, "always another " + std::string(static_cast<std::size_t>(i), 'x'));
  }
  EXPECT_EQ(history(id), expected);
  clock_.advance(60s);
  expected.push_back(fresh(measure(Level::low, "at last"), Level::low, "at last"));
  EXPECT_EQ(history(id), expected);
}

TEST_P(HistoryTest, ALongReasonIsCut) {
  const auto id = add_measured("c5");
  std::string reason;
  while (reason.size() < 1000) reason += "名前 ";
  measure(Level::low, reason);
  measure(Level::low, reason);
  EXPECT_EQ(row(id)->reading->reason, reason);
  ASSERT_THAT(history(id), SizeIs(1));
  EXPECT_EQ(history(id)[0].reason, core::short_reason(reason));
}

TEST_P(HistoryTest, ASupersededReadingIsNone) {
  const auto id = add_measured("c5");
  clock_.advance(10min);
  const auto first = measure({.level = Level::high, .free = 1.0});
  clock_.advance(60s);
  measure({.level = Level::low, .free = 2.0, .age = 5min});
  EXPECT_EQ(row(id)->reading->level, Level::high);
  EXPECT_THAT(history(id), ElementsAre(fresh(first, Level::high)));
  ASSERT_THAT(free(id, core::Span::hour), SizeIs(1));
  EXPECT_EQ(free(id, core::Span::hour)[0].count, 1);
}

TEST_P(HistoryTest, BeginsWhenItWasMeasured) {
  const auto id = add_measured("c5");
  clock_.advance(10min);
  const auto first = measure(Level::high, "", 40s);
  EXPECT_EQ(first, now() - 40s);
  clock_.advance(60s);
  const auto second = measure(Level::low, "", 5s);
  EXPECT_THAT(history(id),
              ElementsAre(fresh(first, Level::high), stale(first + 90s, Level::high), fresh(second, Level::low)));
}

TEST_P(HistoryTest, TimesGoOnWhereReadingsAreOfTheSameTime) {
  const auto id = add_measured("c5");
  clock_.advance(10min);
  const auto first = measure(Level::high, "", 1s);
  EXPECT_EQ(measure(Level::low, "", 1s + kTick), first);
  EXPECT_EQ(measure(Level::low, "", 1s + 2 * kTick), first);
  EXPECT_EQ(measure(Level::medium, "", 1s + 3 * kTick), first);
  EXPECT_EQ(measure(Level::high, "", 1s + 3 * kTick), first + kTick);
  EXPECT_THAT(history(id), ElementsAre(fresh(first, Level::high), fresh(first + 1us, Level::low),
                                       fresh(first + 2us, Level::medium), fresh(first + 3us, Level::high)));
}

TEST_P(HistoryTest, AClockThatIsSetBackLosesNothing) {
  const auto id = add_measured("c5");
  const auto first = measure(Level::high);
  clock_.set_wall(now() + 24h);
  const auto wrong = measure(Level::low);
  EXPECT_GT(wrong, first + 23h);
  measure(Level::medium);
  clock_.set_wall(now() - 24h + 10s);
  for (const char* probe : {"q", "p"}) assign(id, probe, kOften.ttl);  // due now
  const auto right = measure(Level::medium);
  const auto at = times(id);
  EXPECT_THAT(levels(id), ElementsAre(Level::high, Level::high, Level::unknown, Level::low, Level::medium));
  EXPECT_EQ(at.front(), first);
  EXPECT_LT(at.back(), right);
  EXPECT_TRUE(std::ranges::is_sorted(at, std::less_equal()));
  clock_.advance(60s);
  const auto last = measure(Level::low);
  EXPECT_EQ(times(id).back(), last) << "it goes on as before";
  const auto rows = store().board_at(now(), {}, 10);
  EXPECT_EQ(rows.at(0).state, fresh(last, Level::low));
}

TEST_P(HistoryTest, OneChangeIsOneRevision) {
  store().prepare("p", kRule.ttl, true);
  std::vector<core::ProfileId> ids;
  for (const char* name : {"a", "b", "c"}) {
    ids.push_back(add("cluster", name));
    const Assignment assignment{ids.back(), "p", kRule.ttl, true};
    store().assign({&assignment, 1});
  }
  const auto at = measure(Level::high);
  const auto all = store().transitions_after(0, 1);
  ASSERT_THAT(all, SizeIs(3)) << "whole revisions";
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(all[i], (core::LoggedTransition{revision(), ids[i], fresh(at, Level::high)}));
  EXPECT_THAT(store().transitions_after(revision(), 10), IsEmpty());
}

TEST_P(HistoryTest, TransitionsHaveTheOneInForceInFront) {
  const auto id = add_measured("c5");
  std::vector<base::Time> at;
  for (int i = 0; i < 6; ++i) {
    clock_.advance(60s);
    at.push_back(measure(i % 2 == 0 ? Level::high : Level::low));
  }
  const auto begins = [&](const Between& between, std::size_t limit = kAll) {
    std::vector<base::Time> times;
    for (const Transition& one : history(id, between, limit)) times.push_back(one.at);
    return times;
  };
  EXPECT_THAT(begins({at[1] + 1s, at[3]}), ElementsAre(at[1], at[2])) << "until, not with";
  EXPECT_THAT(begins({at[1], at[3] + 1us}), ElementsAre(at[1], at[2], at[3]));
  EXPECT_THAT(begins({at[0] - 1us, at[1]}), ElementsAre(at[0]));
  EXPECT_THAT(begins({at[0] - 1h, at[0]}), IsEmpty()) << "before the first one nothing is known";
  EXPECT_THAT(begins({at[5] + 1h, at[5] + 2h}), ElementsAre(at[5]));
  EXPECT_THAT(begins({at[0], at[5] + 1h}, 2), ElementsAre(at[4], at[5])) << "the latest";
  EXPECT_THAT(begins({at[0], at[5] + 1h}, 0), IsEmpty());
  EXPECT_THAT(begins({at[3], at[3]}), IsEmpty());
}

TEST_P(HistoryTest, TheBoardAsItWas) {
  store().add({"Azure", "H16mr"}, {{"region", "eu-1"}});
  const auto begin = now();
  add_measured("c5");
  const auto first = measure(Level::high, "a");
  clock_.advance(60s);
  const auto second = measure(Level::low, "b");
  const auto id = add("Zone", "z");
  clock_.advance(10min);
  const auto state = [&](base::Time time) { return store().board_at(time, {}, 10).at(0).state; };
  EXPECT_EQ(state(begin), std::nullopt);
  EXPECT_EQ(state(first), fresh(first, Level::high, "a"));
  EXPECT_EQ(state(second - 1us), fresh(first, Level::high, "a"));
  EXPECT_EQ(state(second), fresh(second, Level::low, "b"));
  EXPECT_EQ(state(second + 90s), stale(second + 90s, Level::low)) << "not written yet";
  EXPECT_EQ(state(second + 5min), expired(second + 5min));
  const auto all = store().board_at(now(), {}, 10);
  ASSERT_THAT(all, SizeIs(3));
  EXPECT_EQ(all[1].profile.key, (core::ProfileKey{"Azure", "H16mr"}));
  EXPECT_EQ(all[1].profile.labels, (core::Labels{{"region", "eu-1"}}));
  EXPECT_EQ(all[1].state, std::nullopt);
  EXPECT_EQ(all[2].profile.id, id) << "it is present, whether it was then or not";
}

TEST_P(HistoryTest, TheBoardAsItWasComesInPages) {
  std::vector<core::ProfileKey> keys;
  for (const char* provider : {"a", "B", "c d"})
    for (const char* name : {"1", "10", "2", "ä"}) keys.push_back({provider, name});
  for (const core::ProfileKey& key : keys) add(key.provider, key.name);
  std::ranges::sort(keys);
  const auto page = [&](const core::ProfileKey& after, std::size_t limit) {
    std::vector<core::ProfileKey> found;
    for (const PastRow& row : store().board_at(now(), after, limit)) found.push_back(row.profile.key);
    return found;
  };
  for (const std::size_t limit : {1U, 3U, 5U, 100U}) {
    std::vector<core::ProfileKey> all;
    for (auto part = page({}, limit); !part.empty(); part = page(part.back(), limit)) {
      EXPECT_LE(part.size(), limit);
      all.insert(all.end(), part.begin(), part.end());
    }
    EXPECT_EQ(all, keys) << limit;
  }
  EXPECT_THAT(page({"b", "not there"}, 1), ElementsAre(core::ProfileKey{"c d", "1"}));
  EXPECT_THAT(page({}, 0), IsEmpty());
}

TEST_P(HistoryTest, AllTransitionsInTheOrderOfRevisions) {
  const auto a = add_measured("a");
  measure(Level::high);
  const auto b = add_measured("b");
  clock_.advance(kTick);
  finish_all(claim().claims);
  clock_.advance(1h);
  measure(Level::low);
  const auto all = store().transitions_after(0, kAll);
  ASSERT_THAT(all, SizeIs(5));
  EXPECT_EQ(all[0].profile, a);
  EXPECT_EQ(all[1].profile, b);
  EXPECT_EQ(all[2].transition.freshness, Freshness::stale);
  EXPECT_EQ(all[4].transition.level, Level::low);
  EXPECT_EQ(all[2].revision, all[4].revision);
  std::vector<core::LoggedTransition> read;
  for (core::Revision seen = 0;;) {
    const auto part = store().transitions_after(seen, 1);
    if (part.empty()) break;
    seen = part.back().revision;
    read.insert(read.end(), part.begin(), part.end());
  }
  EXPECT_EQ(read, all);
  auto latest = store().latest_transitions(kAll);
  std::ranges::reverse(latest);
  EXPECT_EQ(latest, all);
  EXPECT_THAT(store().latest_transitions(1), ElementsAre(all.back()));
  std::ranges::sort(latest, std::greater(), [](const auto& one) { return std::tuple(one.transition.at, one.profile); });
  EXPECT_EQ(store().latest_transitions_of(std::array{a, b}, kAll), latest);
  EXPECT_THAT(store().latest_transitions_of(std::array{a, b}, 1), ElementsAre(latest.front()));
  std::erase_if(latest, [&](const auto& one) { return one.profile != b; });
  EXPECT_EQ(store().latest_transitions_of(std::array{b}, kAll), latest) << "of this one alone";
  EXPECT_THAT(store().transitions_after(0, 0), IsEmpty());
}

TEST_P(HistoryTest, AProfileThatIsRemovedHasNone) {
  const auto id = add_measured("c5");
  measure({.level = Level::high, .free = 1.0});
  clock_.advance(2h);
  measure({.level = Level::low, .free = 1.0});
  ASSERT_TRUE(store().remove(id));
  EXPECT_THAT(history(id), IsEmpty());
  EXPECT_THAT(free(id, core::Span::day), IsEmpty());
  EXPECT_THAT(store().board_at(now(), {}, 10), IsEmpty());
  EXPECT_THAT(store().latest_transitions(10), IsEmpty());
  EXPECT_THAT(store().transitions_after(0, 10), IsEmpty());
}

TEST_P(HistoryTest, AnotherKeyBeginsAnotherHistory) {
  const auto id = add_measured("c5");
  measure({.level = Level::high, .free = 1.0});
  clock_.advance(2h);
  measure({.level = Level::low, .free = 1.0});
  ASSERT_TRUE(store().replace(id, {"Azure", "new"}));
  EXPECT_THAT(history(id), IsEmpty());
  EXPECT_THAT(free(id, core::Span::day), IsEmpty());
  EXPECT_EQ(store().board_at(now(), {}, 10).at(0).state, std::nullopt);
  EXPECT_THAT(store().transitions_after(0, 10), IsEmpty());
  assign(id, "p", kOften.ttl);
  const auto at = measure({.level = Level::low, .free = 5.0});
  EXPECT_THAT(history(id), ElementsAre(fresh(at, Level::low)));
  EXPECT_EQ(recent(id), "L");
  ASSERT_THAT(free(id, core::Span::day), SizeIs(1));
  EXPECT_EQ(free(id, core::Span::day)[0].sum, 5);
  EXPECT_EQ(store().board_at(now(), {}, 10).at(0).state, fresh(at, Level::low));
  EXPECT_EQ(store().board_at(at - 1us, {}, 10).at(0).state, std::nullopt);
  prune();
  EXPECT_THAT(history(id), ElementsAre(fresh(at, Level::low)));
  ASSERT_TRUE(store().change(id, {"Azure", "new"}, core::Labels{{"k", "v"}}));
  EXPECT_THAT(history(id), ElementsAre(fresh(at, Level::low))) << "other labels are no other profile";
}

TEST_P(HistoryTest, OldTransitionsGoButForTheOneInForce) {
  const auto id = add_measured("c5");
  const auto other = add("Azure", "H16mr");
  std::vector<base::Time> at;
  for (int day = 0; day < 5; ++day) {
    at.push_back(measure({.level = day % 2 == 0 ? Level::high : Level::low}, {1us, 1000h, 2000h}));
    clock_.advance(24h);
  }
  keep(90 * 24h);
  EXPECT_EQ(prune(), 0);
  EXPECT_THAT(times(id), SizeIs(5));
  keep(60h);
  clock_.advance(1h);
  EXPECT_EQ(prune(), 2);
  EXPECT_EQ(times(id), std::vector(at.begin() + 2, at.end())) << "a state from before was still in force";
  clock_.advance(1000h);
  EXPECT_EQ(prune(), 2);
  EXPECT_THAT(times(id), ElementsAre(at.back()));
  EXPECT_EQ(prune(), 0);
  EXPECT_THAT(history(other), IsEmpty());
}

TEST_P(HistoryTest, WhatIsNotKeptIsNotWritten) {
  const auto id = add_measured("c5");
  measure({.level = Level::high, .free = 1.0});
  keep(0s, 0s, 0s, 0s);
  clock_.advance(60s);
  measure({.level = Level::low, .free = 1.0});
  EXPECT_THAT(history(id), SizeIs(1));
  prune();
  EXPECT_THAT(history(id), IsEmpty());
  for (const auto span : {core::Span::five_minutes, core::Span::hour, core::Span::day})
    EXPECT_THAT(free(id, span), IsEmpty());
  keep(1h, 1h);
  clock_.advance(60s);
  const auto at = measure({.level = Level::low, .free = 7.0});
  const auto told = history(id);
  EXPECT_EQ(told.back().level, Level::low);
  EXPECT_LE(told.back().at, at);
  ASSERT_THAT(free(id, core::Span::hour), SizeIs(1));
  EXPECT_EQ(free(id, core::Span::hour)[0].count, 1);
}

TEST_P(HistoryTest, WhatWasNotToldIsUnknown) {
  const auto id = add_measured("c5");
  const auto first = measure(Level::high);
  keep(0s);
  clock_.advance(60s);
  const auto untold = measure(Level::low);
  clock_.advance(60s);
  const auto again = measure(Level::high);
  EXPECT_THAT(history(id), ElementsAre(fresh(first, Level::high))) << "nothing is written meanwhile";
  keep(1h);
  clock_.advance(60s);
  measure(Level::high);
  EXPECT_THAT(history(id), ElementsAre(fresh(first, Level::high), expired(untold), fresh(again, Level::high)));
  clock_.advance(60s);
  const auto low = measure(Level::low);
  EXPECT_THAT(history(id), ElementsAre(fresh(first, Level::high), expired(untold), fresh(again, Level::high),
                                       fresh(low, Level::low)));
}

TEST_P(HistoryTest, ATurnIsOneReplicas) {
  EXPECT_TRUE(store().take_turn(60s));
  EXPECT_FALSE(store().take_turn(60s));
  clock_.advance(59s);
  EXPECT_FALSE(store().take_turn(60s));
  clock_.advance(1s);
  EXPECT_TRUE(store().take_turn(60s));
  clock_.set_wall(now() - 24h);
  EXPECT_TRUE(store().take_turn(60s)) << "the clock was ahead";
  EXPECT_FALSE(store().take_turn(60s));
}

TEST_P(HistoryTest, RecentLevelsAreOfTheLastDay) {
  const auto id = add_measured("c5");
  const core::FreshnessRule rule{1us, 45min, 2h};
  for (int i = 0; i < 60; ++i) {
    clock_.advance(30min - kTick);
    measure({.level = i % 3 == 0 ? Level::low : Level::high}, rule);
  }
  std::string expected;
  for (int i = 60 - 48; i < 60; ++i) expected += i % 3 == 0 ? 'L' : 'H';
  EXPECT_EQ(recent(id), expected);
}

/// A bucket by what people see of it.
core::Bucket bucket(base::Time begin, std::int64_t count, double least, double most, double sum) {
  return {begin, count, least, most, sum};
}

TEST_P(HistoryTest, NumbersAreCountedBySpans) {
  const auto id = add_measured("c5");
  const auto begin = now();
  for (const double free : {4.0, 2.0, 6.5}) measure({.level = Level::high, .free = free, .total = 8.0});
  clock_.advance(5min);
  measure({.level = Level::high, .total = 8.0});
  clock_.advance(10min);
  measure({.level = Level::high, .free = 0.25});
  measure({.level = Level::high, .free = 0.5});
  EXPECT_THAT(free(id, core::Span::five_minutes),
              ElementsAre(bucket(begin, 3, 2, 6.5, 12.5), bucket(begin + 15min, 2, 0.25, 0.5, 0.75)));
  EXPECT_THAT(free(id, core::Span::hour), ElementsAre(bucket(begin, 5, 0.25, 6.5, 13.25)));
  EXPECT_THAT(free(id, core::Span::day), ElementsAre(bucket(begin, 5, 0.25, 6.5, 13.25)));
  EXPECT_THAT(store().numbers(id, &core::Measurement::total, core::Span::five_minutes, kAlways, kAll),
              ElementsAre(bucket(begin, 3, 8, 8, 24), bucket(begin + 5min, 1, 8, 8, 8)));
  EXPECT_THAT(store().numbers(id, &core::Measurement::price, core::Span::day, kAlways, kAll), IsEmpty());
  EXPECT_DOUBLE_EQ(free(id, core::Span::hour)[0].mean(), 13.25 / 5);
}

TEST_P(HistoryTest, NumbersOfEachKindAreKept) {
  const auto id = add_measured("c5");
  core::Measurement measured{.level = Level::high};
  support::set_numbers(measured);
  measured.score = -1.5e300;
  for (int i = 0; i < 3; ++i) {
    measure(measured);
    clock_.advance(3h);
  }
  for (const core::Number& number : core::kNumbers) {
    const auto found = store().numbers(id, number.value, core::Span::day, kAlways, kAll);
    ASSERT_THAT(found, SizeIs(1)) << number.name;
    EXPECT_EQ(found[0].count, 3);
    EXPECT_EQ(found[0].least, *(measured.*number.value)) << number.name;
    EXPECT_DOUBLE_EQ(found[0].mean(), *(measured.*number.value)) << number.name;
  }
}

TEST_P(HistoryTest, NumbersBeginInTheTimeAsked) {
  const auto id = add_measured("c5");
  const auto begin = now();
  for (int i = 0; i < 60; ++i) {
    measure({.level = Level::high, .free = static_cast<double>(i)});
    clock_.advance(5min - kTick);
  }
  const auto begins = [&](core::Span span, base::Time from, base::Time to, std::size_t limit = kAll) {
    std::vector<base::Duration> times;
    for (const auto& one : store().numbers(id, &core::Measurement::free, span, {from, to}, limit))
      times.push_back(one.begin - begin);
    return times;
  };
  EXPECT_THAT(begins(core::Span::five_minutes, begin + 10min, begin + 20min), ElementsAre(10min, 15min));
  EXPECT_THAT(begins(core::Span::five_minutes, begin + 10min + 1us, begin + 20min + 1us), ElementsAre(15min, 20min));
  EXPECT_THAT(begins(core::Span::hour, begin, begin + 2h), ElementsAre(0h, 1h));
  EXPECT_THAT(begins(core::Span::hour, begin + 1us, begin + 2h + 1us), ElementsAre(1h, 2h));
  EXPECT_THAT(begins(core::Span::hour, begin, kAlways.to, 2), ElementsAre(3h, 4h)) << "the latest";
  EXPECT_THAT(begins(core::Span::day, begin - 24h, begin + 1us), ElementsAre(0h));
  EXPECT_THAT(begins(core::Span::five_minutes, begin, kAlways.to), SizeIs(60));
  EXPECT_THAT(begins(core::Span::five_minutes, begin, kAlways.to, 0), IsEmpty());
  EXPECT_THAT(begins(core::Span::hour, begin + 2h, begin + 2h), IsEmpty());
  const auto hour = store().numbers(id, &core::Measurement::free, core::Span::hour, {begin + 2h, begin + 3h}, kAll);
  EXPECT_THAT(hour, ElementsAre(bucket(begin + 2h, 12, 24, 35, (24 + 35) * 6)));
}

TEST_P(HistoryTest, ReadingsWithoutNumbersLeaveGaps) {
  const auto id = add_measured("c5");
  const auto begin = now();
  measure({.level = Level::high, .free = 1.0});
  clock_.advance(2h);
  measure({.level = Level::high});
  clock_.advance(26h);
  measure({.level = Level::high, .free = 2.0});
  EXPECT_THAT(free(id, core::Span::hour), ElementsAre(bucket(begin, 1, 1, 1, 1), bucket(begin + 28h, 1, 2, 2, 2)));
  EXPECT_THAT(free(id, core::Span::day), ElementsAre(bucket(begin, 1, 1, 1, 1), bucket(begin + 24h, 1, 2, 2, 2)));
}

TEST_P(HistoryTest, ATimeThatGoesBackALittleCountsInTheLatestSpan) {
  const auto id = add_measured("c5");
  clock_.advance(55min);
  const auto begin = now();
  measure({.level = Level::high, .free = 1.0});
  measure({.level = Level::high, .free = 3.0, .age = 1s});
  EXPECT_THAT(free(id, core::Span::five_minutes), ElementsAre(bucket(begin, 2, 1, 3, 4)));
}

TEST_P(HistoryTest, AClockThatIsSetBackCountsAgain) {
  const auto id = add_measured("c5");
  const auto begin = now();
  clock_.advance(48h);
  for (int i = 0; i < 30; ++i) {
    measure({.level = Level::high, .free = 1.0});
    clock_.advance(5min);
  }
  clock_.set_wall(begin + 24h);
  for (int i = 0; i < 300; ++i) {
    for (const char* probe : {"q", "p"}) assign(id, probe, kOften.ttl);  // due now
    measure({.level = Level::high, .free = 2.0});
    clock_.advance(5min - kTick);
  }
  const auto days = free(id, core::Span::day);
  ASSERT_THAT(days, SizeIs(2));
  EXPECT_EQ(days[0], bucket(begin + 24h, 288, 2, 2, 576));
  EXPECT_EQ(days[1].begin, begin + 48h);
  EXPECT_EQ(days[1].most, 2) << "the second time counts, too";
}

/// The sum over all buckets: none is lost, and none counts twice.
std::int64_t count_of(const std::vector<core::Bucket>& buckets) {
  std::int64_t count = 0;
  for (const core::Bucket& one : buckets) count += one.count;
  return count;
}

TEST_P(HistoryTest, FiveMinutesBecomeHoursAndHoursBecomeDays) {
  const auto id = add_measured("c5");
  const auto begin = now();
  constexpr int kReadings = 5 * 24 * 2;
  for (int i = 0; i < kReadings; ++i) {
    measure({.level = Level::high, .free = static_cast<double>(i % 48)});
    clock_.advance(30min - kTick);
  }
  const auto hours = free(id, core::Span::hour), days = free(id, core::Span::day);
  ASSERT_THAT(hours, SizeIs(120));
  ASSERT_THAT(days, SizeIs(5));
  EXPECT_EQ(days[2], bucket(begin + 48h, 48, 0, 47, 47 * 24));
  EXPECT_EQ(prune(), 0);
  keep(90 * 24h, 60h);
  clock_.advance(1h);
  EXPECT_GT(prune(), 0);
  const auto left = free(id, core::Span::five_minutes);
  EXPECT_LE(count_of(left), 72 * 2 + 2);
  EXPECT_GE(count_of(left), 60 * 2 - 2);
  EXPECT_EQ(free(id, core::Span::hour), hours);
  EXPECT_EQ(free(id, core::Span::day), days);
  EXPECT_EQ(prune(), 0) << "once";
  keep(90 * 24h, 0s, 40 * 24h);
  clock_.advance(60 * 24h);
  EXPECT_GT(prune(), 0);
  EXPECT_THAT(free(id, core::Span::five_minutes), IsEmpty());
  EXPECT_EQ(free(id, core::Span::day), days);
  clock_.advance(32 * 24h);
  prune();
  EXPECT_THAT(free(id, core::Span::hour), SizeIs(testing::Le(1))) << "they are days, but for those under way";
  EXPECT_EQ(free(id, core::Span::day), days);
  clock_.advance(90 * 24h);
  measure({.level = Level::high, .free = 9.0});
  keep(90 * 24h, 0s, 0s, 24h);
  prune();
  EXPECT_THAT(free(id, core::Span::day), ElementsAre(bucket(begin_of(core::Span::day, now()), 1, 9, 9, 9)));
}

TEST_P(HistoryTest, ABlockThatEndsLateIsNotLost) {
  const auto id = add_measured("c5");
  const auto begin = now();
  measure({.level = Level::high, .free = 1.0});
  keep(90 * 24h, 24h, 24h);
  clock_.advance(10 * 24h);
  prune();
  measure({.level = Level::high, .free = 2.0});
  clock_.advance(1h);
  prune();
  EXPECT_EQ(free(id, core::Span::day).at(0), bucket(begin, 1, 1, 1, 1));
  clock_.advance(40 * 24h);
  measure({.level = Level::high, .free = 3.0});
  clock_.advance(1h);
  for (int i = 0; i < 3; ++i) {
    prune();
    EXPECT_THAT(free(id, core::Span::day), SizeIs(3));
    EXPECT_EQ(count_of(free(id, core::Span::day)), 3);
  }
}

TEST_P(HistoryTest, PruningGoesOverManyProfiles) {
  const auto ids = add_many(600);
  for (int i = 0; i < 3; ++i) {
    std::vector<Outcome> outcomes;
    for (const Claim& one : claim(ids.size()).claims) {
      outcomes.push_back(success(one, i == 1 ? Level::low : Level::high));
      outcomes.back().findings[0].result->free = 1.0;
    }
    EXPECT_THAT(store().finish(outcomes), IsEmpty());
    clock_.advance(24h);
  }
  ASSERT_TRUE(store().remove(ids[0]));
  ASSERT_TRUE(store().remove(ids[300]));
  ASSERT_TRUE(store().remove(ids[599]));
  keep(12h, 0s, 400 * 24h);
  clock_.advance(24h);
  EXPECT_GT(prune(), 0);
  for (const auto id : ids) {
    const bool gone = id == ids[0] || id == ids[300] || id == ids[599];
    EXPECT_THAT(history(id), SizeIs(gone ? 0 : 1)) << id;
    EXPECT_EQ(count_of(free(id, core::Span::day)), gone ? 0 : 3) << id;
  }
  EXPECT_EQ(prune(), 0);
}

INSTANTIATE_TEST_SUITE_P(Kinds, HistoryTest, testing::ValuesIn(store_kinds()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace store
