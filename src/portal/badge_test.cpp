#include "portal/badge.hpp"

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

TEST_F(PortalTest, ABadgeShowsTheLevel) {
  board_.fill({share(measured_row(1, "a", 1, Level::high)), share(measured_row(2, "old", 2, Level::low, kNow - 2min))});
  const auto badge = [&](std::string name, std::string_view query = "") {
    return ask(&Badge::profile, badge_, query, {"p", std::move(name)});
  };
  EXPECT_EQ(badge("a.svg").content_type, "image/svg+xml");
  EXPECT_THAT(*badge("a.svg").body, HasSubstr("<title>a: HIGH</title>"));
  EXPECT_THAT(*badge("old.svg").body, HasSubstr("<title>old: LOW (old)</title>"));
  EXPECT_THAT(*badge("a.svg", "label=%3Cscript%3E").body,
              AllOf(HasSubstr("&lt;script&gt;"), Not(HasSubstr("<script"))));
  EXPECT_EQ(badge("a.png").status, 404);
  EXPECT_EQ(badge("none.svg").status, 404);
  EXPECT_EQ(badge("a.svg", "label=").status, 400);
  EXPECT_EQ(badge("a.svg", "label=a%0Ab").status, 400) << "one line";
  EXPECT_EQ(badge("a.svg", "label=" + std::string(191, 'x')).status, 200);
  EXPECT_EQ(badge("a.svg", "label=" + std::string(192, 'x')).status, 400);
  EXPECT_EQ(badge("a.svg", "text=x").status, 400);
}

TEST_F(PortalTest, ABadgeCountsWhatMatches) {
  core::Row other = measured_row(4, "d", 4, Level::low);
  other.profile.key.provider = "o & q";
  other.profile.labels = {{"region", "eu"}};
  board_.fill({share(measured_row(1, "a", 1, Level::high)), share(measured_row(2, "b", 2, Level::high)),
               share(measured_row(3, "old", 3, Level::high, kNow - 2min)), share(other)});
  const auto list = [&](std::string_view query) { return *ask(&Badge::list, badge_, query).body; };
  const auto of = [&](std::string file, std::string_view query = "") {
    return ask(&Badge::provider, badge_, query, {std::move(file)});
  };
  EXPECT_THAT(list(""), AllOf(HasSubstr("<title>hardware: 2 high, 1 low, 1 stale</title>"), HasSubstr("#0a6541")));
  EXPECT_THAT(list("label.region=eu"), AllOf(HasSubstr("<title>region eu: 1 low</title>"), HasSubstr("#ab261c")));
  EXPECT_THAT(list("q=old&sort=-free&limit=5&label=spot"),
              AllOf(HasSubstr("<title>spot: 1 stale</title>"), HasSubstr("#545d67")));
  EXPECT_THAT(list("q=nothing"), AllOf(HasSubstr("“nothing”: none<"), HasSubstr("#545d67")));
  EXPECT_THAT(list("q=" + std::string(191, 'x')), HasSubstr("<title>hardware: none</title>")) << "too long to be shown";
  EXPECT_THAT(*of("o & q.svg").body, HasSubstr("<title>o &amp; q: 1 low</title>"));
  EXPECT_THAT(*of("p.svg", "level=HIGH&freshness=FRESH").body, HasSubstr("<title>p, high, fresh: 2 high</title>"));
  EXPECT_THAT(*of("gone.svg").body, HasSubstr("<title>gone: none</title>"));
  EXPECT_EQ(of("p").status, 404);
  EXPECT_EQ(of(".svg").status, 404) << "a template without its provider";
  EXPECT_EQ(of("\xff.svg").status, 400);
  EXPECT_EQ(of("p.svg", "provider=p").status, 400);
  EXPECT_EQ(ask(&Badge::list, badge_, "after=x").status, 400);
  EXPECT_EQ(ask(&Badge::list, badge_, "level=HIHG").status, 400);
  EXPECT_EQ(ask(&Badge::list, badge_, "label=").status, 400);
  EXPECT_EQ(ask(&Badge::list, badge_).content_type, "image/svg+xml");
}

TEST_F(PortalTest, ABadgeIsMarkupOfOursOnly) {
  board_.fill({share(measured_row(1, "a", 1, Level::high))});
  const std::string svg = *ask(&Badge::profile, badge_, "label=%22%20onload%3D%22x%3C%26", {"p", "a.svg"}).body;
  EXPECT_THAT(svg,
              AllOf(HasSubstr("aria-label=\"&quot; onload=&quot;x&lt;&amp;: HIGH\""), Not(HasSubstr("\" onload"))));
}

TEST_F(PortalTest, OnlyWhatIsFreshHasTheColourOfItsLevel) {
  board_.fill({share(measured_row(1, "a", 1, Level::high)), share(measured_row(2, "old", 2, Level::high, kNow - 2min)),
               share(measured_row(3, "future", 3, Level::high, kNow + 1h)), share(pending_row(4, "new", 4)),
               share(measured_row(5, "some", 5, Level::medium)), share(measured_row(6, "none", 6, Level::low))});
  const auto badge = [&](std::string name) { return *ask(&Badge::profile, badge_, "", {"p", name + ".svg"}).body; };
  EXPECT_THAT(badge("a"), AllOf(HasSubstr("#0a6541"), HasSubstr("a: HIGH<")));
  EXPECT_THAT(badge("old"), AllOf(Not(HasSubstr("#0a6541")), HasSubstr("old: HIGH (old)<")));
  EXPECT_THAT(badge("future"), AllOf(Not(HasSubstr("#0a6541")), HasSubstr("future: HIGH (old)<")));
  EXPECT_THAT(badge("some"), HasSubstr("#8a4a00"));
  EXPECT_THAT(badge("none"), HasSubstr("#ab261c"));
  EXPECT_THAT(badge("new"), AllOf(HasSubstr("#545d67"), HasSubstr("new: UNKNOWN<")));
}

TEST_F(PortalTest, ABadgeIsAsWideAsItsLetters) {
  board_.fill({share(measured_row(1, "a", 1, Level::high))});
  const auto badge = [&](std::string_view query) { return *ask(&Badge::profile, badge_, query, {"p", "a.svg"}).body; };
  // Seven for each letter and eight at each side, whatever bytes the letters are made of.
  EXPECT_THAT(badge("label=abcd"), AllOf(HasSubstr("width=\"92\""), HasSubstr("h44v20"), HasSubstr("x=\"52\"")));
  EXPECT_THAT(badge("label=%C3%A4%E2%82%ACcd"), HasSubstr("width=\"92\""));
}

TEST_F(PortalTest, ABadgeOpenedByItselfRunsNothing) {
  board_.fill({share(measured_row(1, "a", 1, Level::high))});
  std::string policy;
  for (const auto& [name, value] : ask(&Badge::profile, badge_, "", {"p", "a.svg"}).headers)
    if (name == "Content-Security-Policy") policy = value;
  EXPECT_EQ(policy, "default-src 'none'; sandbox");
}

}  // namespace
}  // namespace portal
