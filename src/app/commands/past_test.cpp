// history, and list of a past time, against a portal that answers what the test says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/commands/past_lines.hpp"
#include "app/commands/past_time.hpp"
#include "support/command_test.hpp"

namespace app {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr base::Time kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + 12h;

constexpr const char* kPast = R"({"id":1,"provider":"p","name":"a","from":"2026-11-24T02:00:00.000Z",
"to":"2026-11-24T13:00:00.000Z","now":"2026-11-24T12:00:00.000Z","transitions":[
{"at":"2026-11-24T04:00:00.000Z","level":"HIGH","freshness":"FRESH","reason":"ok"},
{"at":"2026-11-24T08:00:00.000Z","level":"HIGH","freshness":"STALE","reason":""},
{"at":"2026-11-24T09:00:00.000Z","level":"LOW","freshness":"FRESH","reason":"full\u001b[31m"}],
"numbers":{"free":[{"at":"2026-11-24T04:00:00.000Z","count":3,"min":1.5,"max":3,"mean":2},
{"at":"2026-11-24T05:00:00.000Z","count":1,"min":0,"max":2,"mean":1}],
"price":[{"at":"2026-11-24T04:00:00.000Z","count":3,"min":0.004,"max":0.005,"mean":0.0042}]}})";

class HistoryCommandTest : public support::CommandTest {
 protected:
  Ran history(std::vector<std::string> words) {
    words.insert(words.begin(), "history");
    words.insert(words.end(), {"--url", url()});
    return run(add_history, std::move(words));
  }
};

TEST_F(HistoryCommandTest, APastIsAStripSharesChangesAndNumbers) {
  ::setenv("COLUMNS", "40", 1);
  ::setenv("LC_ALL", "C", 1);
  will_answer({{200, kPast}});
  const Ran ran = history({"p/a", "--since", "10h"});
  ::unsetenv("COLUMNS");
  ::unsetenv("LC_ALL");
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out,
            "p/a\n"
            "--------HHHHHHHHHHHHHHHH----LLLLLLLLLLLL\n"
            "2026-11-24 02:00    2026-11-24 12:00 UTC\n"
            "H HIGH 40 %  L LOW 30 %  - stale 10 %  - unknown 20 %\n\n"
            "FROM                      LASTED  LEVEL    FRESHNESS\n"
            "2026-11-24T02:00:00.000Z      2h  UNKNOWN  PENDING\n"
            "2026-11-24T04:00:00.000Z      4h  HIGH     FRESH\n"
            "2026-11-24T08:00:00.000Z      1h  HIGH     STALE\n"
            "2026-11-24T09:00:00.000Z      3h  LOW      FRESH\n\n"
            "NUMBER    MIN    MEAN    MAX  READINGS\n"
            "free        0    1.75      3         4\n"
            "price   0.004  0.0042  0.005         3\n");
  EXPECT_THAT(asked(), ElementsAre("GET /api/v1/hardware/p/a/history since=10h"));
}

TEST_F(HistoryCommandTest, TheLatestChangesAreToldToBeNotAll) {
  std::string cut = kPast, shorter;
  cut.replace(cut.find("T02:00"), 6, "T04:00");
  shorter = cut;
  shorter.replace(shorter.find("\"count\":3"), 9, "\"count\":5");
  will_answer({{200, cut}, {200, shorter}});
  const std::string out = history({"p/a", "--since", "90d", "--limit", "3"}).out;
  EXPECT_THAT(out, testing::StartsWith("p/a\nonly the latest 3 changes, since 2026-11-24 04:00 UTC\n"));
  EXPECT_THAT(out, testing::ContainsRegex("\nfree .* 6\n")) << "the numbers of this time";
  EXPECT_THAT(asked(), ElementsAre("GET /api/v1/hardware/p/a/history limit=3 since=90d",
                                   "GET /api/v1/hardware/p/a/history limit=3 from=2026-11-24T04:00:00.000Z"));
  // Times are cut to milliseconds, so that the change before may be in the answer.
  shorter.replace(shorter.find("T04:00"), 6, "T04:01");
  will_answer({{200, cut}, {200, shorter}});
  EXPECT_THAT(history({"p/a", "--limit", "3"}).out, HasSubstr("only the latest 2 changes, since 2026-11-24 04:01"));
  shorter.replace(shorter.find("T04:01"), 6, "T08:01");
  will_answer({{200, cut}, {200, shorter}});
  EXPECT_THAT(history({"p/a", "--limit", "3"}).out, HasSubstr("only the latest change, since"));
  will_answer({{200, kPast}});
  EXPECT_THAT(history({"p/a", "--limit", "3"}).out, Not(HasSubstr("only the latest"))) << "these are all";
}

TEST_F(HistoryCommandTest, NotQuiteAllIsNotAll) {
  std::string past = kPast;
  past.replace(past.find("T04:00"), 6, "T02:01");
  past.replace(past.find("T08:00"), 6, "T11:59");
  past.replace(past.find("T09:00"), 6, "T11:59");
  will_answer({{200, past}});
  EXPECT_THAT(history({"p/a"}).out, HasSubstr("HIGH >99 %"));
}

TEST_F(HistoryCommandTest, LevelsHaveHeightsAndColors) {
  const core::Timeline timeline =
      core::timeline(std::vector<core::Transition>{{kNow - 3h, core::Level::high, core::Freshness::fresh, ""},
                                                   {kNow - 2h, core::Level::medium, core::Freshness::fresh, ""},
                                                   {kNow - 1h, core::Level::low, core::Freshness::fresh, ""}},
                     kNow - 4h, kNow);
  EXPECT_EQ(strip_of(timeline, 8, {.blocks = true}), "··██▅▅▂▂");
  EXPECT_EQ(strip_of(timeline, 4, {}), "-HML");
  EXPECT_EQ(strip_of(timeline, 2, {}), "-L") << "the lowest, unless half was not observed";
  EXPECT_EQ(strip_of(timeline, 1, {}), "L");
  EXPECT_EQ(strip_of(timeline, 4, {.color = true}), "\033[90m-\033[0m\033[32mH\033[0m\033[33mM\033[0m\033[31mL\033[0m");
  EXPECT_EQ(strip_of(core::timeline({}, kNow - 4h, kNow), 4, {.color = true}), "\033[90m----\033[0m") << "a run";
  EXPECT_EQ(strip_of({}, 4, {}), "");
}

TEST_F(HistoryCommandTest, ScriptsGetJsonOrCsv) {
  will_answer({{200, kPast}});
  EXPECT_THAT(history({"p/a", "--json"}).out, HasSubstr(R"({"at":"2026-11-24T04:00:00.000Z","count":3,"min":1.5,)"));
  will_answer({{200, "at,until\r\n", "text/csv"}});
  EXPECT_EQ(history({"p/a b", "--csv", "--limit", "5"}).out, "at,until\r\n");
  const std::string from = "2026-11-24T04:00:00.000Z", rows = "at,until\r\n" + from + ",2026";
  will_answer({{200, rows, "text/csv", {{"Vacancy-From", from}}},
               {200, rows, "text/csv", {{"Vacancy-From", "2026-11-24T05:00:00.000Z"}}},
               {200, "at,until\r\n", "text/csv"}});
  const Ran cut = history({"p/a", "--csv"});
  EXPECT_EQ(cut.out, rows);
  EXPECT_EQ(cut.err, "only the latest changes, since " + from + "; for more of them give --limit, 10000 at most\n");
  EXPECT_EQ(history({"p/a", "--csv"}).err, "") << "all are there";
  history({"p/a", "--csv", "--numbers", "--span", "1d", "--from", "2026-11-24", "--to", "2026-11-24T12:00:00+01:00"});
  EXPECT_THAT(asked(),
              ElementsAre("GET /api/v1/hardware/p/a/history", "GET /api/v1/hardware/p/a%20b/history.csv limit=5",
                          "GET /api/v1/hardware/p/a/history.csv", "GET /api/v1/hardware/p/a/history.csv",
                          "GET /api/v1/hardware/p/a/history.csv from=2026-11-24T00:00:00.000Z "
                          "to=2026-11-24T11:00:00.000Z span=1d numbers=1"));
}

TEST_F(HistoryCommandTest, MistakesAreToldBeforeAnythingIsAsked) {
  const std::pair<std::vector<std::string>, const char*> wrong[] = {
      {{"p"}, "PROVIDER/NAME"},
      {{"p/a", "--from", "noon"}, "--from: 'noon' is not a time; write such as"},
      {{"p/a", "--from", "1h", "--since", "1h"}, "--since"},
      {{"p/a", "--to", "1h"}, "--from"},
      {{"p/a", "--numbers"}, "--csv"},
      {{"p/a", "--span", "2h"}, "5m, 1h, 1d"},
  };
  for (const auto& [words, message] : wrong) {
    const Ran ran = history(words);
    EXPECT_EQ(ran.code, 2) << message;
    EXPECT_THAT(ran.err, HasSubstr(message));
  }
  EXPECT_THAT(asked(), IsEmpty());
}

TEST_F(HistoryCommandTest, APatternNamesTheOneThatMatches) {
  const auto rows = [](std::string_view rows) {
    return fmt::format(R"({{"now":"2026-11-24T12:00:00.000Z","next":null,"hardware":[{}]}})", rows);
  };
  const std::string many = rows(
      R"({"provider":"p/q","name":"a*"},{"provider":"p/q","name":"ab"},{"provider":"p","name":"c"},{"provider":"p","name":"d"})");
  will_answer({{200, many}, {200, kPast}});
  EXPECT_EQ(history({"p?q/*b"}).code, 0);
  EXPECT_THAT(asked(),
              ElementsAre("GET /api/v1/hardware q=p q/ b limit=1000", "GET /api/v1/hardware/p%2Fq/ab/history"));
  will_answer({{200, rows(R"({"provider":"p","name":"a*"},{"provider":"p","name":"ab"})")}, {200, kPast}});
  EXPECT_EQ(history({"p/a*"}).code, 0);
  EXPECT_EQ(asked().back(), "GET /api/v1/hardware/p/a%2A/history") << "named exactly so";
  will_answer({{200, many}, {200, many}});
  const Ran several = history({"p*/?*"});
  EXPECT_EQ(several.code, 2);
  EXPECT_THAT(several.err, HasSubstr("p*/?* matches p/q/a*, p/q/ab, p/c, …; name one of them"));
  const Ran none = history({"x/*"});
  EXPECT_EQ(none.code, 2);
  EXPECT_THAT(none.err, HasSubstr("no profile matches x/*"));
}

TEST_F(HistoryCommandTest, WhatThePortalRefusesIsSaid) {
  will_answer({{400, R"({"detail":"from is not before to"})", "application/problem+json"},
               {501, R"({"detail":"the hardware service keeps no history"})", "application/problem+json"},
               {200, "[]"}});
  EXPECT_THAT(history({"p/a"}).err, HasSubstr("from is not before to"));
  EXPECT_THAT(history({"p/a"}).err, HasSubstr("keeps no history"));
  const Ran odd = history({"p/a"});
  EXPECT_EQ(odd.code, 1);
  EXPECT_THAT(odd.err, HasSubstr("cannot be read"));
}

TEST_F(HistoryCommandTest, ListShowsAPastTime) {
  will_answer(
      {{200, R"({"time":"2026-11-24T10:00:00.000Z","now":"2026-11-24T12:00:00.000Z","next":"?after=p%2Fa","hardware":[
      {"id":1,"provider":"p","name":"a","availability":"LOW","freshness":"FRESH","reason":"full","since":"2026-11-24T09:30:00.000Z"}]})"},
       {200, R"({"time":"2026-11-24T10:00:00.000Z","now":"2026-11-24T12:00:00.000Z","next":null,"hardware":[
      {"id":2,"provider":"p","name":"b","availability":"UNKNOWN","freshness":"PENDING","reason":"","since":null}]})"}});
  const Ran ran = run(add_list, {"list", "--at", "2026-11-24T10:00:00Z", "--level", "LOW", "--url", url()});
  EXPECT_EQ(ran.out,
            "PROVIDER  NAME  LEVEL    FRESHNESS  FOR\n"
            "p         a     LOW      FRESH      30m  full\n"
            "p         b     UNKNOWN  PENDING      -\n");
  EXPECT_EQ(asked().front(), "GET /api/v1/hardware level=LOW limit=1000 at=2026-11-24T10:00:00.000Z");
  EXPECT_THAT(run(add_list, {"list", "--at", "1h", "-o", "csv", "--url", url()}).err, HasSubstr("--at has no CSV"));
}

TEST(PastTime, IsATimeADayOrHowLongAgo) {
  EXPECT_EQ(past_time("--at", "2026-11-24T13:00:00+01:00", kNow), kNow);
  EXPECT_EQ(past_time("--at", "2026-11-24", kNow), kNow - 12h);
  EXPECT_EQ(past_time("--at", "1h30m", kNow), kNow - 90min);
  for (const char* text : {"", "now", "13:00", "2026-11", "2026-13-01", "-1h", "7"})
    EXPECT_THROW(past_time("--at", text, kNow), base::UsageError) << text;
}

}  // namespace
}  // namespace app
