// Questions about the past to replicas that are slow, wrong, away or old.
#include "portal/history_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/history_service.hpp"

namespace portal {
namespace {

using namespace std::chrono_literals;
using support::always;
using testing::HasSubstr;

constexpr base::Duration kLong = std::chrono::minutes{5};

class HistorySourceTest : public testing::Test {
 protected:
  HistorySourceTest() { runtime_.start(); }

  HistorySource::Got get(std::vector<base::Url> urls, base::Duration deadline = kLong) {
    support::KnownReplicas replicas(runtime_, std::move(urls));
    HistorySource source(*replicas, runtime_.background().get_executor(), deadline);
    return support::start(runtime_.background(), source.get("/hardware/7/history?limit=5")).get();
  }
  /// "503 the sentence".
  static std::string problem(const HistorySource::Got& got) {
    return got ? "no problem" : fmt::format("{} {}", got.error().status, *got.error().body);
  }

  base::Runtime runtime_{1};
};

TEST_F(HistorySourceTest, TheAnswerComesAsItIs) {
  support::HistoryService service(runtime_, always(200, "{\"a\":1}"));
  EXPECT_EQ(get({service.url()}), "{\"a\":1}\n");
  EXPECT_THAT(service.asked(), testing::ElementsAre("/hardware/7/history?limit=5"));
}

TEST_F(HistorySourceTest, AnotherReplicaIsAskedWhenOneFails) {
  const support::HistoryService::Answers failing[] = {
      always(500, "oops", "text/plain"), always(http::problem(503, "busy")), support::cut_off, {}};
  for (const auto& answers : failing) {
    support::HistoryService bad(runtime_, answers), good(runtime_, always(200, "{}"));
    for (int i = 0; i < 10; ++i) EXPECT_EQ(get({bad.url(), good.url()}), "{}\n") << "whichever is asked first";
    EXPECT_EQ(good.asked().size(), 10U);
  }
}

TEST_F(HistorySourceTest, OneThatIsAwayIsPassedOver) {
  support::HistoryService good(runtime_, always(200, "{}"));
  support::HistoryService away(runtime_, always(200, "{}"));
  const base::Url nobody = away.url();
  away.drain();
  for (int i = 0; i < 6; ++i) EXPECT_EQ(get({nobody, good.url()}), "{}\n");
}

TEST_F(HistorySourceTest, OneThatIsSlowHasAllOfTheTime) {
  const auto late = always(http::problem(504, "the database took too long"));
  for (const support::HistoryService::Answers& answers : {support::HistoryService::Answers(support::hang), late}) {
    support::HistoryService one(runtime_, answers), other(runtime_, answers);
    EXPECT_THAT(problem(get({one.url(), other.url()}, 200ms)), HasSubstr("504 {"));
    EXPECT_EQ(one.asked().size() + other.asked().size(), 1U) << "the other one would be as slow";
  }
}

TEST_F(HistorySourceTest, TheDeadlineIsKept) {
  support::HistoryService one(runtime_, support::hang), other(runtime_, support::hang);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THAT(problem(get({one.url()}, 100ms)), HasSubstr("504 {"));
  EXPECT_THAT(problem(get({one.url(), other.url()}, 100ms)), HasSubstr("took longer than 100ms"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kLong / 2);
}

TEST_F(HistorySourceTest, ProblemsBecomeThePortalsOwn) {
  support::HistoryService unknown(runtime_, always(http::problem(404, "no profile has this id")));
  EXPECT_THAT(problem(get({unknown.url()})), testing::AllOf(HasSubstr("404 {"), HasSubstr("there is no such profile")));
  support::HistoryService wrong(runtime_, always(http::problem(400, "from is not before to")));
  EXPECT_THAT(problem(get({wrong.url()})), testing::AllOf(HasSubstr("400 {"), HasSubstr("from is not before to")));
  support::HistoryService late(runtime_, always(http::problem(504, "the database took too long")));
  EXPECT_THAT(problem(get({late.url()})), testing::AllOf(HasSubstr("504 {"), HasSubstr("database took too long")));
  support::HistoryService odd(runtime_, always(302, "elsewhere"));
  EXPECT_THAT(problem(get({odd.url()})), testing::AllOf(HasSubstr("503 {"), HasSubstr("answered 302")));
  support::HistoryService cut(runtime_, support::cut_off);
  EXPECT_THAT(problem(get({cut.url()})), HasSubstr("503 {"));
}

TEST_F(HistorySourceTest, AServiceWithoutHistoryIsToldApart) {
  support::HistoryService older(runtime_), original(runtime_, always(404, "Not Found", "text/html"));
  EXPECT_THAT(problem(get({older.url()})), testing::AllOf(HasSubstr("501 {"), HasSubstr("keeps no history")));
  EXPECT_THAT(problem(get({original.url()})), HasSubstr("keeps no history"));
  support::HistoryService none(runtime_, always(http::problem(501, "no history is kept")));
  EXPECT_THAT(problem(get({none.url()})), testing::AllOf(HasSubstr("501 {"), HasSubstr("no history is kept")));
}

}  // namespace
}  // namespace portal
