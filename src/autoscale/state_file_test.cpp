#include "autoscale/state_file.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "support/temp_dir.hpp"

namespace autoscale {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class StateFileTest : public testing::Test {
 protected:
  std::string file() const { return dir_ / "state.json"; }
  Histories loaded(base::SteadyTime now, base::Time wall_now) {
    const auto histories = load(file(), now, wall_now);
    EXPECT_TRUE(histories) << histories.error();
    return histories.value_or(Histories{});
  }

  support::TempDir dir_;
  const base::SteadyTime now_{1000h};
  const base::Time wall_now_{20000h};
};

TEST_F(StateFileTest, KeepsAgesOverARestart) {
  const History history{.recommended = {{now_ - 60s, 5}, {now_, 3}}, .steps = {{now_ - 30s, 2}, {now_, -1}}};
  ASSERT_TRUE(save(file(), {{"portal", history}, {"hardware", {}}}, now_, wall_now_));
  // Another boot of the machine, 10 s later.
  const base::SteadyTime later(1h);
  const Histories found = loaded(later, wall_now_ + 10s);
  ASSERT_EQ(found.size(), 2U);
  const History& portal = found.at("portal");
  ASSERT_EQ(portal.recommended.size(), 2U);
  EXPECT_EQ(portal.recommended[0].at, later - 70s);
  EXPECT_EQ(portal.recommended[0].replicas, 5U);
  EXPECT_EQ(portal.recommended[1].at, later - 10s);
  ASSERT_EQ(portal.steps.size(), 2U);
  EXPECT_EQ(portal.steps[0].at, later - 40s);
  EXPECT_EQ(portal.steps[1].change, -1);
}

TEST_F(StateFileTest, AWallClockThatWentBackMakesNothingOfTheFuture) {
  ASSERT_TRUE(save(file(), {{"portal", {.recommended = {{now_, 3}}}}}, now_, wall_now_));
  EXPECT_EQ(loaded(now_, wall_now_ - 1h).at("portal").recommended[0].at, now_);
}

TEST_F(StateFileTest, NoFileIsNoHistory) {
  EXPECT_TRUE(loaded(now_, wall_now_).empty());
}

TEST_F(StateFileTest, WhatIsBrokenIsNamed) {
  for (const char* text : {"", "{", "[]", R"({"services": {"portal": {}}})",
                           R"({"services": {"portal": {"recommended": [{"at": "soon", "replicas": 1}], "steps": []}}})",
                           R"({"services": {"portal": {"recommended": [{"replicas": -1}], "steps": []}}})"}) {
    std::ofstream(file()) << text;
    const auto histories = load(file(), now_, wall_now_);
    ASSERT_FALSE(histories) << text;
    EXPECT_THAT(histories.error(), HasSubstr("state.json'"));
  }
}

TEST_F(StateFileTest, CannotWriteIsASentence) {
  const auto saved = save(dir_ / "none/state.json", {}, now_, wall_now_);
  ASSERT_FALSE(saved);
  EXPECT_THAT(saved.error(), HasSubstr("No such file"));
}

}  // namespace
}  // namespace autoscale
