// The feed in front of a hardware service whose answers are the test's.
#include "portal/change_feed.hpp"

#include <gmock/gmock.h>

#include "support/history_service.hpp"
#include "support/portal_test.hpp"

namespace portal {
namespace {

using namespace std::chrono_literals;
using core::Level;
using support::always;
using support::kNow;
using support::measured_row;
using support::share;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr HistoryLimits kPatient{.deadline = 5min, .most_under_way = 8, .kept = 5min};

constexpr const char* kLatest = R"({"now":"2026-11-24T00:00:00.000Z","transitions":[
{"revision":9,"id":1,"at":"2026-11-23T22:00:00.000Z","level":"HIGH","freshness":"FRESH","reason":"4 of 8 <idle> & \u0007more"},
{"revision":8,"id":2,"at":"2026-11-23T21:00:00.000Z","level":"LOW","freshness":"FRESH","reason":""},
{"revision":7,"id":2,"at":"2026-11-23T20:30:00.000Z","level":"MEDIUM","freshness":"FRESH","reason":""},
{"revision":6,"id":1,"at":"2026-11-23T20:00:00.000Z","level":"LOW","freshness":"FRESH","reason":"full"},
{"revision":5,"id":1,"at":"2026-11-23T19:00:00.000Z","level":"HIGH","freshness":"FRESH","reason":""}]})";

class ChangeFeedTest : public PortalTest {
 protected:
  ChangeFeedTest() {
    board_.fill({share(measured_row(1, "a b", 1, Level::high)), share(measured_row(2, "b", 2, Level::low))});
    headers_ = {{"Host", "vacancy:5000"}};
  }

  void serve(support::HistoryService::Answers answers, HistoryLimits limits = kPatient) {
    service_.emplace(runtime_, std::move(answers));
    replicas_.emplace(runtime_, std::vector<base::Url>{service_->url()});
    history_.emplace(**replicas_, runtime_.background().get_executor(), metrics_, limits);
    feed_.emplace(*board_, *history_);
  }
  http::Reply feed(std::string_view query = "") { return ask(&ChangeFeed::handle, *feed_, query); }
  static std::string_view header(const http::Reply& reply, std::string_view name) {
    for (const auto& [each, value] : reply.headers)
      if (each == name) return value;
    return "";
  }

  base::Metrics metrics_;
  std::optional<support::HistoryService> service_;
  std::optional<support::KnownReplicas> replicas_;
  std::optional<History> history_;
  std::optional<ChangeFeed> feed_;
};

TEST_F(ChangeFeedTest, ItSaysWhatChanged) {
  serve(always(200, kLatest));
  const http::Reply reply = feed("provider=p&limit=7");
  EXPECT_EQ(reply.content_type, "application/atom+xml");
  EXPECT_EQ(header(reply, "Last-Modified"), "Mon, 23 Nov 2026 22:00:00 GMT");
  EXPECT_EQ(header(reply, "Vary"), "Host, X-Forwarded-Proto, Accept-Encoding");
  EXPECT_THAT(*reply.body,
              AllOf(HasSubstr("<title>Vacancy: p</title>\n<updated>2026-11-23T22:00:00.000Z</updated>"),
                    HasSubstr("rel=\"self\" type=\"application/atom+xml\" "
                              "href=\"http://vacancy:5000/feed.atom?provider=p&amp;limit=7\""),
                    HasSubstr("href=\"http://vacancy:5000/?provider=p\""), HasSubstr("<title>p a b is HIGH</title>"),
                    HasSubstr("<summary>LOW → HIGH: 4 of 8 &lt;idle&gt; &amp; ?more</summary>"),
                    HasSubstr("href=\"http://vacancy:5000/profile/p/a%20b\""),
                    HasSubstr("<summary>MEDIUM → LOW</summary>"), HasSubstr("<summary>HIGH → LOW: full</summary>")));
  EXPECT_THAT(service_->asked(), ElementsAre("/hardware/transitions?limit=1000&id=1&id=2")) << "few: of them";
}

TEST_F(ChangeFeedTest, FiltersChooseProfilesAndNewStates) {
  serve(always(200, kLatest));
  EXPECT_THAT(*feed("q=b&level=HIGH").body, AllOf(HasSubstr("p a b is HIGH"), Not(HasSubstr("is LOW")),
                                                  HasSubstr("<title>Vacancy: “b”, high</title>")));
  EXPECT_THAT(*feed("name=b").body, AllOf(HasSubstr("p b is LOW"), Not(HasSubstr("p a b"))));
  board_.set_sets({{"mine", {"p/b"}}});
  EXPECT_TRUE(support::eventually([&] { return feed("set=mine").status == 200; }));
  EXPECT_THAT(*feed("set=mine").body, AllOf(HasSubstr("p b is LOW"), Not(HasSubstr("p a b"))));
  EXPECT_EQ(feed("set=other").status, 400);
  const std::size_t asked = service_->asked().size();
  EXPECT_THAT(*feed("name=none").body, AllOf(HasSubstr("<updated>2026-11-24T00:00:00.000Z</updated>"),
                                             HasSubstr("<feed"), Not(HasSubstr("<entry>"))));
  EXPECT_EQ(service_->asked().size(), asked + 1) << "is a history kept?";
  EXPECT_EQ(service_->asked().back(), "/hardware/transitions?limit=1");
  EXPECT_EQ(feed("sort=name").status, 400);
  EXPECT_EQ(feed("min_free=8").status, 400);
  EXPECT_EQ(feed("limit=1001").status, 400);
}

TEST_F(ChangeFeedTest, WithoutHistoryItIsNoneOfNoProfileEither) {
  serve(always(http::problem(501, "no history is kept: this is 0")));
  EXPECT_EQ(feed().status, 501);
  EXPECT_EQ(feed("q=nosuch").status, 501);
}

TEST_F(ChangeFeedTest, OfManyProfilesTheLatestChangesOfAllAreAsked) {
  board_.fill(support::many_rows(101));
  serve(always(200, kLatest), {.deadline = 5min, .most_under_way = 8, .kept = 0s});
  EXPECT_TRUE(support::eventually([&] { return feed().body->contains("p 000002 is LOW"); }));
  EXPECT_EQ(service_->asked().back(), "/hardware/transitions?limit=1000");
}

TEST_F(ChangeFeedTest, WhoHasItGetsNothingNew) {
  serve(always(200, kLatest));
  const http::Reply first = feed();
  headers_.push_back({"If-None-Match", header(first, "ETag")});
  EXPECT_EQ(feed().status, 304);
  headers_ = {{"Host", "vacancy:5000"}, {"Accept-Encoding", "gzip"}};
  EXPECT_EQ(header(feed(), "Content-Encoding"), "gzip");
  ChangeFeed other(*board_, *history_, "https://hpc.example/vacancy");
  headers_.clear();
  const std::string named = *ask(&ChangeFeed::handle, other, "").body;
  EXPECT_THAT(named, HasSubstr("https://hpc.example/vacancy/profile/p/b"));
  const auto ids = [](std::string text) {
    std::erase_if(text, [](char c) { return c == '\n'; });
    std::string found;
    for (std::size_t at = 0; (at = text.find("<id>", at)) != std::string::npos; ++at) found += text.substr(at, 50);
    return found;
  };
  EXPECT_EQ(ids(named), ids(*first.body)) << "the same under every address";
}

TEST_F(ChangeFeedTest, ItIsDrawnOnceForAllWhoAskInSomeSeconds) {
  serve(always(200, kLatest));
  const http::Text first = feed().body;
  EXPECT_EQ(feed().body, first) << "the same bytes in memory";
  EXPECT_NE(feed("limit=1").body, first);
  headers_ = {{"Host", "other:5000"}};
  EXPECT_THAT(*feed().body, HasSubstr("http://other:5000/")) << "its links are others";
}

TEST_F(ChangeFeedTest, WithoutHistoryThereIsNoFeed) {
  serve(always(http::problem(503, "the database is away")));
  const http::Reply reply = feed();
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(header(reply, "Retry-After"), "1");
  EXPECT_THAT(*reply.body, HasSubstr("the database is away"));
  serve({});
  EXPECT_EQ(feed().status, 501);
  serve(support::hang, {.deadline = 50ms, .most_under_way = 8, .kept = 5min});
  EXPECT_EQ(feed().status, 503);
}

TEST_F(ChangeFeedTest, PagesLinkToTheFeedOfTheirView) {
  EXPECT_THAT(page("q=b&level=HIGH&min_free=8&failing=1&sort=-name&limit=5"),
              AllOf(HasSubstr("<link rel=\"alternate\" type=\"application/atom+xml\" title=\"Changes\" "
                              "href=\"./feed.atom?q=b&amp;level=HIGH\">"),
                    HasSubstr("<a href=\"./feed.atom?q=b&amp;level=HIGH\">changes</a>")));
  EXPECT_THAT(page(), HasSubstr("href=\"./feed.atom\""));
  EXPECT_THAT(*ask(&ProfilePage::handle, profile_page_, "", {"p", "a b"}).body,
              HasSubstr("href=\"../../feed.atom?provider=p&amp;name=a%20b\""));
}

}  // namespace
}  // namespace portal
