// Launches that are passed on to hardware services that answer what the test says.
#include "portal/observations.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "support/history_service.hpp"
#include "support/temp_dir.hpp"

namespace portal {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class ObservationsTest : public testing::Test {
 protected:
  ObservationsTest() {
    runtime_.start();
    std::ofstream(directory_ / "token") << "an-observer-token\n";
  }

  /// The answer to a launch, told to a portal whose hardware service answers it so.
  std::string tell(const support::HistoryService::Answers& answers, std::string_view query = "") {
    http::Router router;
    router.add("POST", "/api/v1/observations",
               [&](const http::Request& request) {
                 passed_ = fmt::format("{} {} {}", request.header("Authorization"), request.header("Content-Type"),
                                       request.body);
                 return answers(request);
               },
               {.max_body_bytes = http::kAnyBody});
    support::Serving service(runtime_, std::move(router));
    return tell_to(service.url(), query);
  }
  std::string tell_to(const base::Url& url, std::string_view query = "") {
    support::KnownReplicas replicas(runtime_, {url});
    Observations observations(
        *replicas, [&] { return followed_; }, runtime_.background().get_executor(), directory_ / "token");
    http::Request request;
    request.method = "POST";
    request.headers = {{"Authorization", "Bearer an-observer-token"}, {"Content-Type", "application/json"}};
    request.query = http::Query::parse(query).value();
    request.body = R"({"profile":"a/b"})";
    const http::Reply reply = support::start(runtime_.core(0), observations.add(request)).get();
    std::string text = fmt::format("{} {}", reply.status, *reply.body);
    for (const auto& [name, value] : reply.headers) text += fmt::format("\n{}: {}", name, value);
    support::start(runtime_.background(), observations.wait()).get();
    return text;
  }

  base::Runtime runtime_{1};
  support::TempDir directory_;
  std::string passed_;
  std::shared_ptr<http::Replica> followed_;
};

TEST_F(ObservationsTest, TheyArePassedOnWithTheToken) {
  EXPECT_THAT(tell(support::always(200, R"({"effect":"applied"})")),
              AllOf(HasSubstr(R"(200 {"effect":"applied"})"), HasSubstr("Cache-Control: no-store")));
  EXPECT_EQ(passed_, R"(Bearer an-observer-token application/json {"profile":"a/b"})");
}

TEST_F(ObservationsTest, ProblemsComeAsTheyAre) {
  EXPECT_THAT(tell(support::always(http::problem(404, "there is no profile 'a/b'"))),
              AllOf(HasSubstr("404 {"), HasSubstr("there is no profile 'a/b'")));
  EXPECT_THAT(tell(support::always(http::problem(401, "the observer token is wrong"))),
              AllOf(HasSubstr("401 {"), HasSubstr("WWW-Authenticate: Bearer")));
  EXPECT_THAT(tell(support::always(http::problem(503, "the database is away"))),
              AllOf(HasSubstr("503 {"), HasSubstr("Retry-After: 1")));
}

TEST_F(ObservationsTest, AServiceWithoutThemIsNamed) {
  EXPECT_THAT(tell(support::always(404, "oops", "text/html")), HasSubstr("501 {"));
  support::Serving older(runtime_, http::Router());
  EXPECT_THAT(tell_to(older.url()),
              AllOf(HasSubstr("501 {"), HasSubstr("the original system's, or of an older version")));
}

TEST_F(ObservationsTest, OneThatIsAwayOrBreaksOffIsToldAgain) {
  EXPECT_THAT(tell(support::cut_off), AllOf(HasSubstr("503 {"), HasSubstr("tell it again")));
  auto away = std::make_unique<support::Serving>(runtime_, http::Router());
  const base::Url url = away->url();
  away.reset();
  EXPECT_THAT(tell_to(url), AllOf(HasSubstr("503 {"), HasSubstr("tell it again")));
}

TEST_F(ObservationsTest, TheReplicaThatIsFollowedIsTold) {
  support::Serving other(runtime_, http::Router());
  followed_ = std::make_shared<http::Replica>();
  followed_->url = other.url();
  EXPECT_THAT(tell(support::always(200, "{}")), HasSubstr("501 {"));
  EXPECT_EQ(passed_, "");
}

TEST_F(ObservationsTest, AQueryIsRefused) {
  EXPECT_THAT(tell(support::always(200, "{}"), "source=ci"), HasSubstr("400 {"));
  EXPECT_EQ(passed_, "");
}

}  // namespace
}  // namespace portal
