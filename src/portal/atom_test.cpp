#include "portal/atom.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "support/rows.hpp"

namespace portal {
namespace {

using namespace std::chrono_literals;
using support::kNow;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const AtomFeed kFeed{.identity = "all",
                     .title = "Vacancy",
                     .self = "http://x/feed.atom",
                     .alternate = "http://x/",
                     .entries = {{"2", "b is LOW", kNow + 1min, "http://x/profile/p/b", "HIGH → LOW"},
                                 {"1", "a is HIGH", kNow, "http://x/profile/p/a", "LOW → HIGH"}}};

TEST(Atom, AFeedIsADocumentWhoseIdsStayForEver) {
  AtomFeed feed = kFeed;
  feed.entries.pop_back();
  EXPECT_EQ(to_atom(feed), R"(<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
<id>urn:uuid:bc94242d-70af-5fed-9bcd-7838b9a0e2ae</id>
<title>Vacancy</title>
<updated>2026-11-24T00:01:00.000Z</updated>
<author><name>Vacancy</name></author>
<link rel="self" type="application/atom+xml" href="http://x/feed.atom"/>
<link rel="alternate" type="text/html" href="http://x/"/>
<entry>
<id>urn:uuid:978dece1-46c4-5c3e-a540-538c394e2ecd</id>
<title>b is LOW</title>
<updated>2026-11-24T00:01:00.000Z</updated>
<link rel="alternate" type="text/html" href="http://x/profile/p/b"/>
<summary>HIGH → LOW</summary>
</entry>
</feed>
)");
}

TEST(Atom, AnIdIsOfOneThingOnly) {
  const auto ids = [](const AtomFeed& feed) {
    const std::string text = to_atom(feed);
    std::set<std::string> found;
    for (std::size_t at = 0; (at = text.find("<id>", at)) != std::string::npos; ++at)
      found.insert(text.substr(at, text.find('<', at + 1) - at));
    return found;
  };
  AtomFeed same = kFeed;
  for (AtomEntry& entry : same.entries) entry.title = entry.url = entry.summary = "other";
  EXPECT_EQ(ids(kFeed), ids(same));
  EXPECT_EQ(ids(kFeed).size(), 3);
}

TEST(Atom, AnyTextFitsIn) {
  AtomFeed feed = kFeed;
  feed.title = "a<b>&\"c\"";
  feed.entries.front().summary = "bell\a, \xff, \xEF\xBF\xBE, \x1b[31m]]>";
  EXPECT_THAT(to_atom(feed), AllOf(HasSubstr("<title>a&lt;b&gt;&amp;&quot;c&quot;</title>"),
                                   HasSubstr("<summary>bell?, ?, ?, ?[31m]]&gt;</summary>")));
}

TEST(Atom, AFeedWithoutEntriesHasATimeToo) {
  AtomFeed feed = kFeed;
  feed.entries.clear();
  feed.since = base::Time{std::chrono::hours{24}};
  EXPECT_THAT(to_atom(feed),
              AllOf(HasSubstr("<updated>1970-01-02T00:00:00.000Z</updated>"), Not(HasSubstr("<entry>"))));
}

}  // namespace
}  // namespace portal
