// Stories made at random: a replica that takes over anywhere, and a replay, tell what an undisturbed one tells.
#include <gtest/gtest.h>

#include <random>

#include "support/alert_story.hpp"

namespace alert {
namespace {

using namespace std::chrono_literals;
using support::AlertStory;

std::vector<config::AlertRule> rules() {
  config::QuietHours night;
  EXPECT_TRUE(config::assign(night, "00:10-00:20"));
  return {
      {.name = "high", .when = {.reaches = core::Level::high}, .keep_firing_for = 20s},
      {.name = "low",
       .when = {.below = core::Level::medium},
       .hold = 30s,
       .keep_firing_for = 10s,
       .remind_every = 2min},
      {.name = "each",
       .when = {.reaches = core::Level::medium},
       .keep_firing_for = 0s,
       .group_by = {"name"},
       .group_wait = 0s,
       .group_interval = 0s},
      {.name = "quiet", .when = {.reaches = core::Level::low}, .keep_firing_for = 5s, .quiet_hours = {{night}}},
      {.name = "silent",
       .when = {.below = core::Level::high},
       .keep_firing_for = 7s,
       .group_by = {"provider"},
       .resolved = false},
      {.name = "set", .when = {.set = "s", .at_least = core::Level::high}, .hold = 5s, .keep_firing_for = 15s},
      {.name = "blind", .when = {.blind = "*"}, .hold = 3s, .keep_firing_for = 5s},
  };
}

const Setting kSetting{.sets = {{"s", {"a/*"}}}};

/// One event of a story: at a time, a profile turns.
struct Event {
  double at;
  std::size_t profile;
  core::Level level;
  core::Freshness freshness;
};

constexpr std::size_t kProfiles = 4;
constexpr double kEnd = 2400;

std::vector<Event> events(unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Event> events;
  std::set<std::size_t> measured;
  // Each time once, so that the order is one.
  for (double at = 1; at < 1800; at += 0.25 * double(1 + random() % 200)) {
    Event event{at, random() % kProfiles, core::Level(1 + random() % 3), core::Freshness::fresh};
    if (!measured.insert(event.profile).second && random() % 5 == 0)
      event = {at, event.profile, core::Level::unknown, core::Freshness::expired};
    events.push_back(event);
  }
  return events;
}

/// Tells the story. With `random`, the time passes in steps; with `restarts`, another replica takes over at each step.
std::vector<Message> told(const std::vector<Event>& events, std::mt19937* random, bool restarts,
                          std::vector<Message>* replayed = nullptr) {
  AlertStory story(rules(), kSetting);
  std::vector<core::ProfileId> ids;
  for (std::size_t i = 0; i < kProfiles; ++i)
    ids.push_back(story.add(fmt::format("{}/{}", i % 2 == 0 ? "a" : "b", i), {}, i < 2 ? "p" : "q"));
  double now = 0;
  for (const Event& event : events) {
    while (random != nullptr && (*random)() % 3 != 0) {
      now += (event.at - now) * double((*random)() % 100) / 100;
      story.advance(now);
      if (restarts) story.restart();
    }
    story.turn(event.at, ids[event.profile], event.level, event.freshness);
    now = event.at;
    if (restarts) story.restart();
  }
  story.advance(kEnd);
  if (replayed != nullptr) *replayed = story.replayed(0, kEnd).messages;
  return story.messages();
}

std::vector<std::string> jsons(const std::vector<Message>& messages) {
  std::vector<std::string> jsons;
  for (const Message& message : messages) jsons.push_back(to_json(message));
  return jsons;
}

/// The first message that differs, for people.
std::string difference(const std::vector<std::string>& one, const std::vector<std::string>& other) {
  const auto [a, b] = std::ranges::mismatch(one, other);
  const auto shown = [](auto place, const auto& all) { return place != all.end() ? *place : std::string("nothing"); };
  return a == one.end() && b == other.end() ? "" : fmt::format("{}\n{}", shown(a, one), shown(b, other));
}

TEST(AlertProperty, AReplicaThatTakesOverAnywhereTellsTheSame) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    std::mt19937 random(seed);
    const auto story = events(seed);
    const auto expected = jsons(told(story, nullptr, false));
    EXPECT_GT(expected.size(), 10U);
    EXPECT_EQ(difference(jsons(told(story, &random, false)), expected), "") << "steps of time, seed " << seed;
    ASSERT_EQ(difference(jsons(told(story, &random, true)), expected), "") << "restarts, seed " << seed;
  }
}

TEST(AlertProperty, AReplayTellsWhatWasTold) {
  for (unsigned seed = 100; seed < 160; ++seed) {
    std::vector<Message> replayed;
    const auto live = jsons(told(events(seed), nullptr, false, &replayed));
    ASSERT_EQ(difference(jsons(replayed), live), "") << seed;
  }
}

TEST(AlertProperty, AReplayEndsAtItsLimits) {
  AlertStory story({{.name = "r", .when = {.reaches = core::Level::high}, .remind_every = 1min}});
  story.high(1, story.add("a/0"));
  const double year = 365.0 * 24 * 3600;
  const auto most = story.replayed(0, year);
  EXPECT_EQ(most.messages.size(), ReplayLimits{}.messages);
  EXPECT_TRUE(most.more);
  const auto some = story.replayed(0, year, {.items = 10});
  EXPECT_EQ(some.messages.size(), 10U);
  EXPECT_TRUE(some.more);
  EXPECT_EQ(jsons(some.messages), jsons(story.replayed(0, 9 * 60 + 2).messages)) << "the first ones";
  const auto none = story.replayed(year, 2 * year, {.work = 1000});
  EXPECT_TRUE(none.messages.empty());
  EXPECT_TRUE(none.more);
  EXPECT_FALSE(story.replayed(0, 600).more);
}

TEST(AlertProperty, AReplayOfAPartIsThatPart) {
  AlertStory story(rules(), kSetting);
  const auto id = story.add("a/0");
  for (int i = 0; i < 20; ++i) story.turn(100 * i, id, i % 2 == 0 ? core::Level::high : core::Level::low);
  story.advance(2500);
  std::vector<std::string> expected;
  for (const Message& message : story.messages())
    if (message.at >= AlertStory::time(950)) expected.push_back(to_json(message));
  EXPECT_EQ(jsons(story.replayed(950, 2500).messages), expected);
}

}  // namespace
}  // namespace alert
