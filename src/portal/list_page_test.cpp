// The dashboard's links, form and pages.
#include <gmock/gmock.h>

#include "base/text.hpp"
#include "portal/list_data.hpp"
#include "support/eventually.hpp"
#include "support/portal_test.hpp"

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

TEST_F(PortalTest, PagesAndTheirLinks) {
  board_.fill(support::many_rows(250));
  EXPECT_THAT(page(),
              testing::AllOf(HasSubstr(">000100<"), Not(HasSubstr(">000101<")), HasSubstr("href=\"./?offset=100\"")));
  EXPECT_THAT(page("offset=200"), testing::AllOf(HasSubstr(">000201<"), HasSubstr(">000250<"),
                                                 HasSubstr("href=\"./?offset=100\""), Not(HasSubstr("rel=\"next\""))));
  EXPECT_THAT(page("offset=30&limit=100"), AllOf(HasSubstr("rel=\"prev\" href=\"./\""), HasSubstr(">000031<")))
      << "no page begins before the first row";
  EXPECT_THAT(page("offset=100&limit=60"), HasSubstr("rel=\"prev\" href=\"./?offset=40&amp;limit=60\""));
  EXPECT_THAT(page("offset=250&q=0"), AllOf(HasSubstr("The list has 250. "), HasSubstr("href=\"./?q=0\""),
                                            Not(HasSubstr("No profile matches"))));
  EXPECT_EQ(ask(&Page::handle, page_, "offset=x").status, 400);
}

TEST_F(PortalTest, DeadLettersOfAlertsAreSaid) {
  board_.fill(support::many_rows(1));
  EXPECT_THAT(page(), Not(HasSubstr("could not be delivered")));
  // A page may be shown for a while after it was rendered.
  const auto shows = [&](const char* text) { return support::eventually([&] { return page().contains(text); }); };
  board_.set_dead_letters(1);
  EXPECT_TRUE(shows("<p id=\"undelivered\">1 message of alerts could not be delivered: "));
  board_.set_dead_letters(2);
  EXPECT_TRUE(shows("2 messages of alerts"));
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
                    HasSubstr("level=LOW&amp;sort=-name&amp;group=provider&amp;limit=100"),
                    HasSubstr("href=\"./api/v1/hardware.csv?level=LOW&amp;sort=-name&amp;group=provider\"")));
  html = page("q=nothing&wall=1");
  EXPECT_THAT(html,
              AllOf(HasSubstr("No profile matches"), HasSubstr("class=\"wall\""), HasSubstr("href=\"./?wall=1\"")));
  EXPECT_THAT(page("provider=p&name=a"), HasSubstr("<input type=\"hidden\" name=\"name\" value=\"a\">"));
  EXPECT_THAT(page("provider=gone"), HasSubstr("<option value=\"gone\" selected>gone</option>"));
  EXPECT_THAT(page("freshness=FRESH,STALE"),
              HasSubstr("<option value=\"STALE,FRESH\" selected>Only stale,fresh</option>"));
  EXPECT_THAT(page("q=%3Cb%3E"), AllOf(HasSubstr("value=\"&lt;b&gt;\""), Not(HasSubstr("<b>\""))));
  EXPECT_EQ(ask(&Page::handle, page_, "sort=size").status, 400);
}

TEST_F(PortalTest, AColumnSortsAndThenTheOtherWayRound) {
  board_.fill(support::many_rows(3));
  const auto link = [](std::string_view column, std::string_view url, std::string_view sorted = "") {
    return HasSubstr(fmt::format("class=\"{}\"{}><a href=\"{}\">", column,
                                 sorted.empty() ? "" : fmt::format(" aria-sort=\"{}\"", sorted), url));
  };
  EXPECT_THAT(page(), AllOf(link("provider", "./?sort=-key", "ascending"), link("name", "./?sort=name"),
                            link("level", "./?sort=-level"), link("capacity", "./?sort=-free"),
                            link("measured", "./?sort=-measured")));
  EXPECT_THAT(page("sort=-level&offset=2&limit=1"),
              AllOf(link("level", "./?sort=level&amp;limit=1", "descending"), link("provider", "./?limit=1")))
      << "from the first page on";
  EXPECT_THAT(page("sort=name"), link("name", "./?sort=-name", "ascending"));
}

TEST_F(PortalTest, EachGroupHasItsHeadingOnce) {
  std::vector<core::RowPtr> rows;
  for (int id = 1; id <= 4; ++id) {
    core::Row row = measured_row(id, std::to_string(id), id, Level::high);
    row.profile.key.provider = id <= 2 ? "first" : "second";
    rows.push_back(share(std::move(row)));
  }
  board_.fill(std::move(rows));
  const auto headings = [](const std::string& html) {
    std::vector<std::string> found;
    constexpr std::string_view kBegin = "<tr class=\"group\"><th colspan=\"6\" scope=\"rowgroup\">";
    for (auto at = html.find(kBegin); at != std::string::npos; at = html.find(kBegin, at + 1))
      found.push_back(html.substr(at + kBegin.size(), html.find("</th>", at) - at - kBegin.size()));
    return found;
  };
  EXPECT_THAT(
      headings(page("group=provider&wall=1&limit=50")),
      testing::ElementsAre("<a href=\"./?provider=first&amp;limit=50&amp;wall=1\">first</a> <span>2: 2 high</span>",
                           "<a href=\"./?provider=second&amp;limit=50&amp;wall=1\">second</a> <span>2: 2 high</span>"));
  EXPECT_THAT(headings(page()), testing::IsEmpty());
}

TEST_F(PortalTest, TheFormOffersWhatIsThere) {
  board_.fill({share(measured_row(1, "a", 1, Level::high))});
  EXPECT_THAT(page(), Not(HasSubstr("<select name=\"provider\""))) << "one is no choice";
  EXPECT_THAT(page("provider=p"), HasSubstr("<input type=\"hidden\" name=\"provider\" value=\"p\">"));
  std::vector<core::RowPtr> rows;
  for (int id = 1; id <= 201; ++id) {
    core::Row row = measured_row(id, "a", id, Level::high);
    row.profile.key.provider = fmt::format("provider {:03}", id);
    rows.push_back(share(std::move(row)));
  }
  board_.fill({rows.begin(), rows.begin() + 200});
  ASSERT_TRUE(support::eventually([&] { return page().contains("provider 200"); }));
  EXPECT_THAT(page(), HasSubstr("<option value=\"provider 200\">provider 200</option>"));
  board_.fill(rows);
  EXPECT_TRUE(support::eventually([&] { return !page().contains("<select name=\"provider\""); }))
      << "too many are left to the search";
}

TEST_F(PortalTest, TheFormKeepsWhatItDoesNotAsk) {
  board_.fill(support::many_rows(3));
  EXPECT_THAT(page("limit=50&wall=1&sort=total&q=0"),
              AllOf(HasSubstr("<input type=\"hidden\" name=\"limit\" value=\"50\">"),
                    HasSubstr("<input type=\"hidden\" name=\"wall\" value=\"1\">"),
                    HasSubstr("<option value=\"total\" selected>Sorted by total</option>"),
                    HasSubstr("<a href=\"./?limit=50&amp;wall=1\">Reset</a>")));
  EXPECT_THAT(page("sort=-free&freshness=STALE&failing=1&group=provider"),
              AllOf(HasSubstr("<option value=\"-free\" selected>Most free first</option>"),
                    HasSubstr("<option value=\"STALE\" selected>Only stale</option>"),
                    HasSubstr("name=\"failing\" value=\"1\" checked"),
                    HasSubstr("name=\"group\" value=\"provider\" checked"), Not(HasSubstr("Sorted by"))));
  EXPECT_THAT(page("q=0&wall=1"), HasSubstr("class=\"wall\""));
  EXPECT_THAT(page("q=0"), Not(HasSubstr("class=\"wall\""))) << "the other view of the same rows";
  EXPECT_THAT(page("wall=0"), Not(HasSubstr("class=\"wall\"")));
  EXPECT_THAT(page(), AllOf(Not(HasSubstr("name=\"limit\"")), Not(HasSubstr("name=\"wall\"")),
                            Not(HasSubstr("class=\"wall\""))));
}

TEST_F(PortalTest, TheFormSendsFiltersWithoutAFieldAsTheyAre) {
  core::Row row = measured_row(1, "a", 1, Level::high);
  row.profile.labels = {{"region", "eu-1"}};
  row.profile.key.provider = "q";
  board_.fill({share(measured_row(2, "b", 2, Level::high)), share(std::move(row))});
  EXPECT_THAT(page("provider=p&provider=q&name=a&name=b&label.region=eu-1&label.region=eu-2"),
              AllOf(HasSubstr("<input type=\"hidden\" name=\"provider\" value=\"p\">"),
                    HasSubstr("<input type=\"hidden\" name=\"provider\" value=\"q\">"),
                    HasSubstr("<input type=\"hidden\" name=\"name\" value=\"a\">"),
                    HasSubstr("<input type=\"hidden\" name=\"name\" value=\"b\">"),
                    HasSubstr("<input type=\"hidden\" name=\"label.region\" value=\"eu-1\">"),
                    HasSubstr("<input type=\"hidden\" name=\"label.region\" value=\"eu-2\">"),
                    Not(HasSubstr("<select name=\"provider\""))));
  EXPECT_THAT(page("provider=q"), AllOf(HasSubstr("<option value=\"q\" selected>"), Not(HasSubstr("type=\"hidden\""))));
}

TEST_F(PortalTest, ALabelMayHaveAColumn) {
  core::Row row = measured_row(1, "a", 1, Level::high);
  row.profile.labels = {{"region", "eu <1>"}, {"gpu", "a100"}};
  board_.fill({share(row), share(measured_row(2, "b", 2, Level::high))});
  EXPECT_THAT(page(), AllOf(Not(HasSubstr("data-label")), HasSubstr("value=\"note\" data-usual checked>note"),
                            HasSubstr("value=\"label.region\">region")));
  EXPECT_THAT(page("columns=provider,label.region&group=provider"),
              AllOf(HasSubstr("<th scope=\"col\" class=\"label\">region</th>"),
                    HasSubstr("<td class=\"label\" data-label=\"region\" title=\"eu &lt;1&gt;\">eu &lt;1&gt;</td>"),
                    HasSubstr("<td class=\"label\" data-label=\"region\" title=\"\"></td>"),
                    Not(HasSubstr("class=\"note\"")), HasSubstr("value=\"label.region\" checked>"),
                    HasSubstr("colspan=\"4\""), HasSubstr("columns=provider,label.region")));
  EXPECT_THAT(page("columns=label.none"), HasSubstr("value=\"label.none\" checked>none")) << "it may come";
  for (const char* wrong :
       {"columns=colour", "columns=label.", "columns=provider,", "columns=label.a%2Fb", "wall=2", "fiter=x"}) {
    const http::Reply reply = ask(&Page::handle, page_, wrong);
    EXPECT_EQ(reply.status, 400) << wrong;
    EXPECT_THAT(*reply.body, AllOf(HasSubstr("<p id=\"problem\">"), HasSubstr(">a</a>"))) << "the list stays";
  }
  std::string many = "columns=label.a0";
  for (int i = 1; i < 20; ++i) many += fmt::format(",label.a{}", i);
  EXPECT_EQ(ask(&Page::handle, page_, many).status, 200);
  EXPECT_EQ(ask(&Page::handle, page_, many + ",name,note").status, 200) << "these are no labels";
  EXPECT_EQ(ask(&Page::handle, page_, many + ",label.a20").status, 400);
  EXPECT_EQ(ask(&Page::handle, page_, "columns=&wall=&columns=name,level,note").status, 200);
}

TEST_F(PortalTest, TheLastDayIsAColumn) {
  core::Row row = measured_row(1, "a", 1, Level::high);
  row.reading->recent = *core::RecentLevels::parse("HL-H");
  const auto head = HasSubstr("<th scope=\"col\" class=\"recent\">Last 24 h</th>");
  const auto cell = HasSubstr("<td class=\"recent\" data-recent=\"HL-H\"><svg class=\"strip\"");
  board_.fill({share(measured_row(1, "a", 1, Level::high))});
  EXPECT_THAT(page(), AllOf(Not(HasSubstr("class=\"recent\"")), HasSubstr("data-later=\"recent largest score price\"")))
      << "the original system's service has none";
  board_.fill({share(row), share(measured_row(2, "b", 2, Level::high))});
  ASSERT_TRUE(support::eventually([&] { return page().contains("data-recent"); }));
  EXPECT_THAT(page(), AllOf(head, cell, HasSubstr("<td class=\"recent\"></td>"),
                            HasSubstr("value=\"recent\" data-usual checked>last 24 h")));
  EXPECT_THAT(page("columns=recent"), AllOf(head, cell, Not(HasSubstr("class=\"note\""))));
  EXPECT_THAT(page("columns=note"), AllOf(Not(head), Not(cell)));
  EXPECT_THAT(page("wall=1"), AllOf(Not(head), Not(cell)));
  EXPECT_THAT(page("group=provider"), HasSubstr("colspan=\"7\""));
  EXPECT_THAT(*ask(&ProfilePage::handle, profile_page_, "", {"p", "a"}).body, AllOf(head, cell));
  EXPECT_THAT(*ask(&ProfilePage::handle, profile_page_, "", {"p", "b"}).body, Not(head));
}

TEST_F(PortalTest, ViewsOfOtherColumnsAreOtherViews) {
  board_.fill(support::many_rows(3));
  EXPECT_THAT(page("columns=name"),
              AllOf(Not(HasSubstr("class=\"provider\"")), HasSubstr("?sort=name&amp;columns=name\"")));
  EXPECT_THAT(page(), HasSubstr("class=\"provider\"")) << "of the same core's cache";
}

TEST_F(PortalTest, AFilterOfBadBytesIsRefusedInGoodOnes) {
  board_.fill(support::many_rows(3));
  for (const char* query : {"q=%ff", "provider=%ff", "name=a%1b", "label.a=%ff%1b", "level=%ff", "columns=%ff",
                            "n%ff=1", "q=%ff%fe&limit=0"}) {
    const http::Reply reply = ask(&Page::handle, page_, query);
    EXPECT_EQ(reply.status, 400) << query;
    EXPECT_EQ(base::to_utf8(*reply.body), *reply.body) << query;
  }
}

TEST_F(PortalTest, TheFormCountsFiltersThatItFolds) {
  board_.fill(support::many_rows(3));
  EXPECT_THAT(page(), AllOf(HasSubstr("data-active=\"\""), HasSubstr("id=\"bounded\"></span>")));
  EXPECT_THAT(page("q=x&sort=-free&level=HIGH,LOW&label.a=1&label.a=2&min_free=1&max_free=2&failing=1"),
              AllOf(HasSubstr("data-active=\" · 5\""), HasSubstr("id=\"bounded\"> · 2</span>")));
}

TEST_F(PortalTest, APageSaysWhichPartItIs) {
  board_.fill(support::many_rows(150));
  EXPECT_THAT(page(), AllOf(HasSubstr("Hardware profiles 1–100 of <span data-count=\"matching\">150<"),
                            HasSubstr("rel=\"next\" href=\"./?offset=100\""), Not(HasSubstr("rel=\"prev\""))));
  EXPECT_THAT(page("offset=50"), AllOf(HasSubstr("51–150 of"), Not(HasSubstr("rel=\"next\"")))) << "the last is on it";
  EXPECT_THAT(page("limit=150"), AllOf(HasSubstr("1–150 of"), Not(HasSubstr("<nav"))));
  EXPECT_THAT(page("offset=149&limit=150"), AllOf(HasSubstr("150–150 of"), HasSubstr("<nav"))) << "there is a way back";
  EXPECT_THAT(page("q=00001&offset=5&limit=2"),
              AllOf(HasSubstr("Matching profiles 6–7 of"), HasSubstr("href=\"./api/v1/hardware.csv?q=00001\"")))
      << "a file has all of them";
}

TEST_F(PortalTest, TheSummaryNamesSomeOfTheProbesThatFail) {
  std::vector<core::RowPtr> rows;
  for (int id = 1; id <= 5; ++id) {
    core::Row row = measured_row(id, std::to_string(id), id, Level::high);
    row.probe = fmt::format("probe-{}", id);
    row.failure = core::Failure{"no route", kNow};
    rows.push_back(share(std::move(row)));
  }
  board_.fill({rows.begin(), rows.begin() + 3});
  EXPECT_THAT(page(), AllOf(HasSubstr("data-count=\"failing\">3<"), HasSubstr("(probe-1, probe-2, probe-3)")));
  for (const int more : {1, 2}) {
    board_.fill({rows.begin(), rows.begin() + 3 + more});
    const std::string text = fmt::format("(probe-1, probe-2, probe-3, {} more)", more);
    EXPECT_TRUE(support::eventually([&] { return page().contains(text); })) << text;
  }
}

TEST_F(PortalTest, AFreshnessIsOfferedOnce) {
  board_.fill(support::many_rows(1));
  const auto options = [](const std::string& html, std::string_view value) {
    std::size_t count = 0;
    const std::string option = fmt::format("<option value=\"{}\"", value);
    for (auto at = html.find(option); at != std::string::npos; at = html.find(option, at + 1)) ++count;
    return count;
  };
  const std::string one = page("freshness=STALE");
  EXPECT_THAT(one, HasSubstr("<option value=\"STALE\" selected>Only stale</option>"));
  for (const char* value : {"FRESH", "STALE", "EXPIRED", "PENDING"}) EXPECT_EQ(options(one, value), 1U) << value;
  const std::string two = page("freshness=FRESH,STALE");
  for (const char* value : {"FRESH", "STALE", "STALE,FRESH"}) EXPECT_EQ(options(two, value), 1U) << value;
}

TEST_F(PortalTest, ABlankPageSaysOneReason) {
  const auto blank = [](bool empty, bool nothing, bool beyond) {
    const auto has = [](bool there, const char* text) {
      return there ? testing::Matcher<std::string>(HasSubstr(text))
                   : testing::Matcher<std::string>(Not(HasSubstr(text)));
    };
    return AllOf(has(empty, "No hardware profiles yet"), has(nothing, "No profile matches"),
                 has(beyond, "Nothing on this page"));
  };
  board_.fill({});
  EXPECT_THAT(page(), blank(true, false, false));
  EXPECT_THAT(page("q=x"), blank(true, false, false));
  board_.fill(support::many_rows(3));
  EXPECT_TRUE(support::eventually([&] { return page().contains("000001"); }));
  EXPECT_THAT(page(), blank(false, false, false));
  // The view of before is shown for a moment longer.
  EXPECT_TRUE(support::eventually([&] { return page("q=x").contains("No profile matches"); }));
  EXPECT_THAT(page("q=x"), blank(false, true, false));
  EXPECT_THAT(page("q=x&offset=9"), blank(false, true, false));
  EXPECT_THAT(page("offset=9"), blank(false, false, true));
}

}  // namespace
}  // namespace portal
