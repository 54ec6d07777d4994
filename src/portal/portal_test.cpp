#include "support/portal_test.hpp"

#include <gmock/gmock.h>

#include "portal/row_data.hpp"

namespace portal {
namespace {

using namespace std::chrono_literals;
using core::Level;
using support::kNow;
using support::measured_row;
using support::pending_row;
using support::share;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST_F(PortalTest, PageShowsEachRowAsItIs) {
  core::Row numbers = measured_row(1, "numbers", 1, Level::high);
  numbers.reading->free = 3;
  numbers.reading->total = 8;
  core::Row failed = measured_row(2, "failed", 2, Level::low);
  failed.failure = core::Failure{"no route", kNow};
  core::Row none = pending_row(5, "none", 5);
  none.probe = core::kNoProbe;
  core::Row stuck = pending_row(8, "stuck", 8);
  stuck.failure = core::Failure{"no route", kNow};
  core::Row rose = measured_row(6, "rose", 6, Level::high);
  rose.reading->changed = core::LevelChange{Level::low, kNow - 59min};
  core::Row calm = measured_row(7, "calm", 7, Level::high);
  calm.reading->changed = core::LevelChange{Level::low, kNow - 61min};
  board_.fill({share(rose), share(calm), share(numbers), share(failed),
               share(measured_row(3, "expired", 3, Level::medium, kNow - 1h)), share(pending_row(4, "pending", 4)),
               share(none), share(stuck)});
  const std::string html = page();
  const auto row = [&](std::string_view name) {
    const auto at = html.find(fmt::format(">{}</a>", name));
    return at == std::string::npos ? "" : html.substr(at, html.find("</tr>", at) - at);
  };
  EXPECT_THAT(row("numbers"), testing::AllOf(HasSubstr("HIGH"), HasSubstr("3 of 8"), HasSubstr(">00:00:00 UTC<"),
                                             Not(HasSubstr("was ")), Not(HasSubstr("failed"))));
  EXPECT_THAT(row("failed"), testing::AllOf(HasSubstr("LOW"), HasSubstr("no route")));
  EXPECT_THAT(row("expired"), testing::AllOf(HasSubstr("UNKNOWN"), HasSubstr("was MEDIUM")));
  EXPECT_THAT(row("rose"), testing::AllOf(HasSubstr("HIGH"), HasSubstr("was LOW")));
  EXPECT_THAT(row("calm"), Not(HasSubstr("was ")));
  EXPECT_THAT(html, HasSubstr("data-count=\"changed\">1</b> changed"));
  EXPECT_THAT(row("pending"), testing::AllOf(HasSubstr("UNKNOWN"), HasSubstr("measuring…")));
  EXPECT_THAT(row("stuck"), testing::AllOf(HasSubstr("never"), HasSubstr("no route"), Not(HasSubstr("measuring"))));
  EXPECT_THAT(row("none"), testing::AllOf(HasSubstr("never"), HasSubstr("no probe configured")));
}

TEST_F(PortalTest, NamesAreTextNotMarkup) {
  core::Row row = measured_row(1, "\"><script>alert(1)</script>", 1, Level::high);
  row.reading->reason = "<b>bold</b>";
  board_.fill({share(row)});
  EXPECT_THAT(page(),
              testing::AllOf(Not(HasSubstr("<script>alert")), Not(HasSubstr("<b>bold")), HasSubstr("&lt;script&gt;")));
}

TEST_F(PortalTest, ProblemsArePagesForBrowsers) {
  board_.fill({share(measured_row(1, "a", 1, Level::high))});
  const auto problem = [&] { return ask(&ProfilePage::handle, profile_page_, "", {"<p>", "gone"}); };
  EXPECT_EQ(problem().status, 404);
  EXPECT_EQ(problem().content_type, "text/html; charset=utf-8");
  EXPECT_THAT(*problem().body, AllOf(HasSubstr("there is no profile &lt;p&gt;/gone"), HasSubstr("href=\"./\""),
                                     Not(HasSubstr("<script")), Not(HasSubstr("{{"))));
  EXPECT_THAT(page("sort=size"),
              AllOf(HasSubstr("<p id=\"problem\">sort=&apos;size&apos; is none of"), HasSubstr(">a</a>")))
      << "beside the list";
  headers_ = {{"Accept", "*/*"}};
  EXPECT_EQ(problem().content_type, "application/problem+json");
  bool varies = false;
  for (const auto& [name, value] : problem().headers) varies = varies || (name == "Vary" && value == "Accept");
  EXPECT_TRUE(varies) << "for caches";
}

TEST_F(PortalTest, TheSummaryCountsWhatCanBeTrusted) {
  board_.fill({share(measured_row(1, "a", 1, Level::high)), share(measured_row(2, "b", 2, Level::high, kNow - 2min)),
               share(measured_row(3, "c", 3, Level::low, kNow - 1h)), share(pending_row(4, "d", 4)),
               share(measured_row(5, "e", 5, Level::low, kNow - 3min))});
  EXPECT_THAT(page(), AllOf(HasSubstr("data-count=\"HIGH\">1<"), HasSubstr("data-count=\"STALE\">2<"),
                            HasSubstr("data-count=\"UNKNOWN\">2<"), HasSubstr("data-count=\"EXPIRED\">1<"),
                            HasSubstr("data-count=\"PENDING\">1<"), HasSubstr("data-count=\"FRESH\">1<"),
                            HasSubstr("href=\"./?level=HIGH&amp;freshness=FRESH\"")));
  EXPECT_THAT(*ask(&Api::list, api_).body,
              HasSubstr(R"("counts":{"HIGH":1,"MEDIUM":0,"LOW":0,"UNKNOWN":2,"FRESH":1,"STALE":2,"EXPIRED":1,)"
                        R"("PENDING":1,"failing":0,"changed":0,"total":5},"outage":null)"));
  headers_ = {{"Accept", "text/plain"}};
  EXPECT_EQ(*ask(&Page::handle, page_).body,
            "p - a: HIGH\np - b: HIGH (old)\np - c: UNKNOWN\np - d: UNKNOWN\np - e: LOW (old)\n");
  headers_ = {{"Accept", "text/html"}};
  EXPECT_THAT(*ask(&ProfilePage::handle, profile_page_, "", {"p", "b"}).body,
              HasSubstr("<title>p b: HIGH (old)</title>"));
}

TEST_F(PortalTest, TheSideThatIsAwayIsNamed) {
  const auto away = [&](std::optional<board::Side> side) {
    support::on(runtime_.background(), [&] {
      if (!side) return board_->set_outage({});
      board_->set_outage(board::Outage{*side, std::chrono::steady_clock::now() - 60s});
    });
    const std::string text =
        side ? fmt::format("&quot;side&quot;:&quot;{}", board::to_string(*side)) : "&quot;outage&quot;:null";
    EXPECT_TRUE(support::eventually([&] { return page().contains(text); }));
  };
  away(board::Side::hardware);
  EXPECT_THAT(page(),
              AllOf(HasSubstr("The portal cannot reach the hardware service."), HasSubstr("the log of the portal")));
  EXPECT_THAT(*ask(&Api::list, api_).body, HasSubstr("the portal cannot reach the hardware service; try again"));
  away(board::Side::database);
  EXPECT_THAT(page(), AllOf(HasSubstr("The hardware service cannot read its database."),
                            HasSubstr("the log of the hardware service")));
  board_.fill({share(measured_row(1, "a", 1, Level::high))});
  ASSERT_TRUE(support::eventually([&] { return page().contains("<table"); }));
  EXPECT_THAT(page(), HasSubstr("The hardware service cannot read its database since 2026-11-2"));
  EXPECT_THAT(*ask(&ProfilePage::handle, profile_page_, "", {"p", "a"}).body,
              HasSubstr("cannot read its database since"));
  EXPECT_THAT(*ask(&Api::list, api_).body, AllOf(HasSubstr(R"("outage":{"side":"database","since":"2026-11-2)"),
                                                 HasSubstr(R"("message":"the hardware)")));
  away({});
  EXPECT_TRUE(support::eventually([&] { return !page().contains("cannot read"); }));
}

TEST_F(PortalTest, LateProbesAreNamedWhenNoSideIsAway) {
  core::Row old = measured_row(1, "a", 1, Level::high, kNow - 2min);
  board_.fill({share(pending_row(2, "b", 2))});
  EXPECT_THAT(page(), Not(HasSubstr("No value is fresh"))) << "they are being measured";
  board_.put(old);
  EXPECT_TRUE(support::eventually([&] { return page().contains("No value is fresh: the probes are late."); }));
  board_.fill({share(old), share(measured_row(3, "c", 3, Level::low))});
  EXPECT_TRUE(support::eventually([&] { return !page().contains("No value is fresh"); }));
  board_.fill({share(measured_row(1, "a", 1, Level::high, kNow - 1h))});
  EXPECT_TRUE(support::eventually([&] { return page().contains("No value is fresh: the probes are late."); }))
      << "although nothing is left to see";
  old.failure = core::Failure{"no route", kNow};
  board_.fill({share(old), share(measured_row(3, "c", 3, Level::low, kNow - 2min))});
  EXPECT_TRUE(support::eventually([&] { return page().contains("failing\">1<"); }));
  EXPECT_THAT(page(), HasSubstr("No value is fresh: the probes are late.")) << "one of them works";
  board_.fill({share(old)});
  EXPECT_TRUE(support::eventually([&] { return page().contains("No value is fresh: every probe fails"); }));
}

TEST_F(PortalTest, NumbersAreForPeople) {
  core::Row row = measured_row(1, "a", 1, Level::high);
  row.reading->free = 4;
  row.reading->total = 8;
  row.reading->largest = 2;
  row.reading->price = 1.6400000000000001;
  board_.fill({share(row)});
  EXPECT_THAT(page(), AllOf(HasSubstr("<path d=\"M0 0h50v1H0z\"/></svg><span>4 of 8</span></td>"),
                            HasSubstr("data-number=\"largest\">2</td>"), HasSubstr("data-number=\"price\">1.64</td>"),
                            Not(HasSubstr("data-number=\"score\""))));
  EXPECT_THAT(*ask(&ProfilePage::handle, profile_page_, "", {"p", "a"}).body,
              AllOf(HasSubstr("<dt>Largest in one piece</dt><dd>2</dd>"), HasSubstr("<dd>1.64</dd>")));
  const auto text = [&](std::optional<double> free, std::optional<double> total, std::string_view unit) {
    row.reading->free = free;
    row.reading->total = total;
    row.unit = unit;
    return capacity_text(row);
  };
  EXPECT_EQ(text(1212, 64000, "CPUs"), "1,212 of 64,000 CPUs");
  EXPECT_EQ(text(1212, 64000, ""), "1,212 of 64,000");
  EXPECT_EQ(text(2, {}, ""), "2 free");
  EXPECT_EQ(text(2, {}, "GPUs"), "2 GPUs free");
  EXPECT_EQ(text({}, 2, ""), "");
  EXPECT_EQ(number_text(-1234567.25), "-1,234,567.25");
  EXPECT_EQ(number_text(-123), "-123");
  EXPECT_EQ(without_rule("quota is 16 (MEDIUM: free >= 1)"), "quota is 16");
  EXPECT_EQ(without_rule("HIGH: free >= 8"), "");
  EXPECT_EQ(without_rule("picked (at random)"), "picked (at random)");
}

TEST_F(PortalTest, WaitingAndEmptyAreSaid) {
  EXPECT_THAT(page(), AllOf(HasSubstr("has not answered yet"), HasSubstr("the log of the hardware service")));
  EXPECT_EQ(ask(&Api::list, api_).status, 503);
  EXPECT_EQ(ask(&Api::one, api_, "", {"p", "a"}).status, 503);
  headers_ = {{"Accept", "text/plain"}};
  EXPECT_EQ(ask(&Page::handle, page_).status, 503) << "no lines would mean no profiles";
  headers_ = {{"Accept", "text/html"}};
  board_.fill({});
  EXPECT_TRUE(support::eventually([&] { return page().find("vacancy profile add") != std::string::npos; }));
  EXPECT_THAT(page(), Not(HasSubstr("<table")));
}

TEST_F(PortalTest, TerminalsGetTheOriginalsLines) {
  board_.fill({share(measured_row(1, "a", 1, Level::high)), share(pending_row(2, "b", 2))});
  const std::pair<std::vector<http::Header>, bool> clients[] = {
      {{{"Accept", "*/*"}, {"User-Agent", "curl/7.88.1"}}, true},
      {{{"Accept", "*/*"}, {"User-Agent", "Wget/1.21"}}, true},
      {{{"Accept", "text/plain"}}, true},
      {{{"Accept", "text/html"}, {"User-Agent", "curl/7.88.1"}}, false},
      {{{"Accept", "text/html,*/*;q=0.8"}, {"User-Agent", "Mozilla/5.0"}}, false},
      {{{"User-Agent", "Mozilla/5.0"}}, false},
  };
  for (const auto& [headers, text] : clients) {
    headers_ = headers;
    const http::Reply reply = ask(&Page::handle, page_);
    EXPECT_EQ(reply.content_type.starts_with("text/plain"), text) << headers[0].value;
    if (text) EXPECT_EQ(*reply.body, "p - a: HIGH\np - b: UNKNOWN\n");
  }
}

TEST_F(PortalTest, HeadersKeepCachesAndBrowsersRight) {
  board_.fill(support::many_rows(3));
  const auto header = [&](std::string_view wanted) {
    for (const auto& [name, value] : ask(&Page::handle, page_).headers)
      if (name == wanted) return value;
    return std::string();
  };
  EXPECT_EQ(header("Vary"), "Accept, User-Agent, Accept-Encoding");
  EXPECT_EQ(header("Cache-Control"), "no-cache");
  EXPECT_THAT(
      header("Content-Security-Policy"),
      testing::AllOf(HasSubstr("default-src 'none'"), HasSubstr("script-src 'self'"), Not(HasSubstr("unsafe"))));
  headers_ = {{"Accept", "text/plain"}};
  EXPECT_EQ(header("Vary"), "Accept, User-Agent, Accept-Encoding") << "the lines stand at the same URL";
}

TEST_F(PortalTest, UnchangedPagesRevalidate) {
  board_.fill(support::many_rows(3));
  const auto tag = [&] {
    for (const auto& [name, value] : ask(&Page::handle, page_).headers)
      if (name == "ETag") return value;
    return std::string();
  };
  std::string before;
  EXPECT_TRUE(support::eventually([&] {
    headers_ = {{"Accept", "text/html"}};
    before = tag();
    headers_.push_back({"If-None-Match", before});
    return ask(&Page::handle, page_).status == 304;
  })) << "until the time that it tells is another";
  board_.put(measured_row(1, "000001", 11, Level::low));
  EXPECT_TRUE(support::eventually([&] { return ask(&Page::handle, page_).status == 200; }));
}

TEST_F(PortalTest, PagesTellCachesAndBrowsersWhatToDo) {
  board_.fill({share(measured_row(1, "a", 1, Level::high))});
  const auto header = [](const http::Reply& reply, std::string_view name) {
    std::string all;
    for (const auto& [known, value] : reply.headers)
      if (known == name) all += value;
    return all;
  };
  const http::Reply list = ask(&Page::handle, page_);
  const http::Reply profile = ask(&ProfilePage::handle, profile_page_, "", {"p", "a"});
  const http::Reply problem = ask(&ProfilePage::handle, profile_page_, "", {"p", "gone"});
  EXPECT_EQ(header(list, "Vary"), "Accept, User-Agent, Accept-Encoding");
  EXPECT_EQ(header(profile, "Vary"), "Host, X-Forwarded-Proto, Accept-Encoding") << "its command lines name the portal";
  EXPECT_EQ(header(problem, "Vary"), "Accept");
  for (const http::Reply& reply : {list, profile, problem}) {
    EXPECT_THAT(header(reply, "Content-Security-Policy"), testing::StartsWith("default-src 'none'; script-src 'self'"));
    EXPECT_EQ(header(reply, "Referrer-Policy"), "same-origin");
  }
}

}  // namespace
}  // namespace portal
