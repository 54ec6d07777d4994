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

TEST_F(PortalTest, CommandsNameThePortalAsItWasReached) {
  board_.fill({share(measured_row(1, "a", 1, Level::high))});
  const auto shows = [&](std::string_view url) {
    return ask(&ProfilePage::handle, profile_page_, "", {"p", "a"})
        .body->contains(fmt::format("curl -s {}/api/v1/hardware/p/a", url));
  };
  EXPECT_TRUE(shows("http://HOST:5000")) << "to be filled in";
  headers_ = {{"Host", "vacancy.example"}, {"X-Forwarded-Proto", "https"}};
  EXPECT_TRUE(shows("https://vacancy.example"));
  headers_ = {{"Host", "vacancy.example"}, {"X-Forwarded-Proto", "gopher"}};
  EXPECT_TRUE(shows("http://vacancy.example"));
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
  EXPECT_THAT(
      html, AllOf(fact("Measured at", base::to_rfc3339(kNow - 2min)), fact("Stale from", base::to_rfc3339(kNow - 1min)),
                  fact("Unknown from", base::to_rfc3339(kNow + 3min)), fact("Freshness", "stale"),
                  fact("Since", base::to_rfc3339(kNow - 3min) + ", LOW before"), fact("Probe", "test")));
  EXPECT_THAT(html, HasSubstr("Why HIGH (old)?"));
  EXPECT_THAT(html, HasSubstr("data-events=\"/api/v1/events?provider=p&amp;name=a&amp;limit=1\""));
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
