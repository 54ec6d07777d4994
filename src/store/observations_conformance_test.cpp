// Launches that somebody tells, over every kind of store.
#include <gmock/gmock.h>

#include "support/store_harness.hpp"

namespace store {
namespace {

using namespace std::chrono_literals;
using core::Level;
using Effect = Observed::Effect;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

constexpr Between kAlways{base::Time{}, support::FakeClock::kStart + std::chrono::days{36500}};
/// Due again after a tick, STALE after 90 s, EXPIRED after 5 min.
constexpr core::FreshnessRule kOften{1us, 90s - 1us, 5min};
const core::Launch kWorked{.error = ""};
const core::Launch kFailed{.error = "InsufficientInstanceCapacity", .took = {}, .where = "eu-1", .source = "karpenter"};

class ObservationsTest : public StoreTest {
 protected:
  core::ProfileId add_measured(Level level) {
    const auto id = add("Amazon", "c5");
    assign(id, "p", kOften.ttl);
    measure(level);
    clock_.advance(1s);
    return id;
  }
  void measure(Level level, base::Duration age = {}) {
    Outcome outcome = success(claim_one());
    outcome.findings.front().result = core::Measurement{.level = level, .free = 42, .reason = "measured", .age = age};
    outcome.rule = kOften;
    EXPECT_THAT(finish(outcome), IsEmpty());
  }
  Observed observe(core::ProfileId profile, const core::Launch& launch, std::optional<base::Time> at = {},
                   const std::string& id = "") {
    const Observation one{profile, launch, at, id, kOften};
    return store().observe({&one, 1}).at(0);
  }
  core::Calibration calibration(core::ProfileId profile, const Between& between = kAlways) {
    return store().calibration(between, profile)[profile];
  }
  Level level(core::ProfileId profile) { return row(profile)->reading->level; }
};

TEST_P(ObservationsTest, AFailureMakesTheRowLowAtOnce) {
  const auto id = add_measured(Level::high);
  const auto seen = revision();
  EXPECT_EQ(observe(id, kFailed), (Observed{Effect::applied, Level::high}));
  const auto changed = store().poll(seen).change.rows;
  ASSERT_THAT(changed, SizeIs(1));
  const core::Reading& reading = *changed[0]->reading;
  EXPECT_EQ(reading.level, Level::low);
  EXPECT_EQ(reading.reason, "launch failed in eu-1: InsufficientInstanceCapacity (reported by karpenter)");
  EXPECT_EQ(reading.measured_at, now());
  EXPECT_EQ(reading.stale_at, now() + 90s);
  EXPECT_EQ(reading.changed, (core::LevelChange{Level::high, now()}));
  EXPECT_FALSE(reading.free);
  EXPECT_EQ(changed[0]->probe, "p");
  const auto history = store().transitions(id, kAlways, 10);
  ASSERT_THAT(history, SizeIs(2));
  EXPECT_EQ(history[1].reason, reading.reason);
}

TEST_P(ObservationsTest, ASuccessIsMediumAtLeast) {
  const auto low = add_measured(Level::low);
  EXPECT_EQ(observe(low, kWorked).said, Level::low);
  EXPECT_EQ(level(low), Level::medium);
  clock_.advance(1s);
  EXPECT_EQ(observe(low, kWorked), (Observed{Effect::applied, Level::medium}));
  EXPECT_EQ(row(low)->reading->measured_at, now());
}

TEST_P(ObservationsTest, AConfirmationLeavesTheNumbers) {
  const auto id = add_measured(Level::high);
  const auto before = *row(id)->reading;
  observe(id, kWorked);
  const auto after = *row(id)->reading;
  EXPECT_EQ(after.free, 42);
  EXPECT_EQ(after.measured_at, now());
  EXPECT_EQ(after.stale_at, before.stale_at);
  store().observe(std::vector<Observation>(9, {id, kWorked}));
  const auto counted = store().numbers(id, &core::Measurement::free, core::Span::five_minutes, kAlways, 9);
  ASSERT_THAT(counted, SizeIs(1));
  EXPECT_EQ(counted[0].count, 1) << "launches measure no numbers";
}

TEST_P(ObservationsTest, WhatWasSaidIsOfTheTimeWhenItBegan) {
  const auto id = add_measured(Level::high);
  clock_.advance(30s);
  EXPECT_EQ(observe(id, kFailed).said, Level::high);
  clock_.advance(10s);
  core::Launch slow = kFailed;
  slow.took = 20s;
  EXPECT_EQ(observe(id, slow).said, Level::high) << "tried before the other had failed";
  slow.took = 5s;
  EXPECT_EQ(observe(id, slow).said, Level::low);
  slow.took = 24h;
  EXPECT_EQ(observe(id, slow).said, Level::unknown);
}

TEST_P(ObservationsTest, ARenamedProfileIsAnother) {
  const auto id = add_measured(Level::high);
  Observation one{id, kFailed, {}, "", kOften, core::ProfileKey{"Amazon", "c6"}};
  EXPECT_EQ(store().observe({&one, 1}).at(0).effect, Effect::gone);
  EXPECT_EQ(level(id), Level::high);
  one.key = {"Amazon", "c5"};
  EXPECT_EQ(store().observe({&one, 1}).at(0).effect, Effect::applied);
}

TEST_P(ObservationsTest, TheNextMeasurementReplacesItUnlessItIsOlder) {
  const auto id = add_measured(Level::high);
  observe(id, kFailed);
  clock_.advance(60s);
  measure(Level::high, 2min);
  EXPECT_EQ(level(id), Level::low) << "the source's answer is from before the launch";
  clock_.advance(60s);
  measure(Level::high, 10s);
  EXPECT_EQ(level(id), Level::high);
}

TEST_P(ObservationsTest, OfOneRequestTheOneThatFailedWins) {
  const auto id = add_measured(Level::medium);
  const auto observed = store().observe(std::vector<Observation>{{id, kWorked}, {id, kFailed}, {id, kWorked}});
  EXPECT_EQ(observed[0].effect, Effect::applied);
  EXPECT_EQ(observed[1].effect, Effect::applied);
  EXPECT_EQ(observed[2].effect, Effect::counted);
  EXPECT_EQ(level(id), Level::low);
}

TEST_P(ObservationsTest, AnOlderOneIsCountedAlone) {
  const auto id = add_measured(Level::low);
  clock_.advance(60s);
  measure(Level::high);
  const auto before = row(id);
  EXPECT_EQ(observe(id, kFailed, now() - 1s), (Observed{Effect::counted, Level::low}));
  EXPECT_EQ(observe(id, kFailed, now()), (Observed{Effect::counted, Level::high}));
  EXPECT_EQ(observe(id, kWorked, now() - 24h), (Observed{Effect::counted, Level::unknown}));
  EXPECT_EQ(row(id)->reading, before->reading);
  const core::Calibration counted = calibration(id);
  EXPECT_EQ(counted[Level::low], (core::Launches{0, 1}));
  EXPECT_EQ(counted[Level::high], (core::Launches{0, 1}));
  EXPECT_EQ(counted[Level::unknown], (core::Launches{1, 0}));
}

TEST_P(ObservationsTest, AnExpiredLevelIsNotWhatWasSaid) {
  const auto id = add_measured(Level::high);
  clock_.advance(kOften.expire_after);
  EXPECT_EQ(observe(id, kWorked), (Observed{Effect::applied, Level::unknown}));
  EXPECT_EQ(level(id), Level::medium);
}

TEST_P(ObservationsTest, WithoutAReadingItMakesTheFirst) {
  const auto id = add("Amazon", "c5");
  EXPECT_EQ(observe(id, kFailed), (Observed{Effect::applied, Level::unknown}));
  EXPECT_EQ(level(id), Level::low);
  EXPECT_EQ(row(id)->reading->recent.at(0), Level::low);
}

TEST_P(ObservationsTest, OneThatWasToldBeforeCountsOnce) {
  const auto id = add_measured(Level::high);
  EXPECT_EQ(observe(id, kFailed, {}, "event-1").effect, Effect::applied);
  const auto seen = revision();
  clock_.advance(1s);
  EXPECT_EQ(observe(id, kWorked, {}, "event-1"), (Observed{Effect::repeated, Level::unknown}));
  EXPECT_TRUE(quiet_since(seen));
  EXPECT_EQ(observe(id, kFailed, {}, "Event-1").effect, Effect::applied) << "ids are compared byte by byte";
  EXPECT_EQ(observe(id, kFailed).effect, Effect::counted);
  EXPECT_EQ(observe(id, kFailed).effect, Effect::counted) << "none has no id";
  EXPECT_EQ(observe(add("Amazon", "p5"), kFailed, {}, "event-1").effect, Effect::applied) << "another profile's";
  EXPECT_EQ(calibration(id).all(), 4);
}

TEST_P(ObservationsTest, ManyAreTakenInTheOrderOfTheirTimes) {
  const auto id = add_measured(Level::high);
  const base::Time start = now();
  clock_.advance(10s);
  const std::vector<Observation> many{{id, kWorked, {}, "c", kOften},
                                      {id, kFailed, start + 1s, "a", kOften},
                                      {id + 100, kFailed, {}, "", kOften},
                                      {id, kWorked, start + 5s, "b", kOften},
                                      {id, kFailed, start + 7s, "a", kOften}};
  EXPECT_THAT(store().observe(many),
              ElementsAre(Observed{Effect::applied, Level::medium}, Observed{Effect::applied, Level::high},
                          Observed{Effect::gone, Level::unknown}, Observed{Effect::applied, Level::low},
                          Observed{Effect::repeated, Level::unknown}));
  EXPECT_EQ(level(id), Level::medium);
  EXPECT_EQ(row(id)->reading->measured_at, now());
  std::vector<Level> levels;
  for (const auto& transition : store().transitions(id, kAlways, 10)) levels.push_back(transition.level);
  EXPECT_THAT(levels, ElementsAre(Level::high, Level::low, Level::medium));
}

TEST_P(ObservationsTest, AFailureOfTheProbeStays) {
  const auto id = add_measured(Level::high);
  clock_.advance(60s);
  finish(failure(claim_one(), "refused"));
  observe(id, kFailed);
  ASSERT_TRUE(row(id)->failure);
  EXPECT_EQ(row(id)->failure->error, "refused");
  EXPECT_EQ(level(id), Level::low);
}

TEST_P(ObservationsTest, ACalibrationHasWhatIsBetween) {
  const auto id = add_measured(Level::high), other = add("Azure", "ND");
  const base::Time start = now();
  observe(id, kWorked);
  clock_.advance(1s);
  observe(id, kFailed);
  observe(other, kFailed);
  core::Calibration first, second;
  first[Level::high] = {1, 1};
  second[Level::unknown] = {0, 1};
  EXPECT_THAT(store().calibration(kAlways), ElementsAre(Pair(id, first), Pair(other, second)));
  EXPECT_EQ(calibration(id, {start, start + 1s}).all(), 1);
  EXPECT_EQ(calibration(id, {start + 1s, start + 1s + kTick}).all(), 1);
  EXPECT_THAT(store().calibration({start - 1h, start}), IsEmpty());
}

TEST_P(ObservationsTest, AnotherProfileOfTheIdHasNone) {
  const auto id = add_measured(Level::high);
  observe(id, kFailed, {}, "a");
  ASSERT_TRUE(store().replace(id, {"Amazon", "c6"}));
  EXPECT_EQ(calibration(id).all(), 0);
  EXPECT_EQ(observe(id, kFailed, {}, "a").effect, Effect::repeated);
  EXPECT_EQ(observe(id, kFailed).effect, Effect::applied);
  EXPECT_EQ(calibration(id).all(), 1);
  ASSERT_TRUE(store().remove(id));
  EXPECT_THAT(store().calibration(kAlways), IsEmpty());
  EXPECT_EQ(observe(id, kFailed).effect, Effect::gone);
}

TEST_P(ObservationsTest, TheyAreKeptAsLongAsTransitions) {
  const auto id = add_measured(Level::high);
  store().keep({.transitions = 24h});
  store().observe(std::vector<Observation>(700, {id, kFailed}));
  clock_.advance(25h);
  observe(id, kFailed);
  while (store().prune().more) continue;
  EXPECT_EQ(calibration(id).all(), 1);
}

TEST_P(ObservationsTest, WithoutHistoryTheyChangeTheLevel) {
  store().keep({.transitions = {}});
  const auto id = add_measured(Level::high);
  EXPECT_EQ(observe(id, kFailed), (Observed{Effect::applied, Level::high}));
  EXPECT_EQ(level(id), Level::low);
}

INSTANTIATE_TEST_SUITE_P(Stores, ObservationsTest, testing::ValuesIn(store_kinds()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace store
