#include "portal/profile_page.hpp"

#include <gmock/gmock.h>

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

/// What a reader copies, without the marks for the script that puts the browser's own address there.
std::string copied(std::string html) {
  for (const std::string_view mark : {"<span data-base>", "<span data-wait>", "</span>"})
    for (std::size_t at = 0; (at = html.find(mark, at)) != std::string::npos;) html.erase(at, mark.size());
  return html;
}

TEST_F(PortalTest, AProfileHasAPageThatSaysWhyAndWhatToCopy) {
  core::Row row = measured_row(1, "it's c5", 1, Level::medium);
  row.reading->free = 3;
  row.failure = core::Failure{"timed out", kNow};
  board_.fill({share(row)});
  headers_.push_back({"Host", "vacancy:5000"});
  const http::Reply reply = ask(&ProfilePage::handle, profile_page_, "", {"p", "it's c5"});
  EXPECT_THAT(
      copied(*reply.body),
      AllOf(HasSubstr("Why MEDIUM?"), HasSubstr("<dd>a test</dd>"), HasSubstr("<dd>3</dd>"),
            HasSubstr("<dd>1.5 s</dd>"), HasSubstr("<dd>timed out</dd>"),
            HasSubstr("vacancy wait --url http://vacancy:5000 &apos;p/it&apos;\\&apos;&apos;s c5&apos; --at-least"),
            HasSubstr("http://vacancy:5000/badge/p/it%27s%20c5.svg")));
  EXPECT_EQ(ask(&ProfilePage::handle, profile_page_, "", {"p", "none"}).status, 404);
  row.profile.key = {"a/b", "c"};
  board_.fill({share(row)});
  headers_ = {{"Host", "x;id"}};
  EXPECT_TRUE(support::eventually([&] {
    return copied(*ask(&ProfilePage::handle, profile_page_, "", {"a/b", "c"}).body)
        .contains("vacancy wait --url &apos;http://x;id&apos; &apos;a?b/c&apos; --at-least");
  })) << "what stands there can be run";
}

TEST_F(PortalTest, AProfilesPageSaysWhenItIsMeasuredNextAndWhy) {
  core::Row row = measured_row(1, "a", 1, Level::high);
  const auto shows = [&](core::DueReason reason) {
    row.next = core::NextRun{kNow + 5min, reason};
    board_.fill({share(row)});
    return *ask(&ProfilePage::handle, profile_page_, "", {"p", "a"}).body;
  };
  EXPECT_THAT(shows(core::DueReason::quiet), HasSubstr("since it has never changed"));
  row.reading->changed = core::LevelChange{Level::low, kNow - 3h - 59min};
  const std::string due = base::to_rfc3339(kNow + 5min);
  EXPECT_THAT(
      shows(core::DueReason::quiet),
      HasSubstr(fmt::format("<dt>Due next at</dt><dd><time datetime=\"{0}\">{0}</time>, since it has been quiet for "
                            "3h</dd>",
                            due)));
  EXPECT_THAT(shows(core::DueReason::changed), HasSubstr("since it changed 3h ago"));
  EXPECT_THAT(shows(core::DueReason::watched), HasSubstr("since somebody watches it or waits for it"));
  EXPECT_THAT(shows(core::DueReason::budget), HasSubstr("since the budget of its probe allows none before"));
  row.reading.reset();
  EXPECT_THAT(shows(core::DueReason::quiet), HasSubstr("since it has never changed")) << "it was never measured";
  row.next.reset();
  board_.fill({share(row)});
  EXPECT_THAT(*ask(&ProfilePage::handle, profile_page_, "", {"p", "a"}).body, Not(HasSubstr("Due next at")));
}

TEST_F(PortalTest, AProfilesPageTellsWhen) {
  core::Row row = measured_row(1, "a", 1, Level::high);
  row.reading->changed = core::LevelChange{Level::low, kNow - 59min};
  board_.fill({share(row), share(measured_row(2, "b", 2, Level::low))});
  const auto html = [&](const char* name) { return *ask(&ProfilePage::handle, profile_page_, "", {"p", name}).body; };
  EXPECT_THAT(html("a"), AllOf(HasSubstr("<form id=\"tell\""), HasSubstr("<span data-wait> --at-least MEDIUM</span>"),
                               HasSubstr(fmt::format("data-changed=\"{}\"", base::to_rfc3339(kNow - 59min)))));
  EXPECT_THAT(html("b"), HasSubstr("data-changed=\"\""));
  EXPECT_THAT(page(), AllOf(Not(HasSubstr("data-changed")), Not(HasSubstr("<form id=\"tell\""))));
}

TEST_F(PortalTest, CommandsNameThePortalAsItWasReached) {
  board_.fill({share(measured_row(1, "a", 1, Level::high))});
  const auto shows = [&](std::string_view url) {
    return copied(*ask(&ProfilePage::handle, profile_page_, "", {"p", "a"}).body)
        .contains(fmt::format("curl -s {}/api/v1/hardware/p/a", url));
  };
  EXPECT_TRUE(shows("http://HOST:5000")) << "to be filled in";
  headers_ = {{"Host", "vacancy.example"}, {"X-Forwarded-Proto", "https"}};
  EXPECT_TRUE(shows("https://vacancy.example"));
  headers_ = {{"Host", "vacancy.example"}, {"X-Forwarded-Proto", "gopher"}};
  EXPECT_TRUE(shows("http://vacancy.example"));
}

TEST_F(PortalTest, CommandsNameThePublicUrlWhereThereIsOne) {
  board_.fill({share(measured_row(1, "a", 1, Level::high))});
  headers_.push_back({"Host", "upstream:5000"});
  ProfilePage profile(*board_, 1, "https://hpc.example/vacancy");
  const std::string html = *ask(&ProfilePage::handle, profile, "", {"p", "a"}).body;
  EXPECT_THAT(html, AllOf(HasSubstr("curl -s https://hpc.example/vacancy/api/v1/hardware/p/a"),
                          HasSubstr("[![a](https://hpc.example/vacancy/badge/p/a.svg)]"), Not(HasSubstr("upstream")),
                          Not(HasSubstr("data-base"))));
  Page list(*board_, 1, "https://hpc.example/vacancy");
  EXPECT_THAT(*ask(&Page::handle, list).body, HasSubstr("curl https://hpc.example/vacancy/<"));
}

TEST_F(PortalTest, LinksWorkUnderAnyPath) {
  board_.fill(support::many_rows(150));
  const std::string profile = *ask(&ProfilePage::handle, profile_page_, "", {"p", "000001"}).body;
  for (const std::string& html : {page(), page("q=0&group=provider&wall=1"), profile}) {
    EXPECT_THAT(html, AllOf(Not(HasSubstr("=\"/")), HasSubstr("assets/live.js\"")));
  }
  EXPECT_THAT(profile, AllOf(HasSubstr("href=\"../../assets/style.css\""), HasSubstr("href=\"../../?provider=p\"")));
}

TEST_F(PortalTest, AProfilesFactsAreItsOwn) {
  core::Row row = measured_row(1, "a", 1, Level::high, kNow - 2min);
  row.reading->free = 1;
  row.reading->total = 2;
  row.reading->largest = 3;
  row.reading->score = 4;
  row.reading->price = 5;
  row.reading->changed = core::LevelChange{Level::low, kNow - 3min};
  board_.fill({share(row)});
  const std::string html = *ask(&ProfilePage::handle, profile_page_, "", {"p", "a"}).body;
  const auto fact = [](std::string_view term, const std::string& text) {
    return HasSubstr(fmt::format("<dt>{}</dt><dd>{}</dd>", term, text));
  };
  EXPECT_THAT(html, AllOf(fact("Free", "1"), fact("Total", "2"), fact("Largest in one piece", "3"), fact("Score", "4"),
                          fact("Price per unit and hour", "5")));
  const auto time = [&](std::string_view term, base::Time at, std::string_view more = "") {
    const std::string text = base::to_rfc3339(at);
    return fact(term, fmt::format("<time datetime=\"{}\">{}</time>{}", text, text, more));
  };
  EXPECT_THAT(
      html, AllOf(time("Measured at", kNow - 2min), time("Stale from", kNow - 1min), time("Unknown from", kNow + 3min),
                  fact("Freshness", "stale"), time("Since", kNow - 3min, ", LOW before"), fact("Probe", "test")));
  EXPECT_THAT(html, HasSubstr("Why HIGH (old)?"));
  EXPECT_THAT(html, HasSubstr("data-events=\"provider=p&amp;name=a&amp;limit=1\""));
}

TEST_F(PortalTest, AProfileThatNoProbeMeasuresSaysSo) {
  core::Row row = pending_row(1, "a", 1);
  row.probe = core::kNoProbe;
  board_.fill({share(row)});
  EXPECT_THAT(*ask(&ProfilePage::handle, profile_page_, "", {"p", "a"}).body,
              AllOf(HasSubstr("<dt>Probe</dt><dd>none is configured for it</dd>"), HasSubstr("Why UNKNOWN?"),
                    Not(HasSubstr("<dt>Reason</dt>"))));
}

TEST_F(PortalTest, AProfileTellsOfAnOutageAndNotOfOtherProfiles) {
  board_.fill({share(measured_row(1, "a", 1, Level::high, kNow - 2min))});
  const auto html = [&] { return *ask(&ProfilePage::handle, profile_page_, "", {"p", "a"}).body; };
  EXPECT_THAT(html(), AllOf(HasSubstr("Why HIGH (old)?"), Not(HasSubstr("No value is fresh"))));
  support::on(runtime_.background(),
              [&] { board_->set_outage(board::Outage{board::Side::database, std::chrono::steady_clock::now()}); });
  EXPECT_TRUE(
      support::eventually([&] { return html().contains("The hardware service cannot read its database since"); }));
}

}  // namespace
}  // namespace portal
