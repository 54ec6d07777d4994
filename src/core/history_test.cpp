#include "core/history.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "support/rows.hpp"

namespace core {
namespace {

using namespace std::chrono_literals;
using support::kNow;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr FreshnessRule kRule{60s, 30s, 5min};

Reading reading(Level level, base::Time at, std::string reason = "") {
  return reading_of({.level = level, .reason = std::move(reason)}, at, 0s, kRule);
}

Transition fresh(Level level, base::Time at, std::string reason = "") {
  return {at, level, Freshness::fresh, std::move(reason)};
}

/// A profile's history, reading by reading.
class Profile {
 public:
  std::vector<Transition> after(const Reading& next) {
    auto made = transitions_of(next, before_ ? &*before_ : nullptr, last_);
    before_ = next;
    return made;
  }

 private:
  std::optional<Reading> before_;
  std::optional<LastTold> last_;
};

TEST(TransitionsOf, TheFirstReadingAndEachOtherLevel) {
  Profile profile;
  EXPECT_THAT(profile.after(reading(Level::high, kNow, "a")), ElementsAre(fresh(Level::high, kNow, "a")));
  EXPECT_THAT(profile.after(reading(Level::high, kNow + 60s, "a")), IsEmpty());
  EXPECT_THAT(profile.after(reading(Level::low, kNow + 2min, "a")), ElementsAre(fresh(Level::low, kNow + 2min, "a")));
  EXPECT_THAT(profile.after(reading(Level::low, kNow + 3min, "a")), IsEmpty());
}

TEST(TransitionsOf, LostFreshnessAndItsReturn) {
  Profile profile;
  profile.after(reading(Level::high, kNow));
  EXPECT_THAT(profile.after(reading(Level::high, kNow + 90s)), IsEmpty()) << "STALE from then on, and measured then";
  const base::Time stale = kNow + 180s;
  EXPECT_THAT(profile.after(reading(Level::high, stale + 1us)),
              ElementsAre(Transition{stale, Level::high, Freshness::stale, ""}, fresh(Level::high, stale + 1us)));
  const base::Time last = stale + 1us;
  EXPECT_THAT(profile.after(reading(Level::low, last + 5min + 1us)),
              ElementsAre(Transition{last + 90s, Level::high, Freshness::stale, ""},
                          Transition{last + 5min, Level::unknown, Freshness::expired, ""},
                          fresh(Level::low, last + 5min + 1us)));
}

TEST(TransitionsOf, AReadingThatExpiresWhenItIsStaleIsNeverStale) {
  Profile profile;
  const FreshnessRule rule{60s, 30s, 0s};
  profile.after(reading_of({.level = Level::high}, kNow, 0s, rule));
  EXPECT_THAT(
      profile.after(reading(Level::high, kNow + 1h)),
      ElementsAre(Transition{kNow + 90s, Level::unknown, Freshness::expired, ""}, fresh(Level::high, kNow + 1h)));
}

TEST(TransitionsOf, AReasonOfAnotherKindOnceAnHour) {
  Profile profile;
  base::Time now = kNow;
  const auto after = [&](base::Duration later, std::string reason) {
    now += later;
    return profile.after(reading(Level::low, now, std::move(reason)));
  };
  after(0s, "0 of 64 nodes idle");
  EXPECT_THAT(after(60s, "1.5 of 64 nodes idle"), IsEmpty()) << "other numbers";
  const base::Time told = now + 60s;
  EXPECT_THAT(after(60s, "the partition is down"), ElementsAre(fresh(Level::low, told, "the partition is down")));
  EXPECT_THAT(after(60s, "0 of 64 nodes idle"), IsEmpty());
  while (now + 60s < told + 1h) EXPECT_THAT(after(60s, "quota"), IsEmpty());
  EXPECT_THAT(after(60s, "quota"), ElementsAre(fresh(Level::low, told + 1h, "quota"))) << "it is told later";
  EXPECT_THAT(after(60s, "quota"), IsEmpty());
}

TEST(TransitionsOf, AnotherLevelDoesNotWaitForTheHour) {
  Profile profile;
  profile.after(reading(Level::low, kNow, "a"));
  EXPECT_THAT(profile.after(reading(Level::low, kNow + 1min, "b")), ElementsAre(fresh(Level::low, kNow + 1min, "b")));
  EXPECT_THAT(profile.after(reading(Level::high, kNow + 2min, "c")), ElementsAre(fresh(Level::high, kNow + 2min, "c")));
  EXPECT_THAT(profile.after(reading(Level::high, kNow + 3min, "a")), IsEmpty());
}

TEST(TransitionsOf, AnHourOnAClockThatWasAheadIsNoPause) {
  std::optional<LastTold> last{{Level::low, kind_of("a"), kNow, kNow + 24h}};
  const Reading before = reading(Level::low, kNow, "a");
  EXPECT_THAT(transitions_of(reading(Level::low, kNow + 1min, "b"), &before, last),
              ElementsAre(fresh(Level::low, kNow + 1min, "b")));
  EXPECT_EQ(last, (LastTold{Level::low, kind_of("b"), kNow + 1min, kNow + 1min}));
}

TEST(TransitionsOf, AReadingOfAnOlderProgramIsTold) {
  std::optional<LastTold> last;
  const Reading before = reading(Level::high, kNow, "3 idle");
  EXPECT_THAT(transitions_of(reading(Level::high, kNow + 1min, "4 idle"), &before, last),
              ElementsAre(fresh(Level::high, kNow, "3 idle")));
  EXPECT_EQ(last, (LastTold{Level::high, kind_of("idle"), kNow, {}}));
  last->level = Level::low;
  EXPECT_THAT(
      transitions_of(reading(Level::low, kNow + 1h, "none"), &before, last),
      ElementsAre(fresh(Level::high, kNow + 1us, "3 idle"), Transition{kNow + 90s, Level::high, Freshness::stale, ""},
                  Transition{kNow + 5min, Level::unknown, Freshness::expired, ""},
                  fresh(Level::low, kNow + 1h, "none")));
}

TEST(TransitionsOf, TimesGoOnWhereTheClockWentBack) {
  Profile profile;
  profile.after(reading(Level::low, kNow));
  EXPECT_THAT(profile.after(reading(Level::high, kNow)), ElementsAre(fresh(Level::high, kNow + 1us)));
  EXPECT_THAT(profile.after(reading(Level::high, kNow)), IsEmpty());
  EXPECT_THAT(profile.after(reading(Level::low, kNow - 1h)), ElementsAre(fresh(Level::low, kNow + 2us)));
  EXPECT_THAT(profile.after(reading(Level::high, kNow + 1min - 1h)), ElementsAre(fresh(Level::high, kNow + 3us)));
}

TEST(ShortReason, IsCutAtACharacter) {
  EXPECT_EQ(short_reason(std::string(kMaxReasonBytes, 'x')), std::string(kMaxReasonBytes, 'x'));
  EXPECT_EQ(short_reason(std::string(kMaxReasonBytes + 1, 'x')), std::string(kMaxReasonBytes - 3, 'x') + "…");
  for (std::size_t front = 0; front < 4; ++front) {
    std::string wide(front, 'x');
    while (wide.size() < 2 * kMaxReasonBytes) wide += "😀";
    const std::string cut = short_reason(wide);
    EXPECT_LE(cut.size(), kMaxReasonBytes);
    EXPECT_TRUE(base::is_printable_utf8(cut)) << cut;
    EXPECT_TRUE(cut.ends_with("…"));
    EXPECT_EQ(kind_of(cut), kind_of(wide));
  }
}

TEST(KindOf, IsThatOfTheWords) {
  for (const char* same : {"42 of 64 idle", "0 of 6,400.5 idle", "of   idle"})
    EXPECT_EQ(kind_of(same), kind_of("42 of 64 idle"));
  for (const char* other : {"", "42 of 64 busy", "42 of 64", "ä of idle"})
    EXPECT_NE(kind_of(other), kind_of("42 of 64 idle")) << other;
}

TEST(History, TheTextOfASpanIsItsLength) {
  for (const Span span : {Span::five_minutes, Span::hour, Span::day}) {
    EXPECT_EQ(parse_span(to_string(span)), span);
    EXPECT_EQ(base::parse_duration(to_string(span)), length_of(span));
  }
  for (const char* other : {"", "5", "10m", "1H", "24h"}) EXPECT_FALSE(parse_span(other)) << other;
}

}  // namespace
}  // namespace core
