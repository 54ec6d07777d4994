// The pages about the past, in front of a hardware service whose answers are the test's.
#include "portal/history_page.hpp"

#include <gmock/gmock.h>

#include "portal/history_api.hpp"
#include "portal/past_page.hpp"
#include "support/history_service.hpp"
#include "support/portal_test.hpp"

namespace portal {
namespace {

using namespace std::chrono_literals;
using support::always;
using support::kNow;
using support::measured_row;
using support::share;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// 30 days before kNow's minute, in which it was HIGH in the first half of each day.
std::string thirty_days() {
  std::string transitions;
  const base::Time from = std::chrono::floor<std::chrono::days>(kNow) - 30 * 24h;
  for (int half_day = 0; half_day < 60; ++half_day)
    transitions +=
        fmt::format(R"({}{{"at":"{}","level":"{}","freshness":"FRESH","reason":"a <test>"}})", half_day == 0 ? "" : ",",
                    base::to_rfc3339(from + half_day * 12h), half_day % 2 == 0 ? "HIGH" : "LOW");
  return fmt::format(R"({{"id":1,"provider":"p","name":"a","from":"{0}","to":"{1}","now":"{1}","transitions":[{2}],)"
                     R"("numbers":{{"free":[{{"at":"{0}","count":2,"min":1,"max":3,"mean":2}}]}}}})",
                     base::to_rfc3339(from), base::to_rfc3339(from + 30 * 24h), transitions);
}

class HistoryPageTest : public PortalTest {
 protected:
  HistoryPageTest() {
    core::Row row = measured_row(1, "a", 1, core::Level::high);
    row.unit = "GPUs";
    board_.fill({share(row)});
  }

  void serve(support::HistoryService::Answers answers) {
    service_.emplace(runtime_, std::move(answers));
    replicas_.emplace(runtime_, std::vector<base::Url>{service_->url()});
    history_.emplace(**replicas_, runtime_.background().get_executor(), metrics_, HistoryLimits{.deadline = 5min});
    page_.emplace(*board_, *history_);
    past_.emplace(*board_, *history_);
  }
  http::Reply page(std::string_view query = "", std::vector<std::string> key = {"p", "a"}) {
    return ask(&HistoryPage::handle, *page_, query, std::move(key));
  }
  http::Reply past(std::string_view query) { return ask(&PastPage::handle, *past_, query); }

  base::Metrics metrics_;
  std::optional<support::HistoryService> service_;
  std::optional<support::KnownReplicas> replicas_;
  std::optional<History> history_;
  std::optional<HistoryPage> page_;
  std::optional<PastPage> past_;
};

TEST_F(HistoryPageTest, LaunchesSayHowTrueItWas) {
  serve(always(200, thirty_days()));
  EXPECT_THAT(*page().body, Not(HasSubstr("How true it was")));
  std::string told = thirty_days();
  told.insert(told.size() - 1, R"(,"calibration":{"HIGH":{"launched":41,"failed":2},"LOW":{"launched":0,"failed":1}})");
  serve(always(200, told));
  EXPECT_THAT(*page().body, AllOf(HasSubstr("How true it was"), HasSubstr("told so, in these 30 days"),
                                  HasSubstr("When it was HIGH here, <b>41</b> of 43 launches worked."),
                                  HasSubstr("When it was LOW here, <b>0</b> of 1 launch worked."),
                                  Not(HasSubstr("When it was MEDIUM"))));
}

TEST_F(HistoryPageTest, ShowsThePastInPicturesFiguresAndTables) {
  serve(always(200, thirty_days()));
  const http::Reply reply = page();
  ASSERT_EQ(reply.status, 200);
  EXPECT_THAT(*reply.body,
              AllOf(HasSubstr("<svg class=\"chart timeline\""), HasSubstr("HIGH 50 %, LOW 50 %"),
                    HasSubstr("<h3>Free, GPUs</h3>\n<svg class=\"chart numbers\""),
                    HasSubstr("<svg class=\"chart week\""), HasSubstr("a &lt;test&gt;"), Not(HasSubstr("style="))));
  EXPECT_THAT(*reply.body, HasSubstr("At least MEDIUM 100 % of the time, as seen in 4 weeks or more: Mon 00:00–12:00, "
                                     "Tue 00:00–12:00, Wed 00:00–12:00 and 4 more, UTC."));
  EXPECT_THAT(*reply.body,
              AllOf(HasSubstr("<tr><th scope=\"row\">HIGH</th><td>12 h</td><td>12 h</td><td>29</td><td>1</td>"),
                    HasSubstr("<tr><th scope=\"row\">MEDIUM</th><td>unknown</td><td>unknown</td><td>0</td>")))
      << "how long it lasts";
  EXPECT_THAT(*reply.body, AllOf(HasSubstr("<tr><th scope=\"row\">12 h</th><td><b>100 %</b> of"),
                                 HasSubstr("<tr><th scope=\"row\">4 h</th><td><b>33 %</b> of")))
      << "the last hours before noon are followed by HIGH";
  EXPECT_THAT(*reply.body, AllOf(HasSubstr("href=\"../../../profile/p/a/history?days=90\""),
                                 HasSubstr("<a href=\"../../../profile/p/a/history?days=30\" aria-current=\"true\">"),
                                 HasSubstr("/api/v1/hardware/p/a/history.csv?since=30d&amp;limit=10000\"")));
  EXPECT_THAT(service_->asked().front(),
              AllOf(HasSubstr("/hardware/1/history?from="), HasSubstr("&span=auto&limit=10000")));
  EXPECT_THAT(reply.headers,
              testing::Contains(testing::Pair("Content-Security-Policy", HasSubstr("default-src 'none'"))));
}

TEST_F(HistoryPageTest, ItsFileIsWhatWasAskedForThePage) {
  serve(always(200, thirty_days()));
  const std::string html = *page().body;
  const std::string_view begin = "href=\"../../../api/v1/hardware/p/a/history?";
  ASSERT_THAT(html, HasSubstr(begin));
  std::string query = html.substr(html.find(begin) + begin.size());
  query.resize(query.find('"'));
  for (std::size_t at = 0; (at = query.find("&amp;")) != std::string::npos;) query.replace(at, 5, "&");
  HistoryApi api(*board_, *history_);
  EXPECT_EQ(ask(&HistoryApi::json, api, query, {"p", "a"}).status, 200);
  const auto asked = service_->asked();
  // Once, or twice where a minute ended between the two.
  EXPECT_THAT(asked.back(), HasSubstr("&span=auto&limit=10000"));
  if (asked.size() > 1) EXPECT_NE(asked[0], asked[1]);
}

TEST_F(HistoryPageTest, ADayHasFiveMinutesAndNoWeek) {
  serve(always(200, thirty_days()));
  const std::string day = *page("days=1").body;
  EXPECT_THAT(day,
              AllOf(Not(HasSubstr("chart week")), HasSubstr("before or after this day,"), HasSubstr("</svg> HIGH ")));
  EXPECT_THAT(day, AllOf(HasSubstr("<th scope=\"row\">12 h</th>"), Not(HasSubstr("<th scope=\"row\">24 h</th>"))))
      << "no moment of a day has a day after it";
  EXPECT_THAT(service_->asked().back(), HasSubstr("&span=auto&")) << "the service knows which numbers it keeps";
  EXPECT_THAT(*page("days=7").body, HasSubstr("<th scope=\"row\">24 h</th>"));
}

TEST_F(HistoryPageTest, NumbersAreAsWideAsTheyAreKept) {
  HistoryAnswer answer = parse_history(thirty_days()).value();
  auto& free = answer.numbers[&core::Measurement::free];
  free = {{.begin = answer.from, .count = 2, .least = 1, .most = 3, .sum = 4}};
  const auto width = [&](std::optional<core::Span> span) {
    answer.span = span;
    const auto page = history_data(answer, {"p", "a"}, kLookBacks[0], "", "./");
    return page.get("charts")->list_value().front().get("width")->string_value();
  };
  EXPECT_EQ(width(core::Span::five_minutes), "10 min");
  EXPECT_EQ(width(core::Span::hour), "1 h");
  EXPECT_EQ(width(std::nullopt), "10 min");
}

TEST_F(HistoryPageTest, AWeekIsDrawnOnlyWhereItIsShown) {
  const HistoryAnswer answer = parse_history(thirty_days()).value();
  const auto draws = [&](std::size_t days) {
    const auto* const look_back = std::ranges::find(kLookBacks, days, &LookBack::days);
    return history_data(answer, {"p", "a"}, *look_back, "", "./").get("week") != nullptr;
  };
  EXPECT_FALSE(draws(1));
  EXPECT_TRUE(draws(7));
}

TEST_F(HistoryPageTest, RefusesWhatItDoesNotKnow) {
  serve(always(200, thirty_days()));
  for (const char* wrong : {"days=2", "days=x", "days=", "day=1"}) EXPECT_EQ(page(wrong).status, 400) << wrong;
  EXPECT_THAT(*page("days=2").body, HasSubstr("days must be 1, 7, 30 or 90"));
  EXPECT_EQ(page("", {"p", "b"}).status, 404);
  EXPECT_TRUE(service_->asked().empty());
}

TEST_F(HistoryPageTest, SaysWhyThereIsNone) {
  serve({});
  EXPECT_EQ(page().status, 501);
  EXPECT_THAT(*page().body, HasSubstr("the hardware service keeps no history"));
  serve(always(http::problem(501, "no history is kept: this is 0")));
  for (const http::Reply& reply : {page(), past("time=2026-11-23T12:00")}) {
    EXPECT_EQ(reply.status, 501);
    EXPECT_THAT(*reply.body, HasSubstr("no history is kept: this is 0"));
  }
  serve(always(200, "{}"));
  EXPECT_EQ(page().status, 503);
  EXPECT_THAT(*page().body, HasSubstr("the hardware service&apos;s answer is wrong"));
}

constexpr const char* kBoard =
    R"json({"time":"2026-11-23T12:00:00.000Z","now":"2026-11-23T13:00:00.000Z","next":"?more","hardware":[
{"id":1,"provider":"A","name":"a","availability":"HIGH","freshness":"STALE","reason":"3 left (HIGH: free >= 1)","since":"2026-11-23T10:00:00.000Z"},
{"id":3,"provider":"B & C","name":"a/b","availability":"UNKNOWN","freshness":"PENDING","reason":"","since":null}]})json";

TEST_F(HistoryPageTest, ShowsTheBoardOfAPastTime) {
  serve(always(200, kBoard));
  const std::string html = *past("time=2026-11-23T12:00").body;
  EXPECT_THAT(html,
              AllOf(HasSubstr("As of <time datetime=\"2026-11-23T12:00:00.000Z\">23 Nov 2026, 12:00</time> UTC"),
                    HasSubstr("value=\"2026-11-23T12:00\""), HasSubstr("<a href=\"./profile/A/a/history\">a</a>"),
                    HasSubstr("<b>HIGH</b>"), HasSubstr("<span class=\"flag\">stale</span>"),
                    HasSubstr("title=\"3 left\""), HasSubstr("<a href=\"./profile/B%20%26%20C/a%2Fb/history\">")));
  EXPECT_THAT(html, HasSubstr("<a rel=\"next\" href=\"./at?time=2026-11-23T12%3A00%3A00.000Z&amp;after=%2FB"));
  EXPECT_THAT(html, Not(HasSubstr("← First")));
  EXPECT_THAT(html, AllOf(HasSubstr("<a href=\"./api/v1/hardware?at=2026-11-23T12%3A00%3A00.000Z\">As JSON</a>"),
                          Not(HasSubstr("Choose a past time"))));
  EXPECT_EQ(past("time=2026-11-23T13:00:00+01:00").status, 200) << "as the API, which takes a '+' that became a blank";
  EXPECT_THAT(service_->asked().back(), HasSubstr("time=2026-11-23T12%3A00%3A00.000Z"));
  EXPECT_THAT(*past("time=2026-11-23T12:00:00Z&q=x&after=%2FA%2Fa").body,
              AllOf(HasSubstr("No profile of this part matches"),
                    HasSubstr("href=\"./at?time=2026-11-23T12%3A00%3A00.000Z&amp;q=x\">← First"),
                    HasSubstr("?at=2026-11-23T12%3A00%3A00.000Z&amp;q=x\">As JSON")));
}

TEST_F(HistoryPageTest, AsksForAPastTime) {
  serve(always(200, kBoard));
  EXPECT_THAT(*past("").body, AllOf(HasSubstr("type=\"datetime-local\""), HasSubstr("<p>Choose a past time, "),
                                    Not(HasSubstr("As of")), Not(HasSubstr("<table"))));
  for (const char* wrong :
       {"time=x", "time=2026-11-23", "time=2999-01-01T00:00", "tim=1", "time=2026-11-23T12:00&after=x"})
    EXPECT_EQ(past(wrong).status, 400) << wrong;
  EXPECT_THAT(*past("time=2999-01-01T00:00").body, HasSubstr("time is in the future"));
  EXPECT_TRUE(service_->asked().empty());
  serve({});
  EXPECT_EQ(past("time=2026-11-23T12:00").status, 501);
}

TEST_F(HistoryPageTest, TheProfilesPageOnlyHasALink) {
  EXPECT_THAT(*ask(&ProfilePage::handle, profile_page_, "", {"p", "a"}).body,
              HasSubstr("<a href=\"../../profile/p/a/history\">"));
}

}  // namespace
}  // namespace portal
