// A set's rows in lists and badges, which of them to take, and its page.

#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "support/portal_test.hpp"

namespace portal {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using core::Level;
using support::kNow;
using support::measured_row;
using support::pending_row;
using support::share;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class SetsTest : public PortalTest {
 protected:
  SetsTest() {
    board_.set_sets({{"cfd", {"p/none", "p/low", "p/old", "p/m*", "p/*"}}, {"empty", {"q/*"}}});
    fill({});
  }
  void fill(std::vector<core::RowPtr> more) {
    std::vector<core::RowPtr> rows{
        share(measured_row(1, "low", 1, Level::low)), share(measured_row(2, "old", 2, Level::high, kNow - 2min)),
        share(measured_row(3, "medium", 3, Level::medium, kNow - 30s)), share(measured_row(4, "a", 4, Level::high))};
    rows.insert(rows.end(), more.begin(), more.end());
    board_.fill(std::move(rows));
  }

  http::Reply first(std::string_view query = "", std::string set = "cfd") {
    return ask(&SetsApi::first, sets_, query, {std::move(set)});
  }
  json::object first_json(std::string_view query = "", std::string set = "cfd") {
    return json::parse(*first(query, std::move(set)).body).as_object();
  }
  static std::string name(const json::value& row) {
    return row.is_null() ? "" : std::string(row.at("name").as_string());
  }
  /// "CHOICE: CODE" of each that was passed over.
  static std::vector<std::string> passed(const json::object& answer) {
    std::vector<std::string> out;
    for (const json::value& each : answer.at("passed").as_array())
      out.push_back(fmt::format("{}: {}", std::string_view(each.at("choice").as_string()),
                                std::string_view(each.at("code").as_string())));
    return out;
  }
  std::string set_page(std::string_view query = "", std::string set = "cfd") {
    return *ask(&SetPage::handle, set_page_, query, {std::move(set)}).body;
  }
};

TEST_F(SetsTest, TheFirstThatIsGoodEnoughAndWhyNotAnother) {
  const json::object answer = first_json();
  EXPECT_EQ(answer.at("set"), "cfd");
  EXPECT_EQ(answer.at("at_least"), "MEDIUM");
  EXPECT_TRUE(answer.at("max_age").is_null());
  EXPECT_EQ(answer.at("choice"), "p/m*");
  EXPECT_EQ(name(answer.at("first")), "medium");
  EXPECT_THAT(passed(answer), ElementsAre("p/none: no_match", "p/low: level", "p/old: stale"));
  EXPECT_EQ(answer.at("passed").at(1).at("why"), "LOW, not MEDIUM");
  EXPECT_EQ(name(answer.at("passed").at(1).at("row")), "low");
  EXPECT_FALSE(answer.at("passed").at(0).as_object().contains("row"));
  EXPECT_EQ(answer.at("passed_total"), 3);
  EXPECT_TRUE(answer.at("outage").is_null());
  EXPECT_EQ(name(first_json("at_least=low").at("first")), "low");
  EXPECT_EQ(name(first_json("at_least=HIGH").at("first")), "a") << "the old one is not trusted";
  const json::object young = first_json("max_age=10s");
  EXPECT_EQ(young.at("max_age"), "10s");
  EXPECT_EQ(name(young.at("first")), "a");
  EXPECT_EQ(passed(young).back(), "p/m*: too_old");
}

TEST_F(SetsTest, NoneIsAnAnswerToo) {
  const json::object answer = first_json("total_free=1");
  EXPECT_EQ(first("total_free=1").status, 200);
  EXPECT_TRUE(answer.at("first").is_null());
  EXPECT_TRUE(answer.at("choice").is_null());
  EXPECT_EQ(answer.at("total_free"), 1);
  EXPECT_EQ(answer.at("at_least"), "LOW") << "as in a wait";
  EXPECT_EQ(passed(answer).back(), "p/*: units");
  EXPECT_THAT(passed(first_json("", "empty")), ElementsAre("q/*: no_match"));
}

TEST_F(SetsTest, MistakesSayWhatIsRight) {
  const auto refusal = [&](std::string_view query) {
    const http::Reply reply = first(query);
    EXPECT_EQ(reply.status, 400) << query;
    EXPECT_EQ(ask(&SetPage::handle, set_page_, query, {"cfd"}).status, 400) << query;
    EXPECT_EQ(ask(&Badge::set, badge_, query, {"cfd"}).status, 400) << query;
    return *reply.body;
  };
  EXPECT_THAT(refusal("at_least=UNKNOWN"), HasSubstr("'UNKNOWN' is not a level to wait for; use LOW, MEDIUM or HIGH"));
  EXPECT_THAT(refusal("at_least="), HasSubstr("'' is not a level"));
  EXPECT_THAT(refusal("max_age=300"), HasSubstr("max_age: '300' is not a duration; write a number with a unit"));
  EXPECT_THAT(refusal("max_age=-5m"), HasSubstr("max_age: '-5m' is not a duration"));
  EXPECT_THAT(refusal("max_age="), HasSubstr("max_age: '' is not a duration"));
  for (const char* none : {"max_age=0", "max_age=0s"}) EXPECT_THAT(refusal(none), HasSubstr("no reading is so young"));
  EXPECT_THAT(refusal("max_age=99999999999d"), HasSubstr("is too long; the most is 3650d"));
  EXPECT_EQ(name(first_json("max_age=3650d").at("first")), "medium");
  EXPECT_THAT(refusal("free=-1"), HasSubstr("free='-1' is not a whole number"));
  EXPECT_THAT(refusal("atleast=LOW"), HasSubstr("did you mean 'at_least'?"));
  EXPECT_EQ(first("", "cdf").status, 404);
  EXPECT_THAT(*first("", "cdf").body, HasSubstr("there is no set 'cdf'; did you mean 'cfd'?"));
  EXPECT_THAT(*first("", "<b>\n").body, HasSubstr("can name no set"));
  EXPECT_EQ(ask(&SetsApi::one, sets_, "", {"cdf"}).status, 404);
  EXPECT_EQ(ask(&Badge::set, badge_, "", {"cdf"}).status, 404);
  EXPECT_EQ(ask(&SetPage::handle, set_page_, "", {"cdf"}).status, 404);
  EXPECT_EQ(ask(&Api::list, api_, "set=cdf").status, 400);
  EXPECT_THAT(page("set=cdf"), HasSubstr("<p id=\"problem\">set: there is no set &apos;cdf&apos;; did you mean"));
}

TEST_F(SetsTest, BeforeTheFirstSnapshotNothingIsKnown) {
  support::FedBoard board(runtime_);
  SetsApi sets(*board, 1);
  SetPage page(*board, 1);
  Badge badge(*board, 1);
  EXPECT_EQ(ask(&SetsApi::list, sets).status, 503);
  EXPECT_EQ(ask(&SetsApi::one, sets, "", {"x"}).status, 503);
  EXPECT_EQ(ask(&SetsApi::first, sets, "", {"x"}).status, 503);
  EXPECT_EQ(ask(&SetPage::handle, page, "", {"x"}).status, 503);
  EXPECT_EQ(ask(&Badge::set, badge, "", {"x"}).status, 503);
}

TEST_F(SetsTest, AllSetsWithTheirCounts) {
  const json::value answer = json::parse(*ask(&SetsApi::list, sets_).body);
  ASSERT_EQ(answer.at("sets").as_array().size(), 2U);
  const json::value& cfd = answer.at("sets").at(0);
  EXPECT_EQ(cfd.at("name"), "cfd");
  EXPECT_EQ(cfd.at("choices").as_array().size(), 5U);
  EXPECT_EQ(cfd.at("counts").at("total"), 4) << "each row once";
  EXPECT_EQ(cfd.at("counts").at("STALE"), 1);
  EXPECT_EQ(name(cfd.at("first")), "medium");
  EXPECT_TRUE(answer.at("sets").at(1).at("first").is_null());
  EXPECT_EQ(json::parse(*ask(&SetsApi::one, sets_, "", {"cfd"}).body), cfd);
  board_.set_sets({});
  EXPECT_EQ(*ask(&SetsApi::list, sets_).body, "{\"sets\":[\n],\"outage\":null}\n");
}

TEST_F(SetsTest, AnEtagIsOfWhatIsToBeTaken) {
  const auto etag = [&](std::string_view query) {
    const http::Reply reply = first(query);
    for (const auto& [header, value] : reply.headers)
      if (header == "ETag") return value;
    return *reply.head;
  };
  const std::string before = etag("max_age=90s");
  EXPECT_EQ(etag("max_age=90s"), before) << "no answer tells the time";
  board_.put(measured_row(9, "z", 11, Level::low));
  EXPECT_EQ(etag("max_age=90s"), before) << "a row behind it";
  // Only time passes: no row turns, and no update comes.
  support::on(runtime_.background(), [&] { board_->set_clock(kNow + 29s); });
  ASSERT_TRUE(support::eventually([&] { return name(first_json("max_age=58s").at("first")) == "a"; }));
  EXPECT_EQ(name(first_json("max_age=90s").at("first")), "medium");
  EXPECT_EQ(etag("max_age=90s"), before);
  EXPECT_NE(etag("max_age=58s"), before);
}

TEST_F(SetsTest, AnswersAreRenderedOnce) {
  const auto badge = [&] { return ask(&Badge::set, badge_, "", {"cfd"}).body; };
  const auto one = [&](std::string set) { return ask(&SetsApi::one, sets_, "", {std::move(set)}).body; };
  EXPECT_TRUE(support::eventually([&] { return first().body == first().body; })) << "the same bytes in memory";
  EXPECT_TRUE(support::eventually([&] { return badge() == badge(); }));
  EXPECT_TRUE(support::eventually([&] { return one("cfd") == one("cfd"); }));
  EXPECT_NE(first("free=1").body, first("free=2").body);
  EXPECT_NE(*one("cfd"), *one("empty"));
  board_.put(measured_row(3, "medium", 12, Level::low));
  EXPECT_TRUE(support::eventually([&] { return name(first_json().at("first")) == "a"; })) << "as it is now";
}

TEST_F(SetsTest, AnotherPortalAnswersTheSameBytes) {
  support::FedBoard board(runtime_);
  board.set_sets(*board_.state()->sets);
  std::vector<core::RowPtr> rows;
  board_.state()->snapshot.for_each([&](const core::RowPtr& row) { rows.push_back(row); });
  board.fill(std::move(rows));
  SetsApi other(*board, 1);
  EXPECT_EQ(*first().body, *ask(&SetsApi::first, other, "", {"cfd"}).body);
  EXPECT_EQ(*ask(&SetsApi::list, sets_).body, *ask(&SetsApi::list, other).body);
}

TEST_F(SetsTest, OfManyOnlySomeAreShown) {
  std::vector<core::RowPtr> rows;
  for (int i = 0; i < 300; ++i) rows.push_back(share(measured_row(100 + i, fmt::format("b{:03}", i), 1, Level::low)));
  rows.push_back(share(measured_row(500, "z", 1, Level::high)));
  board_.set_sets({{"all", {"p/b*", "p/z"}}});
  fill(std::move(rows));
  const json::object answer = first_json("", "all");
  EXPECT_EQ(answer.at("passed").as_array().size(), 100U);
  EXPECT_EQ(answer.at("passed_total"), 300);
  EXPECT_EQ(name(answer.at("first")), "z");
  const std::string shown = set_page("", "all");
  EXPECT_THAT(shown, AllOf(HasSubstr("take this one"), HasSubstr("And 200 more"), Not(HasSubstr("b100"))));
}

TEST_F(SetsTest, AFilterOfEveryList) {
  board_.put(measured_row(9, "z", 11, Level::high));
  board_.set_sets({{"two", {"p/z", "p/low"}}});
  const auto names = [&](std::string_view query) {
    std::vector<std::string> out;
    for (const json::value& row : json::parse(*ask(&Api::list, api_, query).body).at("hardware").as_array())
      out.push_back(name(row));
    return out;
  };
  EXPECT_THAT(names("set=two"), ElementsAre("low", "z")) << "by key, as any list";
  EXPECT_THAT(names("set=two&level=HIGH"), ElementsAre("z"));
  EXPECT_THAT(*ask(&Badge::list, badge_, "set=two").body, HasSubstr("<title>set two: 1 high, 1 low</title>"));
  const std::string shown = page("set=two");
  EXPECT_THAT(
      shown, AllOf(HasSubstr("<title>Vacancy: set two</title>"), HasSubstr("data-events=\"set=two&amp;limit=100\""),
                   HasSubstr("<input type=\"hidden\" name=\"set\" value=\"two\">"), HasSubstr("data-active=\" · 1\"")));
  board_.set_sets({{"two", {"p/a"}}});
  ASSERT_TRUE(support::eventually([&] { return names("set=two") == std::vector<std::string>{"a"}; }));
}

TEST_F(SetsTest, PagesLinkToThem) {
  EXPECT_THAT(page(), HasSubstr(" · sets: <a href=\"./set/cfd\">cfd</a>, <a href=\"./set/empty\">empty</a></p>"));
  EXPECT_THAT(set_page(), HasSubstr("<a href=\"../set/empty\">empty</a></p>"));
  core::Sets many;
  for (int i = 10; i < 30; ++i) many.push_back({std::to_string(i), {"p/a"}});
  board_.set_sets(std::move(many));
  const auto shows = [&](const char* text) { return support::eventually([&] { return page().contains(text); }); };
  EXPECT_TRUE(shows("<a href=\"./set/19\">19</a>, <a href=\"./api/v1/sets\">10 more</a></p>"));
  board_.set_sets({});
  EXPECT_TRUE(support::eventually([&] { return !page().contains("sets: "); }));
}

TEST_F(SetsTest, ABadgeSaysWhichToTake) {
  const auto badge = [&](std::string_view query = "", std::string set = "cfd") {
    return *ask(&Badge::set, badge_, query, {std::move(set)}).body;
  };
  EXPECT_THAT(badge(), AllOf(HasSubstr("<title>cfd: p medium MEDIUM</title>"), HasSubstr("#8a4a00")));
  EXPECT_THAT(badge("at_least=HIGH&label=big"), AllOf(HasSubstr("<title>big: p a HIGH</title>"), HasSubstr("#0a6541")));
  EXPECT_THAT(badge("", "empty"), AllOf(HasSubstr("<title>empty: none now</title>"), HasSubstr("#545d67")));
  core::Row odd = measured_row(9, "<&>", 11, Level::high);
  board_.put(odd);
  board_.set_sets({{"odd", {"p/<&>"}}});
  EXPECT_THAT(badge("", "odd"), HasSubstr("odd: p &lt;&amp;&gt; HIGH"));
}

TEST_F(SetsTest, APageShowsTheChoicesInTheirOrder) {
  headers_ = {{"Accept", "text/html"}, {"Host", "v.example"}};
  const std::string shown = set_page();
  EXPECT_THAT(shown, HasSubstr("<title>cfd: take p medium</title>"));
  EXPECT_THAT(shown, HasSubstr("Take <a href=\"../profile/p/medium\">p medium</a>"));
  EXPECT_THAT(shown, HasSubstr("data-events=\"set=cfd&amp;limit=1000\""));
  EXPECT_THAT(shown, HasSubstr("class=\"medium fresh taken\""));
  std::size_t at = 0;
  for (const char* part :
       {">p/none</td><td class=\"verdict\" colspan=\"6\">no profile matches", ">p/low<", "LOW, not MEDIUM", ">p/old<",
        "STALE: HIGH", ">p/m*<", "take this one", ">p/*<", "good enough, too"}) {
    at = shown.find(part, at);
    EXPECT_NE(at, std::string::npos) << part;
  }
  EXPECT_THAT(shown, HasSubstr("p=$(vacancy wait --url <span data-base>http://v.example</span> --set cfd<span "
                               "data-wait></span> --print "
                               "name) &amp;&amp; sbatch -p &quot;$p&quot; job.sh"));
  EXPECT_THAT(shown, AllOf(HasSubstr("data-set=\"cfd\""), HasSubstr("<option value=\"taken\">"),
                           Not(HasSubstr("<option value=\"HIGH\">")), HasSubstr("href=\"../feed.atom?set=cfd\"")));
  EXPECT_THAT(shown, HasSubstr("/set/cfd/badge.svg)]"));
  const std::string strict = set_page("at_least=HIGH&max_age=1h&free=2");
  EXPECT_THAT(strict, AllOf(HasSubstr("None can be taken now."),
                            HasSubstr(" --at-least HIGH --free 2<span data-wait></span> --print name"),
                            HasSubstr("<b>HIGH</b>"), HasSubstr("(2 in one piece, measured within 1h)"),
                            HasSubstr("href=\"cfd?free=2&amp;max_age=1h\">LOW"),
                            HasSubstr("first?at_least=HIGH&amp;free=2&amp;max_age=1h")));
  EXPECT_THAT(strict, AllOf(HasSubstr("</span>/set/cfd/badge.svg?at_least=HIGH&amp;free=2&amp;max_age=1h)]"),
                            HasSubstr("</span>/set/cfd?at_least=HIGH&amp;free=2&amp;max_age=1h)</code>"),
                            HasSubstr(">&apos;http://v.example/api/v1/sets/cfd/"
                                      "first?at_least=HIGH&amp;free=2&amp;max_age=1h&apos;</span></code>")));
  EXPECT_THAT(strict, HasSubstr("<p>It takes any FRESH reading, also one that is older than 1h.</p>"));
  EXPECT_THAT(set_page("free=2"), AllOf(HasSubstr("--set cfd --free 2<span"), Not(HasSubstr("any FRESH reading"))));
  EXPECT_THAT(set_page("free=2&at_least=MEDIUM"), HasSubstr("--set cfd --at-least MEDIUM --free 2<span")) << "not LOW";
  EXPECT_THAT(set_page("", "empty"),
              AllOf(HasSubstr("<title>empty: none can be taken now</title>"), HasSubstr("no profile matches")));
}

}  // namespace
}  // namespace portal
