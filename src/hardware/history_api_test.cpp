// The past over HTTP, from a store whose content and speed are the test's.
#include "hardware/history_api.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/router.hpp"
#include "support/captured_log.hpp"
#include "support/fake_history.hpp"
#include "support/fed_board.hpp"
#include "support/raw_client.hpp"
#include "support/serving.hpp"

namespace hardware {
namespace {

using namespace std::chrono_literals;
using support::kNow;
using support::measured_row;
using support::share;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

core::Transition at(base::Time time, core::Level level, std::string reason = "") {
  return {time, level, core::Freshness::fresh, std::move(reason)};
}

class HistoryApiTest : public testing::Test {
 protected:
  explicit HistoryApiTest(HistoryPool::Limits limits = {.most = 8, .deadline = 5min}) : limits_(limits) {
    runtime_.start();
    board_.fill(
        {share(measured_row(7, "a", 1, core::Level::high)), share(measured_row(8, "b/c", 2, core::Level::low))});
    history_.profiles = {{7, {"p", "a"}, {{"zone", "x"}}}, {8, {"p", "b/c"}}};
    http::Router router;
    router.add("GET", "/hardware/{id}/history", http::to(api_, &HistoryApi::history));
    router.add("GET", "/hardware/at", http::to(api_, &HistoryApi::at));
    router.add("GET", "/hardware/transitions", http::to(api_, &HistoryApi::transitions));
    router.add("GET", "/quick", [](const http::Request&) { return http::json_reply("{}"); });
    serving_ = std::make_unique<support::Serving>(runtime_, std::move(router));
  }
  ~HistoryApiTest() override { history_.gate.open(); }

  std::unique_ptr<support::RawClient> begin(std::string_view target) {
    auto client = std::make_unique<support::RawClient>(serving_->port());
    client->send(fmt::format("GET {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", target));
    return client;
  }
  std::string ask(std::string_view target) { return begin(target)->read_all(); }
  std::string ask_past(std::string_view query) { return ask(fmt::format("/hardware/7/history?{}", query)); }
  double count(const std::string& outcome) {
    return metrics_.counter("vacancy_history_requests_total", "", {{"server", "hardware"}, {"outcome", outcome}})
        .Value();
  }
  /// From so long ago until now, as a query.
  static std::string range(base::Duration from, base::Duration to = 0s) {
    return fmt::format("from={}&to={}", base::to_rfc3339(kNow - from), base::to_rfc3339(kNow - to));
  }

  const HistoryPool::Limits limits_;
  base::Metrics metrics_;
  base::Runtime runtime_{1};
  support::FedBoard board_{runtime_};
  support::FakeHistory history_;
  HistoryApi api_{*board_, history_, metrics_, limits_};
  std::unique_ptr<support::Serving> serving_;
};

TEST_F(HistoryApiTest, APastHasItsTransitionsAndNumbers) {
  history_.past[7] = {at(kNow - 5h, core::Level::low), at(kNow - 3h, core::Level::high, "a \"lot\""),
                      at(kNow - 1h, core::Level::medium)};
  history_.buckets[&core::Measurement::free] = {{kNow - 3h, 2, 1.5, 3, 4.5}, {kNow - 2h, 1, 2, 2, 2}};
  history_.launches[7][core::Level::high] = {41, 2};
  history_.launches[8][core::Level::medium] = {9, 9};
  const std::string answer = ask_past(range(150min, 30min) + "&span=1h");
  EXPECT_THAT(answer, HasSubstr("HTTP/1.1 200"));
  EXPECT_THAT(answer, HasSubstr("Cache-Control: no-store"));
  EXPECT_THAT(
      answer,
      HasSubstr(
          R"({"id":7,"provider":"p","name":"a","from":"2026-11-23T21:30:00.000Z","to":"2026-11-23T23:30:00.000Z","now":")"));
  EXPECT_THAT(
      answer,
      HasSubstr(
          R"("span":"1h","transitions":[{"at":"2026-11-23T21:00:00.000Z","level":"HIGH","freshness":"FRESH","reason":"a \"lot\""},)"
          "\n"
          R"({"at":"2026-11-23T23:00:00.000Z","level":"MEDIUM","freshness":"FRESH","reason":""}],"numbers":{"free":[{"at":"2026-11-23T21:00:00.000Z","count":2,"min":1.5,"max":3,"mean":2.25},)"));
  EXPECT_THAT(answer,
              HasSubstr(R"(}]},"stale_at":"2026-11-24T00:01:00.000Z","expires_at":"2026-11-24T00:05:00.000Z",)"
                        R"("calibration":{"HIGH":{"launched":41,"failed":2},"MEDIUM":{"launched":0,"failed":0},)"));
  EXPECT_THAT(ask_past("span=none"), HasSubstr(R"("span":null)")) << "nothing is asked for";
}

TEST_F(HistoryApiTest, LossesThatGoOnAreThere) {
  history_.past[7] = {at(kNow - 1h, core::Level::high)};
  board_.put(measured_row(7, "a", 3, core::Level::high, kNow - 3min));
  const auto stale_at = R"({"at":"2026-11-23T23:58:00.000Z","level":"HIGH","freshness":"STALE","reason":""})";
  ASSERT_TRUE(support::eventually([&] { return ask_past(range(1h)).contains(stale_at); }));
  EXPECT_THAT(ask_past(range(1h, 5min)), Not(HasSubstr("STALE"))) << "before they happened";
  EXPECT_THAT(ask_past(range(1min)), AllOf(HasSubstr("\"transitions\":[{\"at\":\"2026-11-23T23:58:00.000Z\"")))
      << "in force";
  board_.put(measured_row(7, "a", 4, core::Level::high, kNow - 30min));
  ASSERT_TRUE(support::eventually([&] { return ask_past(range(1h)).contains("EXPIRED"); }));
}

TEST_F(HistoryApiTest, ALimitKeepsTheLatestAndSaysFromWhen) {
  for (int i = 10; i > 0; --i)
    history_.past[7].push_back(at(kNow - i * 1min, i % 2 == 0 ? core::Level::low : core::Level::high));
  const std::string cut = ask_past(range(1h) + "&limit=3");
  EXPECT_THAT(cut, HasSubstr(R"("from":"2026-11-23T23:57:00.000Z")"));
  EXPECT_THAT(cut, HasSubstr(R"("transitions":[{"at":"2026-11-23T23:57:00.000Z")"));
  EXPECT_THAT(ask_past(range(3min) + "&limit=3"), HasSubstr(R"("from":"2026-11-23T23:57:00.000Z")"));
  EXPECT_THAT(ask_past(range(150s) + "&limit=2"), AllOf(HasSubstr(R"("from":"2026-11-23T23:57:30.000Z")"),
                                                        HasSubstr(R"([{"at":"2026-11-23T23:57:00.000Z")")))
      << "the state in force comes on top";
}

TEST_F(HistoryApiTest, ABoardOfThePastComesInParts) {
  history_.past[7] = {at(kNow - 5h, core::Level::low, "full")};
  history_.past[8] = {at(kNow - 1h, core::Level::high)};
  const std::string first = ask("/hardware/at?time=2026-11-23T22:00:00Z&limit=1");
  EXPECT_THAT(first, HasSubstr(R"({"time":"2026-11-23T22:00:00.000Z","now":")"));
  EXPECT_THAT(
      first,
      HasSubstr(
          R"("next":"?time=2026-11-23T22%3A00%3A00.000Z&after=p%2Fa&limit=1","hardware":[{"id":7,"provider":"p","name":"a","labels":{"zone":"x"},"availability":"LOW","freshness":"FRESH","reason":"full","since":"2026-11-23T19:00:00.000Z"}]})"));
  const std::string second = ask("/hardware/at?time=2026-11-23T22%3A00%3A00.000Z&after=p%2Fa&limit=1");
  EXPECT_THAT(
      second,
      HasSubstr(
          R"("next":null,"hardware":[{"id":8,"provider":"p","name":"b/c","availability":"UNKNOWN","freshness":"PENDING","reason":"nothing is known of this time","since":null}]})"));
  EXPECT_THAT(ask("/hardware/at?time=2026-11-23T22:00:00Z&after=p%2Fb%252Fc"), HasSubstr(R"("hardware":[]})"));
}

TEST_F(HistoryApiTest, ABoardAtTheTimeThatATransitionShowsHasIt) {
  history_.past[7] = {at(kNow - 1h + 999us, core::Level::low)};
  EXPECT_THAT(ask("/hardware/at?time=" + base::to_rfc3339(history_.past[7].front().at)), HasSubstr("LOW"));
}

TEST_F(HistoryApiTest, TransitionsOfAllProfilesAreThere) {
  history_.logged = {{12, 8, at(kNow - 1h, core::Level::high, "ok")}, {11, 7, at(kNow - 2h, core::Level::low)}};
  EXPECT_THAT(
      ask("/hardware/transitions?limit=1"),
      AllOf(HasSubstr(
          R"("transitions":[{"revision":12,"id":8,"at":"2026-11-23T23:00:00.000Z","level":"HIGH","freshness":"FRESH","reason":"ok"}]})")));
  EXPECT_THAT(ask("/hardware/transitions"), HasSubstr(R"({"revision":11,"id":7,)"));
}

TEST_F(HistoryApiTest, TransitionsOfSomeProfilesAreThere) {
  history_.past[7] = {at(kNow - 4h, core::Level::low), at(kNow - 2h, core::Level::high)};
  history_.past[8] = {at(kNow - 3h, core::Level::medium), at(kNow - 1h, core::Level::low)};
  history_.past[9] = {at(kNow - 1min, core::Level::low)};
  const std::string both = ask("/hardware/transitions?id=7&id=8&limit=3");
  const auto place = [&](std::string_view part) { return both.find(part); };
  EXPECT_LT(place(R"({"revision":1,"id":8,"at":"2026-11-23T23:00)"),
            place(R"({"revision":1,"id":7,"at":"2026-11-23T22:00)"));
  EXPECT_LT(place(R"({"revision":1,"id":7,"at":"2026-11-23T22:00)"),
            place(R"({"revision":1,"id":8,"at":"2026-11-23T21:00)"));
  EXPECT_THAT(both, AllOf(HasSubstr(R"({"revision":1,"id":8,"at":"2026-11-23T21:00)"), Not(HasSubstr("T20:00")),
                          Not(HasSubstr("\"id\":9"))));
}

TEST_F(HistoryApiTest, WhereNoneIsKeptThatIsSaid) {
  const char* targets[] = {"/hardware/7/history", "/hardware/at?time=2026-11-23T22:00:00Z", "/hardware/transitions"};
  api_.keep({.transitions = 0s});
  for (const char* target : targets)
    EXPECT_THAT(ask(target), AllOf(HasSubstr("HTTP/1.1 501"), HasSubstr("hardware.history.transitions is 0")))
        << target;
  api_.keep({});
  for (const char* target : targets) EXPECT_THAT(ask(target), HasSubstr("HTTP/1.1 200")) << target;
}

TEST_F(HistoryApiTest, AutoIsASpanThatIsKept) {
  EXPECT_THAT(ask_past("since=1d"), HasSubstr(R"("span":"5m")"));
  api_.keep({.five_minutes = 0s});
  EXPECT_THAT(ask_past("since=1d"), HasSubstr(R"("span":"1h")"));
  EXPECT_THAT(ask_past("since=1d&span=5m"), HasSubstr(R"("span":"5m")")) << "as it is asked";
}

TEST_F(HistoryApiTest, WrongRequestsAreExplained) {
  const std::pair<const char*, const char*> wrong[] = {
      {"/hardware/9/history", "404"},
      {"/hardware/x/history", "no profile has this id"},
      {"/hardware/7/history?since=7", "such as"},
      {"/hardware/7/history?form=2026-11-23T22:00:00Z", "did you mean 'from'"},
      {"/hardware/7/history?limit=10001", "from 1 to 10000"},
      {"/hardware/at", "time is missing"},
      {"/hardware/at?time=now", "not a time of RFC 3339"},
      {"/hardware/at?time=2026-11-25T00:00:00Z", "in the future"},
      {"/hardware/at?time=2026-11-23T00:00:00Z&after=x", "the value in 'next'"},
      {"/hardware/at?time=2026-11-23T00:00:00Z&limit=0", "from 1 to 10000"},
      {"/hardware/transitions?limit=all", "from 1 to 10000"},
      {"/hardware/transitions?id=7&id=a", "id='a' is not a whole number"},
  };
  for (const auto& [target, message] : wrong)
    EXPECT_THAT(ask(target), AllOf(HasSubstr("HTTP/1.1 40"), HasSubstr(message))) << target;
}

TEST_F(HistoryApiTest, ADatabaseThatIsAwayIsAProblemOfHistoryAlone) {
  support::CapturedLog log;
  history_.lost = true;
  EXPECT_THAT(ask_past(""), AllOf(HasSubstr("HTTP/1.1 503"), HasSubstr("Retry-After: 1")));
  EXPECT_EQ(count("failed"), 1);
  history_.lost = false;
  EXPECT_THAT(ask_past(""), HasSubstr("HTTP/1.1 200"));
}

/// A store that hangs.
class StalledTest : public HistoryApiTest {
 protected:
  StalledTest() : HistoryApiTest({.most = 4, .deadline = 200ms}) { history_.gate.close(); }
};

TEST_F(StalledTest, AnAnswerThatIsLateIsAProblem) {
  EXPECT_THAT(ask_past(""), AllOf(HasSubstr("HTTP/1.1 504"), HasSubstr("took longer than 200ms")));
  EXPECT_THAT(ask("/quick"), HasSubstr("HTTP/1.1 200"));
  EXPECT_EQ(count("late"), 1);
}

TEST_F(StalledTest, QuestionsAreCountedUntilTheyEnd) {
  std::vector<std::unique_ptr<support::RawClient>> clients;
  for (std::size_t i = 0; i < limits_.most; ++i) clients.push_back(begin("/hardware/7/history"));
  for (auto& client : clients) EXPECT_THAT(client->read_all(), HasSubstr("HTTP/1.1 504"));
  EXPECT_EQ(history_.gate.waiting(), static_cast<int>(HistoryPool::kThreads));
  EXPECT_THAT(ask_past(""), AllOf(HasSubstr("HTTP/1.1 503"), HasSubstr("Retry-After: 1"),
                                  HasSubstr("too many questions about history")))
      << "their threads are still busy";
  EXPECT_THAT(ask("/hardware/at?time=2026-11-23T00:00:00Z"), HasSubstr("too many questions"));
  EXPECT_EQ(count("refused"), 2);
  history_.gate.open();
  EXPECT_TRUE(support::eventually([&] { return ask_past("").contains("HTTP/1.1 200"); }));
}

}  // namespace
}  // namespace hardware
