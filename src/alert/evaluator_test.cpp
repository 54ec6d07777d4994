// When alerts fire and end, told as stories.
#include "alert/evaluator.hpp"

#include <gmock/gmock.h>

#include "support/alert_story.hpp"

namespace alert {
namespace {

using namespace std::chrono_literals;
using support::AlertStory;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

config::AlertRule reaches(core::Level level) {
  return {.name = "r", .when = {.reaches = level}};
}
config::AlertRule below(core::Level level) {
  return {.name = "r", .when = {.below = level}};
}
constexpr core::Level kHigh = core::Level::high, kMedium = core::Level::medium;

TEST(Evaluator, TellsAtOnceAndWhenItIsOver) {
  AlertStory story(reaches(kHigh));
  const auto id = story.add("a/x");
  story.low(10, id);
  story.high(20, id);
  story.medium(30, id);
  story.advance(1000);
  EXPECT_THAT(story.lines(), ElementsAre("20.5 firing: +a/x HIGH", "330.5 resolved: -a/x MEDIUM"));
  const Message& first = story.messages().front();
  EXPECT_EQ(first.title, "a/x is HIGH (was LOW)");
  EXPECT_EQ(first.still_firing, 1U);
  EXPECT_EQ(story.messages().back().still_firing, 0U);
  EXPECT_EQ(first.items[0].since, AlertStory::time(20));
  EXPECT_THAT(story.states(), IsEmpty()) << "nothing is kept of what is over";
}

TEST(Evaluator, AFlappingProfileIsOneMessage) {
  AlertStory story(reaches(kHigh));
  const auto id = story.add("a/x");
  for (int second = 0; second < 600; ++second) story.turn(second, id, second % 2 == 0 ? kHigh : core::Level::low);
  story.advance(600);
  EXPECT_THAT(story.lines(), ElementsAre("0.5 firing: +a/x HIGH"));
  story.advance(2000);
  EXPECT_THAT(story.lines(), ElementsAre("0.5 firing: +a/x HIGH", "899.5 resolved: -a/x LOW"));
}

TEST(Evaluator, FlapsThatAreShorterThanForAreNone) {
  config::AlertRule rule = reaches(kHigh);
  rule.hold = 5min;
  AlertStory story(rule);
  const auto id = story.add("a/x");
  for (int second = 0; second < 600; second += 10) story.turn(second, id, second % 20 == 0 ? kHigh : core::Level::low);
  story.high(600, id);
  story.advance(899.9);
  EXPECT_THAT(story.lines(), IsEmpty());
  story.advance(901);
  EXPECT_THAT(story.lines(), ElementsAre("900.5 firing: +a/x HIGH"));
}

TEST(Evaluator, AnUnknownLevelIsNotHigh) {
  AlertStory story(reaches(kHigh));
  const auto id = story.add("a/x");
  story.high(0, id);
  story.turn(10, id, kHigh, core::Freshness::stale);
  story.advance(1000);
  EXPECT_THAT(story.lines(), SizeIs(1)) << "a stale level is still the level";
  story.expire(1000, id);
  story.advance(2000);
  EXPECT_THAT(story.lines(), ElementsAre("0.5 firing: +a/x HIGH", "1300.5 resolved: -a/x UNKNOWN"));
}

TEST(Evaluator, AnUnknownLevelIsNotHealthyEither) {
  AlertStory story(below(kMedium));
  const auto id = story.add("a/x");
  story.expire(0, id);
  story.advance(1000);
  EXPECT_THAT(story.lines(), IsEmpty()) << "it is not known to be below";
  story.low(1000, id);
  story.expire(1010, id);
  story.advance(5000);
  EXPECT_THAT(story.lines(), ElementsAre("1000.5 firing: +a/x LOW")) << "nobody knows that it is over";
  story.medium(5000, id);
  story.expire(5100, id);
  story.advance(6000);
  EXPECT_THAT(story.lines(), SizeIs(1)) << "it was not known for long enough";
  story.medium(6000, id);
  story.advance(7000);
  EXPECT_THAT(story.lines(), ElementsAre("1000.5 firing: +a/x LOW", "6300.5 resolved: -a/x MEDIUM"));
}

TEST(Evaluator, WatchesProfilesByGlobsAndLabels) {
  config::AlertRule rule = reaches(kHigh);
  rule.profiles = {"a/g*", "b/*"};
  rule.labels = {{"region", "eu-*"}};
  AlertStory story(rule);
  story.high(1, story.add("a/gpu", {{"region", "eu-1"}}));
  story.high(2, story.add("a/cpu", {{"region", "eu-1"}}));
  story.high(3, story.add("b/x", {{"region", "us-1"}}));
  story.high(4, story.add("b/y"));
  story.high(5, story.add("b/z", {{"region", "eu-2"}, {"more", "x"}}));
  story.advance(100);
  EXPECT_THAT(story.lines(), ElementsAre("1.5 firing: +a/gpu HIGH", "11.5 firing: +b/z HIGH"));
}

TEST(Evaluator, ProfilesWithASlashHaveAlertsOfTheirOwn) {
  AlertStory story(reaches(kHigh));
  const auto one = story.add("q~1r/c"), other = story.add("q/r/c");
  story.high(1, one);
  story.high(20, other);
  story.advance(100);
  story.remove(one, 100);
  story.advance(1000);
  EXPECT_THAT(story.lines(),
              ElementsAre("1.5 firing: +q~1r/c HIGH", "20.5 firing: +q/r/c HIGH", "100.5 resolved: -q~1r/c HIGH"));
  EXPECT_EQ(story.messages()[0].items[0].profile, (core::ProfileKey{"q/r", "c"}));
  EXPECT_EQ(story.messages()[0].title, "q/r/c is HIGH");
  story.restart();
  story.medium(1000, other);
  story.advance(2000);
  EXPECT_EQ(story.lines().back(), "1300.5 resolved: -q/r/c MEDIUM");
}

TEST(Evaluator, SaysWhenASetHasNothingLeft) {
  const config::AlertRule rule{.name = "r", .when = {.set = "s"}};
  AlertStory story(rule, {.sets = {{"s", {"a/*", "b/y"}}}});
  const auto x = story.add("a/x"), y = story.add("b/y"), other = story.add("b/z");
  story.low(1, x);
  story.high(1, other);
  story.advance(5);
  EXPECT_THAT(story.lines(), ElementsAre("1.5 firing: +s UNKNOWN")) << "b/y has no level, so it is nothing to take";
  story.medium(10, y);
  story.low(20, y);
  story.medium(30, x);
  story.advance(1000);
  EXPECT_THAT(story.lines(), ElementsAre("1.5 firing: +s UNKNOWN", "330.5 resolved: -s MEDIUM"));
  EXPECT_EQ(story.messages()[0].title, "Nothing is left of set s, MEDIUM or better");
  EXPECT_EQ(story.messages()[1].title, "Over: Something of set s is there again: a/x is MEDIUM");
}

TEST(Evaluator, ASetThatNobodyHasMeasuredIsNotEmpty) {
  AlertStory story(config::AlertRule{.name = "r", .when = {.set = "s"}}, {.sets = {{"s", {"a/*"}}}});
  story.add("a/x");
  story.expire(1, story.add("a/y"));
  story.advance(1000);
  EXPECT_THAT(story.lines(), IsEmpty());
}

TEST(Evaluator, SaysWhenItIsBlind) {
  const config::AlertRule rule{.name = "r", .when = {.blind = "clou*"}, .keep_firing_for = 1min};
  AlertStory story(rule);
  const auto x = story.add("a/x", {}, "clouds"), y = story.add("a/y", {}, "clouds");
  const auto z = story.add("a/z", {}, "cluster"), none = story.add("a/n", {}, std::string(core::kNoProbe));
  for (const auto id : {x, y, z, none}) story.high(1, id);
  story.turn(10, x, kHigh, core::Freshness::stale);
  story.turn(10, z, kHigh, core::Freshness::stale);
  story.turn(10, none, kHigh, core::Freshness::stale);
  story.advance(20);
  EXPECT_THAT(story.lines(), IsEmpty()) << "one profile is fresh";
  story.expire(20, y);
  story.high(100, x);
  story.advance(1000);
  EXPECT_THAT(story.lines(), ElementsAre("20.5 firing: +clouds", "160.5 resolved: -clouds"));
  EXPECT_EQ(story.messages()[0].title, "Vacancy is blind for probe clouds: none of its 2 profiles is fresh");
}

TEST(Evaluator, ABlindProbeWithoutProfilesIsOver) {
  AlertStory story(config::AlertRule{.name = "r", .when = {.blind = "*"}});
  const auto id = story.add("a/x");
  story.high(1, id);
  story.expire(2, id);
  story.advance(10);
  story.remove(id, 20);
  story.advance(100);
  EXPECT_THAT(story.lines(), ElementsAre("2.5 firing: +p", "20.5 resolved: -p"));
}

TEST(Evaluator, SaysWhenABudgetIsNearlySpent) {
  const config::AlertRule rule{.name = "r", .when = {.budget = "c*", .left = 0.2}};
  AlertStory story(rule);
  const auto tell = [&](double at, std::map<std::string, double> left) {
    story.evaluator().observe_budgets(left, AlertStory::time(at));
    story.advance(at + 1);
  };
  tell(0, {{"clouds", 0.3}, {"other", 0.0}});
  tell(10, {{"clouds", 0.19}, {"other", 0.0}});
  tell(20, {{"clouds", 0.1}});
  tell(30, {{"clouds", 1.0}});
  tell(400, {{"clouds", 1.0}});
  EXPECT_THAT(story.lines(), ElementsAre("10.5 firing: +clouds", "330.5 resolved: -clouds"));
  EXPECT_EQ(story.messages()[0].title, "Probe clouds has 19 % of a budget left");
  tell(500, {{"clouds", 0.0}});
  tell(510, {});
  tell(600, {});
  EXPECT_EQ(story.lines().back(), "510.5 resolved: -clouds") << "the probe is gone";
}

TEST(Evaluator, ANewRuleFiresForWhatHoldsAlready) {
  AlertStory story(std::vector<config::AlertRule>{});
  const auto id = story.add("a/x");
  story.low(0, id);
  story.high(10, id);
  story.advance(5000);
  config::AlertRule rule = reaches(kHigh);
  rule.hold = 1h;
  story.restart_with({rule});
  story.advance(5001);
  EXPECT_THAT(story.lines(), ElementsAre("5000.5 firing: +a/x HIGH"));
}

TEST(Evaluator, ANewRuleSaysNothingOfWhatWasBefore) {
  config::AlertRule old = reaches(kHigh), rule = reaches(kHigh);
  old.name = "old";
  old.keep_firing_for = rule.keep_firing_for = 0s;
  Evaluator evaluator({old, rule}, {});
  evaluator.load({{"old/known", "{}"}});
  evaluator.know({.id = 1, .key = {"a", "x"}}, "p", AlertStory::time(30));
  evaluator.know({.id = 2, .key = {"a", "y"}}, "p", AlertStory::time(30));
  evaluator.settle(AlertStory::time(30));
  for (const double at : {10.0, 20.0})
    for (const core::ProfileId id : {1, 2})
      evaluator.observe(core::LoggedTransition{
          id + 2 * core::Revision(at),
          id,
          {AlertStory::time(at), id == 1 && at > 15 ? core::Level::low : kHigh, core::Freshness::fresh, ""}});
  evaluator.wake(AlertStory::time(30));
  evaluator.advance(AlertStory::time(60));
  std::vector<std::string> lines;
  for (const Message& message : evaluator.take().messages)
    lines.push_back(message.rule + " " + AlertStory::line(message));
  EXPECT_THAT(lines, ElementsAre("old 10.5 firing: +a/x HIGH, +a/y HIGH", "old 20.5 resolved: -a/x LOW",
                                 "r 30.5 firing: +a/y HIGH"));
}

TEST(Evaluator, AProfileThatGoesEndsItsAlert) {
  AlertStory story(reaches(kHigh));
  const auto x = story.add("a/x");
  story.high(1, x);
  story.advance(2);
  story.remove(x, 50);
  story.advance(100);
  EXPECT_THAT(story.lines(), ElementsAre("1.5 firing: +a/x HIGH", "50.5 resolved: -a/x HIGH"));
  EXPECT_EQ(story.messages()[1].title, "Over: profile a/x is no longer watched");
  EXPECT_THAT(story.states(), IsEmpty());
}

TEST(Evaluator, AProfileThatGoesWhileNobodyLooksEndsItsAlert) {
  AlertStory story(reaches(kHigh));
  const auto x = story.add("a/x");
  story.high(1, x);
  story.advance(2);
  config::AlertRule rule = reaches(kHigh);
  rule.profiles = {"b/*"};
  story.restart_with({rule});
  story.advance(100);
  EXPECT_THAT(story.lines(), ElementsAre("1.5 firing: +a/x HIGH", "11.5 resolved: -a/x HIGH"));
}

TEST(Evaluator, AnAlertKeepsItsSubjectWhenTheConditionBecomesAnother) {
  AlertStory story(reaches(kHigh), {.sets = {{"p", {"a/*"}}}});
  const auto x = story.add("a/x");
  story.high(1, x);
  story.advance(2);
  story.restart_with({config::AlertRule{.name = "r", .when = {.set = "p", .at_least = kHigh}}});
  story.advance(20);
  ASSERT_THAT(story.messages(), SizeIs(2));
  EXPECT_EQ(story.messages()[1].title, "Over: profile a/x is no longer watched");
  EXPECT_EQ(story.messages()[1].items[0].about, Subject::profile) << "so receivers know which";
  story.low(30, x);
  story.advance(40);
  EXPECT_EQ(story.messages().back().title, "Nothing is left of set p, HIGH or better");
  story.turn(50, x, core::Level::low, core::Freshness::stale);
  story.restart_with({config::AlertRule{.name = "r", .when = {.blind = "p"}}});
  story.advance(90);
  ASSERT_THAT(story.messages().back().items, SizeIs(2)) << "a set and a probe of one name are two alerts";
  EXPECT_EQ(story.messages().back().items[0].text, "set p is no longer watched");
  EXPECT_THAT(story.messages().back().items[1].text, HasSubstr("Vacancy is blind for probe p"));
}

TEST(Evaluator, AnAlertOfAnOlderVersionIsWhatTheRuleIsAbout) {
  AlertStory story(reaches(kHigh));
  const auto x = story.add("a/x");
  story.high(1, x);
  story.advance(2);
  const auto [key, text] = *story.states().find("r/a/a/x");
  std::string older = text;
  older.replace(older.find(",\"about\":\"profile\""), std::string_view(",\"about\":\"profile\"").size(), "");
  story.set_state(key, older);
  story.restart();
  story.low(10, x);
  story.advance(1000);
  EXPECT_THAT(story.lines(), ElementsAre("1.5 firing: +a/x HIGH", "310.5 resolved: -a/x LOW"));
}

TEST(Evaluator, ARuleThatGoesEndsQuietly) {
  AlertStory story(reaches(kHigh));
  story.high(1, story.add("a/x"));
  story.advance(2);
  config::AlertRule other = reaches(kHigh);
  other.name = "other";
  other.profiles = {"b/*"};
  story.restart_with({other});
  story.advance(1000);
  EXPECT_THAT(story.lines(), SizeIs(1));
  EXPECT_THAT(story.states(), IsEmpty());
}

TEST(Evaluator, LabelsThatChangeEndAlertsAndBeginThem) {
  config::AlertRule rule = reaches(kHigh);
  rule.labels = {{"region", "eu"}};
  AlertStory story(rule);
  const auto x = story.add("a/x", {{"region", "eu"}}), y = story.add("a/y");
  story.high(1, x);
  story.high(1, y);
  story.advance(20);
  story.change(x, {}, 20);
  story.change(y, {{"region", "eu"}}, 21);
  story.advance(100);
  EXPECT_THAT(story.lines(),
              ElementsAre("1.5 firing: +a/x HIGH", "20.5 resolved: -a/x HIGH", "30.5 firing: +a/y HIGH"));
}

TEST(Evaluator, TheClockMakesRowsStaleAndLaterTheLogRepeatsIt) {
  config::AlertRule rule{.name = "r", .when = {.blind = "p"}, .keep_firing_for = 0s, .group_interval = 0s};
  AlertStory story(rule);
  core::Row row{.profile = {.id = 1, .key = {"a", "x"}}, .revision = 5, .probe = "p"};
  row.reading.emplace().level = kHigh;
  row.reading->measured_at = AlertStory::time(0);
  row.reading->stale_at = AlertStory::time(90);
  row.reading->expires_at = AlertStory::time(100);
  Evaluator& evaluator = story.evaluator();
  evaluator.know(row.profile, "p", AlertStory::time(0));
  for (const double now : {0.0, 91.0, 101.0}) {
    evaluator.observe(row, AlertStory::time(now));
    story.advance(now);
  }
  evaluator.observe(core::LoggedTransition{6, 1, {AlertStory::time(90), kHigh, core::Freshness::stale, ""}});
  evaluator.observe(
      core::LoggedTransition{6, 1, {AlertStory::time(100), core::Level::unknown, core::Freshness::expired, ""}});
  evaluator.observe(core::LoggedTransition{6, 1, {AlertStory::time(120), kHigh, core::Freshness::fresh, ""}});
  evaluator.observe(row, AlertStory::time(121));
  story.advance(200);
  EXPECT_THAT(story.lines(), ElementsAre("90.5 firing: +p", "120.5 resolved: -p")) << "an old row changes nothing";
}

TEST(Evaluator, ARowThatWasRenewedInTimeIsFreshAgain) {
  AlertStory story(config::AlertRule{.name = "r", .when = {.blind = "p"}, .hold = 10s});
  core::Row row{.profile = {.id = 1, .key = {"a", "x"}}, .revision = 5, .probe = "p"};
  row.reading.emplace().level = kHigh;
  row.reading->stale_at = row.reading->expires_at = AlertStory::time(90);
  Evaluator& evaluator = story.evaluator();
  evaluator.know(row.profile, "p", AlertStory::time(0));
  evaluator.observe(row, AlertStory::time(91));
  row.revision = 6;
  row.reading->stale_at = row.reading->expires_at = AlertStory::time(200);
  evaluator.observe(row, AlertStory::time(92));
  story.advance(199);
  EXPECT_THAT(story.lines(), IsEmpty());
}

TEST(Evaluator, ARestartWithinTheLogSeesWhatCameBetween) {
  // The rows are ahead of the log: x is LOW now, and was HIGH in between.
  config::AlertRule rule = reaches(kHigh);
  rule.keep_firing_for = 0s;
  Evaluator evaluator({rule}, {});
  const core::Profile x{.id = 1, .key = {"a", "x"}};
  evaluator.know(x, "p", AlertStory::time(30));
  evaluator.load({{"r/known", "{}"}});
  evaluator.settle(AlertStory::time(30));
  evaluator.observe(core::LoggedTransition{7, 1, {AlertStory::time(10), kHigh, core::Freshness::fresh, ""}});
  evaluator.observe(core::LoggedTransition{8, 1, {AlertStory::time(20), core::Level::low, core::Freshness::fresh, ""}});
  evaluator.advance(AlertStory::time(60));
  std::vector<std::string> lines;
  for (const Message& message : evaluator.take().messages) lines.push_back(AlertStory::line(message));
  EXPECT_THAT(lines, ElementsAre("10.5 firing: +a/x HIGH", "20.5 resolved: -a/x LOW"));
}

TEST(Evaluator, ASetIsNotEmptyBeforeAllOfItIsHeard) {
  Evaluator evaluator({{.name = "r", .when = {.set = "s"}}}, {.sets = {{"s", {"a/*"}}}});
  core::Row row{.profile = {.id = 1, .key = {"a", "x"}}};
  row.reading.emplace().level = core::Level::low;
  row.reading->stale_at = row.reading->expires_at = base::Time::max();
  evaluator.know(row.profile, "p", AlertStory::time(0));
  evaluator.know({.id = 2, .key = {"a", "y"}}, "p", AlertStory::time(0));
  evaluator.observe(row, AlertStory::time(0));
  evaluator.load({{"r/known", "{}"}});
  evaluator.settle(AlertStory::time(0));
  evaluator.advance(AlertStory::time(100));
  evaluator.observe(core::LoggedTransition{7, 2, {AlertStory::time(110), kHigh, core::Freshness::fresh, ""}});
  evaluator.advance(AlertStory::time(200));
  EXPECT_THAT(evaluator.take().messages, IsEmpty());
}

TEST(Evaluator, StatesThatCannotBeReadAreForgotten) {
  AlertStory story(reaches(kHigh));
  story.high(1, story.add("a/x"));
  story.advance(2);
  const std::vector<std::string> bad = {"",
                                        "/",
                                        "r",
                                        "r/",
                                        "r/a/",
                                        "r/a/a/x",
                                        "r/g/",
                                        "r/g/zz",
                                        "r/i/",
                                        "r/i/x/1",
                                        "r/i/x",
                                        "r/z/1",
                                        "r/i/18446744073709551616/99999999999999999999"};
  for (const std::string text : {"", "{", "[]", "{}", R"({"phase":"pending"})", R"({"phase":1,"since":true})",
                                 R"({"labels":{"a":1}})", R"({"labels":{},"due":1e300})"}) {
    for (const std::string& key : bad) story.set_state(key, text);
    story.restart();
    story.advance(3);
    for (const std::string& key : bad)
      if (key != "r/a/a/x") EXPECT_FALSE(story.states().contains(key)) << key << " " << text;
  }
}

TEST(Evaluator, AClockThatWasSetBackStopsNothing) {
  AlertStory story(reaches(kHigh));
  const auto id = story.add("a/x");
  story.high(10000, id);
  story.low(10010, id);
  story.advance(11000);
  story.high(5000, id);
  story.advance(5001);
  EXPECT_THAT(story.lines(),
              ElementsAre("10000.5 firing: +a/x HIGH", "10310.5 resolved: -a/x LOW", "5000.5 firing: +a/x HIGH"));
}

TEST(Evaluator, AClockThatWasSetBackDelaysNothing) {
  config::AlertRule rule = reaches(kHigh);
  rule.hold = 5min;
  rule.remind_every = 1h;
  AlertStory story(rule);
  const auto x = story.add("a/x"), y = story.add("a/y"), z = story.add("a/z");
  story.high(50000, x);
  story.high(50000, z);
  story.advance(50400);
  story.low(50400, x);
  story.high(50400, y);
  story.advance(1000);
  story.restart();
  story.advance(2000);
  EXPECT_THAT(story.lines(), ElementsAre("50300.5 firing: +a/x HIGH, +a/z HIGH", "1300.5 firing: -a/x LOW, +a/y HIGH"));
  story.advance(100);
  story.restart();
  story.advance(3701);
  EXPECT_EQ(story.lines().back(), "3700 reminder: +a/y HIGH, +a/z HIGH");
  const auto late = story.add("a/late", {}, "p", 3701);
  story.set_row_since(late, 9000);
  story.restart();
  story.advance(3701 + 302);
  EXPECT_EQ(story.lines().back(), "4001.5 firing: +a/late HIGH") << "it has a time of the future";
}

TEST(Evaluator, AReminderTellsWhatIsNow) {
  config::AlertRule rule = below(kHigh);
  rule.remind_every = 1h;
  AlertStory story(rule);
  const auto id = story.add("a/x", {{"rack", "1"}});
  story.high(0, id);
  story.medium(10, id);
  story.low(20, id);
  story.advance(3700);
  EXPECT_THAT(story.lines(), ElementsAre("10.5 firing: +a/x MEDIUM", "3610.5 reminder: +a/x LOW"));
  EXPECT_EQ(story.messages()[1].items[0].from, kMedium);
  EXPECT_EQ(story.messages()[1].items[0].since, AlertStory::time(10));
  story.change(id, {{"rack", "2"}}, 4000);
  story.advance(7300);
  EXPECT_EQ(story.messages().back().items[0].labels, (Labels{{"rack", "1"}})) << "receivers know it by its labels";
}

TEST(Evaluator, ChangesOfOneTimeHaveIdsOfTheirOwn) {
  config::AlertRule rule = reaches(kHigh);
  rule.keep_firing_for = rule.group_wait = rule.group_interval = 0s;
  AlertStory story(rule);
  const auto id = story.add("a/x");
  for (int i = 0; i < 4; ++i) {
    story.high(10 + 2 * i / 65536.0, id);
    story.low(10 + (2 * i + 1) / 65536.0, id);
  }
  story.advance(20);
  std::set<std::string> ids;
  std::string told;
  for (const Message& message : story.messages()) {
    EXPECT_TRUE(ids.insert(message.id).second) << message.id;
    for (const Item& item : message.items) told += item.firing ? '+' : '-';
  }
  EXPECT_EQ(told, "+-+-+-+-");
}

TEST(Evaluator, IdsAreNeverGivenTwice) {
  config::AlertRule rule = reaches(kHigh);
  rule.keep_firing_for = 0s;
  rule.group_wait = 0s;
  rule.group_interval = 0s;
  AlertStory story(rule);
  const auto x = story.add("a/x"), y = story.add("a/y");
  for (int i = 0; i < 1000; ++i) story.turn(i, i % 3 == 0 ? x : y, i % 2 == 0 ? kHigh : core::Level::low);
  story.advance(2000);
  std::set<std::string> ids;
  for (const Message& message : story.messages()) {
    EXPECT_TRUE(ids.insert(message.id).second) << message.id;
    EXPECT_LE(message.id.size(), 100U);
    EXPECT_THAT(message.id, HasSubstr("r-"));
  }
  EXPECT_GT(ids.size(), 300U);
}

}  // namespace
}  // namespace alert
