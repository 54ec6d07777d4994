#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "portal/api.hpp"
#include "portal/assets.hpp"
#include "portal/badge.hpp"
#include "portal/csv.hpp"
#include "portal/page.hpp"
#include "portal/profile_page.hpp"
#include "portal/row_data.hpp"
#include "portal/text_page.hpp"
#include "support/fed_board.hpp"

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

class PortalTest : public testing::Test {
 protected:
  PortalTest() { runtime_.start(); }

  template <class Target>
  http::Reply ask(boost::asio::awaitable<http::Reply> (Target::*handle)(const http::Request&), Target& target,
                  std::string_view query = "", std::vector<std::string> parameters = {}) {
    http::Request request;
    request.method = "GET";
    request.headers = headers_;
    request.query = http::Query::parse(query).value();
    request.parameters = std::move(parameters);
    return support::start(runtime_.core(0), (target.*handle)(request)).get();
  }
  std::string page(std::string_view query = "") { return *ask(&Page::handle, page_, query).body; }

  base::Runtime runtime_{1};
  support::FedBoard board_{runtime_};
  Page page_{*board_, 1};
  Api api_{*board_, 1};
  Assets assets_{1};
  ProfilePage profile_page_{*board_, 1};
  Badge badge_{*board_};
  std::vector<http::Header> headers_{{"Accept", "text/html"}};
};

TEST_F(PortalTest, PageShowsEachRowAsItIs) {
  core::Row numbers = measured_row(1, "numbers", 1, Level::high);
  numbers.reading->free = 3;
  numbers.reading->total = 8;
  core::Row failed = measured_row(2, "failed", 2, Level::low);
  failed.failure = core::Failure{"no route", kNow};
  core::Row none = pending_row(5, "none", 5);
  none.probe = core::kNoProbe;
  core::Row rose = measured_row(6, "rose", 6, Level::high);
  rose.reading->changed = core::LevelChange{Level::low, kNow - 59min};
  core::Row calm = measured_row(7, "calm", 7, Level::high);
  calm.reading->changed = core::LevelChange{Level::low, kNow - 61min};
  board_.fill({share(rose), share(calm), share(numbers), share(failed),
               share(measured_row(3, "expired", 3, Level::medium, kNow - 1h)), share(pending_row(4, "pending", 4)),
               share(none)});
  const std::string html = page();
  const auto row = [&](std::string_view name) {
    const auto at = html.find(fmt::format(">{}</a>", name));
    return at == std::string::npos ? "" : html.substr(at, html.find("</tr>", at) - at);
  };
  EXPECT_THAT(row("numbers"), testing::AllOf(HasSubstr("HIGH"), HasSubstr("3 of 8 free"), HasSubstr(" UTC"),
                                             Not(HasSubstr("was ")), Not(HasSubstr("failed"))));
  EXPECT_THAT(row("failed"), testing::AllOf(HasSubstr("LOW"), HasSubstr("no route")));
  EXPECT_THAT(row("expired"), testing::AllOf(HasSubstr("UNKNOWN"), HasSubstr("was MEDIUM")));
  EXPECT_THAT(row("rose"), testing::AllOf(HasSubstr("HIGH"), HasSubstr("was LOW")));
  EXPECT_THAT(row("calm"), Not(HasSubstr("was ")));
  EXPECT_THAT(html, HasSubstr("data-count=\"changed\">1</b> changed"));
  EXPECT_THAT(row("pending"), testing::AllOf(HasSubstr("UNKNOWN"), HasSubstr("measuring…")));
  EXPECT_THAT(row("none"), testing::AllOf(HasSubstr("never"), HasSubstr("no probe configured")));
}

TEST_F(PortalTest, NamesAreTextNotMarkup) {
  core::Row row = measured_row(1, "\"><script>alert(1)</script>", 1, Level::high);
  row.reading->reason = "<b>bold</b>";
  board_.fill({share(row)});
  EXPECT_THAT(page(),
              testing::AllOf(Not(HasSubstr("<script>alert")), Not(HasSubstr("<b>bold")), HasSubstr("&lt;script&gt;")));
}

TEST_F(PortalTest, PagesAndTheirLinks) {
  board_.fill(support::many_rows(250));
  EXPECT_THAT(page(),
              testing::AllOf(HasSubstr(">000100<"), Not(HasSubstr(">000101<")), HasSubstr("href=\"/?offset=100\"")));
  EXPECT_THAT(page("offset=200"), testing::AllOf(HasSubstr(">000201<"), HasSubstr(">000250<"),
                                                 HasSubstr("href=\"/?offset=100\""), Not(HasSubstr("rel=\"next\""))));
  EXPECT_THAT(page("offset=30&limit=100"), AllOf(HasSubstr("rel=\"prev\" href=\"/\""), HasSubstr(">000031<")))
      << "no page begins before the first row";
  EXPECT_THAT(page("offset=100&limit=60"), HasSubstr("rel=\"prev\" href=\"/?offset=40&amp;limit=60\""));
  EXPECT_THAT(page("offset=250&q=0"), AllOf(HasSubstr("The list has 250. "), HasSubstr("href=\"/?q=0\""),
                                            Not(HasSubstr("No profile matches"))));
  EXPECT_EQ(ask(&Page::handle, page_, "offset=x").status, 400);
  EXPECT_EQ(ask(&Page::handle, page_, "utm_source=mail").status, 200) << "people follow decorated links";
}

TEST_F(PortalTest, FiltersAndOrderAreInTheUrl) {
  core::Row other = measured_row(9, "other", 9, Level::low);
  other.profile.key.provider = "A & B";
  board_.fill({share(measured_row(1, "a", 1, Level::high)), share(measured_row(2, "b", 2, Level::low)), share(other)});
  const auto shows = [&](const std::string& html, std::string_view name) {
    return html.find(fmt::format(">{}</a></th>", name)) != std::string::npos;
  };
  std::string html = page("level=LOW&sort=-name&group=provider");
  EXPECT_TRUE(shows(html, "b") && shows(html, "other") && !shows(html, "a"));
  EXPECT_LT(html.find("class=\"group\""), html.find(">other</a>"));
  EXPECT_THAT(html,
              AllOf(HasSubstr("Matching profiles 1–2"), HasSubstr("value=\"LOW\" checked"),
                    HasSubstr("aria-sort=\"descending\""), HasSubstr("<option value=\"A &amp; B\">A &amp; B</option>"),
                    HasSubstr("/api/v1/events?level=LOW&amp;sort=-name&amp;group=provider&amp;limit=100"),
                    HasSubstr("href=\"/api/v1/hardware.csv?level=LOW&amp;sort=-name&amp;group=provider\"")));
  html = page("q=nothing&wall=1");
  EXPECT_THAT(html,
              AllOf(HasSubstr("No profile matches"), HasSubstr("class=\"wall\""), HasSubstr("href=\"/?wall=1\"")));
  EXPECT_THAT(page("provider=p&name=a"), HasSubstr("<input type=\"hidden\" name=\"name\" value=\"a\">"));
  EXPECT_THAT(page("provider=gone"), HasSubstr("<option value=\"gone\" selected>gone</option>"));
  EXPECT_THAT(page("freshness=FRESH,STALE"),
              HasSubstr("<option value=\"STALE,FRESH\" selected>Only stale,fresh</option>"));
  EXPECT_THAT(page("q=%3Cb%3E"), AllOf(HasSubstr("value=\"&lt;b&gt;\""), Not(HasSubstr("<b>\""))));
  EXPECT_EQ(ask(&Page::handle, page_, "sort=size").status, 400);
}

TEST_F(PortalTest, AProfileHasAPageThatSaysWhyAndWhatToCopy) {
  core::Row row = measured_row(1, "it's c5", 1, Level::medium);
  row.reading->free = 3;
  row.failure = core::Failure{"timed out", kNow};
  board_.fill({share(row)});
  headers_.push_back({"Host", "vacancy:5000"});
  const http::Reply reply = ask(&ProfilePage::handle, profile_page_, "", {"p", "it's c5"});
  EXPECT_THAT(
      *reply.body,
      AllOf(HasSubstr("Why MEDIUM?"), HasSubstr("<dd>a test</dd>"), HasSubstr("<dd>3</dd>"),
            HasSubstr("<dd>1.5 s</dd>"), HasSubstr("<dd>timed out</dd>"),
            HasSubstr("vacancy wait --url http://vacancy:5000 &apos;p/it&apos;\\&apos;&apos;s c5&apos; --at-least"),
            HasSubstr("http://vacancy:5000/badge/p/it%27s%20c5.svg")));
  EXPECT_EQ(ask(&ProfilePage::handle, profile_page_, "", {"p", "none"}).status, 404);
  row.profile.key = {"a/b", "c"};
  board_.fill({share(row)});
  headers_ = {{"Host", "x;id"}};
  EXPECT_TRUE(support::eventually([&] {
    return ask(&ProfilePage::handle, profile_page_, "", {"a/b", "c"})
        .body->contains("vacancy wait --url &apos;http://x;id&apos; &apos;a?b/c&apos; --at-least");
  })) << "what stands there can be run";
}

TEST_F(PortalTest, ProblemsArePagesForBrowsers) {
  board_.fill({share(measured_row(1, "a", 1, Level::high))});
  const auto problem = [&] { return ask(&ProfilePage::handle, profile_page_, "", {"<p>", "gone"}); };
  EXPECT_EQ(problem().status, 404);
  EXPECT_EQ(problem().content_type, "text/html; charset=utf-8");
  EXPECT_THAT(*problem().body, AllOf(HasSubstr("there is no profile &lt;p&gt;/gone"), HasSubstr("href=\"/\""),
                                     Not(HasSubstr("<script")), Not(HasSubstr("{{"))));
  EXPECT_THAT(page("sort=size"),
              AllOf(HasSubstr("<h1>Bad Request</h1>"), HasSubstr("sort=&apos;size&apos; is none of")));
  headers_ = {{"Accept", "*/*"}};
  EXPECT_EQ(problem().content_type, "application/problem+json");
}

TEST_F(PortalTest, ABadgeShowsTheLevel) {
  board_.fill({share(measured_row(1, "a", 1, Level::high)), share(measured_row(2, "old", 2, Level::low, kNow - 2min))});
  const auto badge = [&](std::string name, std::string_view query = "") {
    return ask(&Badge::handle, badge_, query, {"p", std::move(name)});
  };
  EXPECT_EQ(badge("a.svg").content_type, "image/svg+xml");
  EXPECT_THAT(*badge("a.svg").body, HasSubstr("<title>a: HIGH</title>"));
  EXPECT_THAT(*badge("old.svg").body, HasSubstr("<title>old: LOW (old)</title>"));
  EXPECT_THAT(*badge("a.svg", "label=%3Cscript%3E").body, AllOf(HasSubstr("&lt;script>"), Not(HasSubstr("<script"))));
  EXPECT_EQ(badge("a.png").status, 404);
  EXPECT_EQ(badge("none.svg").status, 404);
  EXPECT_EQ(badge("a.svg", "label=").status, 400);
}

TEST_F(PortalTest, ABadgeIsMarkupOfOursOnly) {
  board_.fill({share(measured_row(1, "a", 1, Level::high))});
  const std::string svg = *ask(&Badge::handle, badge_, "label=%22%20onload%3D%22x%3C%26", {"p", "a.svg"}).body;
  EXPECT_THAT(svg,
              AllOf(HasSubstr("aria-label=\"&quot; onload=&quot;x&lt;&amp;: HIGH\""), Not(HasSubstr("\" onload"))));
}

TEST_F(PortalTest, OnlyWhatIsFreshHasTheColourOfItsLevel) {
  board_.fill({share(measured_row(1, "a", 1, Level::high)), share(measured_row(2, "old", 2, Level::high, kNow - 2min)),
               share(measured_row(3, "future", 3, Level::high, kNow + 1h)), share(pending_row(4, "new", 4))});
  const auto badge = [&](std::string name) { return *ask(&Badge::handle, badge_, "", {"p", name + ".svg"}).body; };
  EXPECT_THAT(badge("a"), AllOf(HasSubstr("#0a6541"), HasSubstr("a: HIGH<")));
  EXPECT_THAT(badge("old"), AllOf(Not(HasSubstr("#0a6541")), HasSubstr("old: HIGH (old)<")));
  EXPECT_THAT(badge("future"), AllOf(Not(HasSubstr("#0a6541")), HasSubstr("future: HIGH (old)<")));
  EXPECT_THAT(badge("new"), AllOf(HasSubstr("#545d67"), HasSubstr("new: UNKNOWN<")));
}

TEST_F(PortalTest, TheSummaryCountsWhatCanBeTrusted) {
  board_.fill({share(measured_row(1, "a", 1, Level::high)), share(measured_row(2, "b", 2, Level::high, kNow - 2min)),
               share(measured_row(3, "c", 3, Level::low, kNow - 1h)), share(pending_row(4, "d", 4))});
  EXPECT_THAT(page(), AllOf(HasSubstr("data-count=\"HIGH\">1<"), HasSubstr("data-count=\"STALE\">1<"),
                            HasSubstr("data-count=\"UNKNOWN\">2<"), HasSubstr("data-count=\"EXPIRED\">1<"),
                            HasSubstr("data-count=\"PENDING\">1<"), HasSubstr("data-count=\"FRESH\">1<"),
                            HasSubstr("href=\"/?level=HIGH&amp;freshness=FRESH\"")));
  EXPECT_THAT(*ask(&Api::list, api_).body,
              HasSubstr(R"("counts":{"HIGH":1,"MEDIUM":0,"LOW":0,"UNKNOWN":2,"FRESH":1,"STALE":1,"EXPIRED":1,)"
                        R"("PENDING":1,"failing":0,"changed":0,"total":4},"outage":null)"));
  headers_ = {{"Accept", "text/plain"}};
  EXPECT_EQ(*ask(&Page::handle, page_).body, "p - a: HIGH\np - b: HIGH (old)\np - c: UNKNOWN\np - d: UNKNOWN\n");
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
  old.failure = core::Failure{"no route", kNow};
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
  EXPECT_THAT(page(), HasSubstr("<td class=\"numbers\">4 of 8 free, 2 in one piece</td>"));
  EXPECT_THAT(*ask(&ProfilePage::handle, profile_page_, "", {"p", "a"}).body,
              AllOf(HasSubstr("<dt>Largest in one piece</dt><dd>2</dd>"), HasSubstr("<dd>1.64</dd>")));
  EXPECT_EQ(capacity_text({.free = 2, .largest = 2}), "2 free") << "once is enough";
  EXPECT_EQ(capacity_text({.total = 2, .largest = 1}), "1 in one piece");
  EXPECT_EQ(capacity_text({.total = 2}), "");
}

TEST(Csv, ACarriageReturnIsQuotedToo) {
  for (const char* reason : {"a\rb", "a\nb", "a,b", "a\"b"}) {
    core::Row row = measured_row(1, "a", 1, Level::high);
    row.reading->reason = reason;
    std::string out;
    append_csv(out, row, kNow);
    EXPECT_THAT(out, HasSubstr(std::string(reason) == "a\"b" ? "\"a\"\"b\"" : fmt::format("\"{}\"", reason)));
  }
}

TEST(Csv, QuotesWhatNeedsIt) {
  core::Row row = measured_row(1, "a,b", 1, Level::high);
  row.reading->reason = "say \"now\"\nor never";
  row.reading->free = 2.5;
  row.reading->changed = core::LevelChange{Level::low, kNow};
  std::string out;
  append_csv(out, row, kNow);
  EXPECT_EQ(out, fmt::format("p,\"a,b\",HIGH,FRESH,2.5,,,,,\"say \"\"now\"\"\nor never\",{0},LOW,{0},,\r\n",
                             base::to_rfc3339(kNow)));
}

TEST_F(PortalTest, WaitingAndEmptyAreSaid) {
  EXPECT_THAT(page(), HasSubstr("has not answered yet"));
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

TEST_F(PortalTest, ApiListsPagesAndOne) {
  board_.fill(support::many_rows(5), {"e", 5});
  const std::string list = *ask(&Api::list, api_, "limit=2&offset=2").body;
  EXPECT_THAT(list,
              testing::AllOf(HasSubstr(R"("version":"e-5")"),
                             HasSubstr(R"("total":5,"offset":2,"limit":2,"next":"/api/v1/hardware?offset=4&limit=2")"),
                             HasSubstr("000003"), Not(HasSubstr("000005"))));
  EXPECT_THAT(*ask(&Api::list, api_, "offset=4").body, HasSubstr("\"next\":null"));
  EXPECT_EQ(ask(&Api::list, api_, "limit=1001").status, 400);
  EXPECT_THAT(*ask(&Api::list, api_, "q=3&level=HIGH").body,
              AllOf(HasSubstr("\"total\":1,"), HasSubstr("\"counts\":{\"HIGH\":1"), HasSubstr("000003")));
  EXPECT_THAT(*ask(&Api::list, api_, "limti=1").body, HasSubstr("did you mean 'limit'"));
  EXPECT_THAT(*ask(&Api::one, api_, "", {"p", "000004"}).body, HasSubstr("\"id\":4,"));
  EXPECT_EQ(ask(&Api::one, api_, "", {"p", "none"}).status, 404);
}

TEST_F(PortalTest, AssetsHaveTypes) {
  EXPECT_EQ(ask(&Assets::handle, assets_, "", {"style.css"}).content_type, "text/css; charset=utf-8");
  EXPECT_EQ(ask(&Assets::handle, assets_, "", {"live.js"}).content_type, "text/javascript; charset=utf-8");
  EXPECT_EQ(ask(&Assets::handle, assets_, "", {"list.mustache"}).status, 404);
  EXPECT_EQ(ask(&Assets::handle, assets_, "", {"../etc/passwd"}).status, 404);
}

}  // namespace
}  // namespace portal
