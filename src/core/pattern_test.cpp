#include "core/pattern.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/rows.hpp"

namespace core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

bool matches(std::string_view pattern, const ProfileKey& key) {
  return parse_pattern(pattern).value().matches(key);
}

TEST(Pattern, MatchesBothPartsAsAWhole) {
  EXPECT_TRUE(matches("Amazon/c5", {"Amazon", "c5"}));
  EXPECT_FALSE(matches("Amazon/c5", {"Amazon", "c5.large"}));
  EXPECT_FALSE(matches("Amazon/c5", {"amazon", "c5"}));
  EXPECT_TRUE(matches("A*/c?", {"Azure", "c5"}));
  EXPECT_FALSE(matches("A*/c?", {"Azure", "c"}));
  EXPECT_TRUE(matches("*/*", {"", ""}));
  EXPECT_TRUE(matches("our cluster/gpu/a100", {"our cluster", "gpu/a100"})) << "the first slash separates";
  EXPECT_TRUE(matches("a?b/x", {"a/b", "x"})) << "how to name a provider with a slash";
}

TEST(Pattern, SaysWhatIsRight) {
  for (const std::string bad : {"", "Amazon", "/c5", "Amazon/", "/", "a\n/b", "\xff/b"}) {
    const auto pattern = parse_pattern(bad);
    ASSERT_FALSE(pattern) << bad;
    EXPECT_EQ(pattern.error().code, base::Errc::invalid);
  }
  EXPECT_THAT(parse_pattern("Amazon").error().message, HasSubstr("'Amazon' names no profile; write PROVIDER/NAME"));
  EXPECT_THAT(parse_pattern(std::string(192, 'x') + "/y").error().message, HasSubstr("191 bytes"));
  EXPECT_TRUE(parse_pattern(std::string(191, 'x') + "/" + std::string(191, 'y')));
  EXPECT_EQ(parse_pattern("our cluster/*").value().text(), "our cluster/*");
}

TEST(Pattern, KnowsWhetherItNamesOneProfile) {
  EXPECT_TRUE(parse_pattern("a/b").value().is_exact());
  for (const char* glob : {"*/b", "a/*", "a?/b", "a/b?"}) EXPECT_FALSE(parse_pattern(glob).value().is_exact()) << glob;
}

class ForEachMatch : public testing::Test {
 protected:
  ForEachMatch() {
    std::vector<RowPtr> rows;
    ProfileId id = 0;
    // Several chunks for each provider.
    for (const char* provider : {"Amazon", "Az", "Azure", "Azurite", "b"})
      for (int i = 0; i < 600; ++i) {
        Row row = support::pending_row(++id, fmt::format("{:03}", i), 1);
        row.profile.key.provider = provider;
        rows.push_back(support::share(std::move(row)));
      }
    snapshot_ = Snapshot(std::move(rows));
  }

  std::vector<std::string> found(std::string_view text) {
    std::vector<std::string> out;
    const Pattern pattern = parse_pattern(text).value();
    for_each_match(snapshot_, pattern,
                   [&](const RowPtr& row) { out.push_back(row->profile.key.provider + "/" + row->profile.key.name); });
    std::vector<std::string> all;
    snapshot_.for_each([&](const RowPtr& row) {
      if (pattern.matches(row->profile.key)) all.push_back(row->profile.key.provider + "/" + row->profile.key.name);
    });
    EXPECT_EQ(out, all) << text;
    return out;
  }

  Snapshot snapshot_;
};

TEST_F(ForEachMatch, FindsWhatALookAtEachRowFinds) {
  EXPECT_THAT(found("Azure/007"), ElementsAre("Azure/007"));
  EXPECT_THAT(found("Azure/00?"), testing::SizeIs(10));
  EXPECT_THAT(found("A*/599"), ElementsAre("Amazon/599", "Az/599", "Azure/599", "Azurite/599"));
  EXPECT_THAT(found("Az*e/599"), ElementsAre("Azure/599", "Azurite/599"));
  EXPECT_THAT(found("*/*"), testing::SizeIs(3000));
  EXPECT_THAT(found("?/000"), ElementsAre("b/000"));
  EXPECT_THAT(found("Az/59*"), testing::SizeIs(10));
  EXPECT_THAT(found("Azure/?99"), testing::SizeIs(6));
  for (const char* none : {"Azure/x", "0/*", "B*/*", "zz*/*", "Azure/6*", "A/*"})
    EXPECT_THAT(found(none), ElementsAre());
  for_each_match(Snapshot(), parse_pattern("*/*").value(), [](const RowPtr&) { FAIL(); });
}

TEST_F(ForEachMatch, EndsAtTheFirstThatIsWanted) {
  int looked = 0;
  const auto find = [&](const char* pattern, std::string_view name) {
    looked = 0;
    const RowPtr row = find_match(snapshot_, parse_pattern(pattern).value(), [&](const RowPtr& each) {
      ++looked;
      return each->profile.key.name == name;
    });
    return row ? row->profile.key.provider : "";
  };
  EXPECT_EQ(find("Azure/0*", "002"), "Azure");
  EXPECT_EQ(looked, 3);
  EXPECT_EQ(find("Azure/002", "002"), "Azure");
  EXPECT_EQ(find("Azure/002", "003"), "");
  EXPECT_EQ(find("Azure/1*", "002"), "");
  EXPECT_EQ(looked, 100);
}

}  // namespace
}  // namespace core
