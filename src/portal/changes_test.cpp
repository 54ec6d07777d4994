#include "portal/changes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/rows.hpp"

namespace portal {
namespace {

using namespace std::chrono_literals;
using core::Freshness;
using core::Level;
using support::kNow;
using support::measured_row;
using support::share;
using testing::ElementsAre;
using testing::IsEmpty;

const board::Selection kAll{.limit = 100};

core::LoggedTransition logged(core::ProfileId profile, base::Time at, Level level,
                              Freshness freshness = Freshness::fresh) {
  return {.revision = 0, .profile = profile, .transition = {at, level, freshness, ""}};
}

/// "a LOW HIGH", "b LOW LOW/STALE".
std::vector<std::string> told(std::vector<core::Row> rows, std::vector<core::LoggedTransition> latest,
                              const board::Selection& selection = kAll, base::Time now = kNow) {
  std::vector<core::RowPtr> shared;
  for (core::Row& row : rows) shared.push_back(share(std::move(row)));
  const auto text = [](const core::Transition& state) {
    const bool fresh = state.freshness == Freshness::fresh;
    return fmt::format("{}{}{}", core::to_string(state.level), fresh ? "" : "/",
                       fresh ? "" : core::to_string(state.freshness));
  };
  std::vector<std::string> lines;
  for (const auto& [row, from, to] : latest_changes(shared, latest, selection, now))
    lines.push_back(fmt::format("{} {} {}", row->profile.key.name, text(from), text(to)));
  return lines;
}

const core::Row kA = measured_row(1, "a", 1, Level::high);
const core::Row kB = measured_row(2, "b", 2, Level::low);

TEST(Changes, AreToldTheNewestFirst) {
  EXPECT_THAT(told({kA, kB}, {logged(1, kNow - 1min, Level::high), logged(2, kNow - 2min, Level::low),
                              logged(9, kNow, Level::low), logged(1, kNow - 3min, Level::low),
                              logged(2, kNow - 4min, Level::high), logged(9, kNow - 5min, Level::high)}),
              ElementsAre("a LOW HIGH", "b HIGH LOW"))
      << "of the rows alone, and nothing without what was before";
}

TEST(Changes, TheRowTellsWhatTheLogDoesNotReachBackTo) {
  core::Row row = kA;
  row.reading->changed = core::LevelChange{Level::medium, kNow - 1min};
  EXPECT_THAT(told({row}, {logged(1, kNow - 1min, Level::high)}), ElementsAre("a MEDIUM HIGH"));
  EXPECT_THAT(told({row}, {logged(1, kNow - 2min, Level::low)}), IsEmpty()) << "that was another one";
}

TEST(Changes, AnotherReasonIsNone) {
  EXPECT_THAT(told({kA}, {logged(1, kNow - 1min, Level::high), logged(1, kNow - 2min, Level::high),
                          logged(1, kNow - 3min, Level::low)}),
              ElementsAre("a LOW HIGH"));
}

TEST(Changes, FreshnessIsLostAndComesBack) {
  const core::LoggedTransition stale = logged(1, kNow - 2min, Level::high, Freshness::stale);
  EXPECT_THAT(told({kA}, {logged(1, kNow - 1min, Level::high), stale}),
              ElementsAre("a HIGH/STALE HIGH", "a HIGH HIGH/STALE"));
  EXPECT_THAT(told({kA}, {logged(1, kNow, Level::high)}, kAll, kNow + 5min),
              ElementsAre("a HIGH/STALE UNKNOWN/EXPIRED", "a HIGH HIGH/STALE"))
      << "losses that go on";
  EXPECT_THAT(told({kA}, {}, kAll, kNow + 1min), ElementsAre("a HIGH HIGH/STALE")) << "beyond the log";
}

TEST(Changes, ASelectionChoosesNewStates) {
  const std::vector log{logged(1, kNow - 1min, Level::high), logged(1, kNow - 2min, Level::low),
                        logged(1, kNow - 3min, Level::high), logged(2, kNow, Level::low),
                        logged(2, kNow - 3min, Level::high), logged(2, kNow - 4min, Level::low)};
  const auto chosen = [&](const board::Selection& selection) { return told({kA, kB}, log, selection, kNow + 1min); };
  EXPECT_THAT(chosen({.levels = {Level::high}, .limit = 9}), ElementsAre("a LOW HIGH", "b LOW HIGH"))
      << "not that it grew old";
  EXPECT_THAT(chosen({.levels = {Level::unknown}, .limit = 9}), IsEmpty());
  EXPECT_THAT(chosen({.freshness = {Freshness::stale}, .limit = 9}),
              ElementsAre("b LOW LOW/STALE", "a HIGH HIGH/STALE"));
  EXPECT_THAT(chosen({.levels = {Level::high}, .freshness = {Freshness::stale}, .limit = 9}),
              ElementsAre("a HIGH HIGH/STALE"));
  EXPECT_THAT(chosen({.limit = 3}), ElementsAre("b LOW LOW/STALE", "a HIGH HIGH/STALE", "b HIGH LOW"));
}

}  // namespace
}  // namespace portal
