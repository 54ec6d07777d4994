#include "core/profile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/change.hpp"

namespace core {
namespace {

using testing::StartsWith;

std::string complaint(std::string_view provider, std::string_view name) {
  const auto checked = checked_key(provider, name);
  if (checked) return "";
  EXPECT_EQ(checked.error().code, base::Errc::invalid);
  return checked.error().message;
}

TEST(Profile, AcceptsKeysOfPeople) {
  const auto key = checked_key("our cluster", "größe/XL #2");
  ASSERT_TRUE(key);
  EXPECT_EQ(*key, (ProfileKey{"our cluster", "größe/XL #2"}));
  EXPECT_EQ(complaint(std::string(kMaxNameBytes, 'a'), std::string(kMaxNameBytes, 'b')), "");
}

TEST(Profile, SaysWhichPartIsWrongAndWhy) {
  EXPECT_EQ(complaint("", "c5"), "provider is empty; give a text of 1 to 191 bytes");
  EXPECT_EQ(complaint("Amazon", ""), "name is empty; give a text of 1 to 191 bytes");
  EXPECT_EQ(complaint("Amazon", std::string(192, 'x')), "name has 192 bytes; the most is 191");
  EXPECT_EQ(complaint("Ama\nzon", "c5"), "provider must be UTF-8 text without control characters or invisible ones");
  EXPECT_EQ(complaint("Amazon", "\xFF"), "name must be UTF-8 text without control characters or invisible ones");
  EXPECT_THAT(complaint("Amazon", "c5\u202E"), StartsWith("name must be UTF-8 text without control characters"));
  EXPECT_THAT(complaint(" Amazon", "c5"), StartsWith("provider ' Amazon' begins or ends with a blank"));
  EXPECT_THAT(complaint("Amazon", "c5 "), StartsWith("name 'c5 ' begins or ends with a blank"));
}

TEST(Profile, NamesStandInPathsCommandsAndPatternsAsTheyAre) {
  for (const char* name : {".", "..", "-x", "--all"}) {
    EXPECT_THAT(complaint("p", name), StartsWith(fmt::format("name '{}' ", name)));
    EXPECT_THAT(complaint(name, "n"), StartsWith(fmt::format("provider '{}' ", name)));
  }
  for (const char* name :
       {"a\u200Db", "a\u200Bb", "\uFE0Fa", "a\u2066b", "a\uFFFE", "\uFDD0", "a\u2028b", "\U0001FFFF"})
    EXPECT_THAT(complaint("p", name), testing::HasSubstr("must be UTF-8 text without")) << name;
  for (const char* name : {"...", ".a", "a-", "x](http://evil) [y", "a/b", "=1", "<b>", "a'b", "$(a)", "a%2Fb"})
    EXPECT_EQ(complaint("p", name), "") << name;
  for (const char* name : {"a*b", "a?", "dev*", "a/b", "a.", ".a"}) EXPECT_TRUE(checked_key("p", name)) << name;
}

std::string label_complaint(std::string_view key, std::string_view value) {
  const auto checked = checked_label(key, value);
  return checked ? "" : checked.error().message;
}

TEST(Label, HasAWordForAKeyAndALineForAValue) {
  EXPECT_EQ(label_complaint("aZ09_.-", "größe/XL #2"), "");
  EXPECT_EQ(label_complaint("zone", ""), "");
  for (const char* key : {"", "a b", "ä", "a=", "a/b"})
    EXPECT_THAT(label_complaint(key, "x"), StartsWith(fmt::format("label '{}' has no usable key", key)));
  for (const char* value : {"a\nb", "\xFF", "c5\u202E"})
    EXPECT_EQ(label_complaint("k", value), "the value of label 'k' must be UTF-8 text in one line");
}

TEST(Label, HoldsItsLimits) {
  EXPECT_EQ(label_complaint(std::string(64, 'k'), std::string(kMaxValueBytes, 'v')), "");
  EXPECT_THAT(label_complaint(std::string(65, 'k'), "v"), testing::HasSubstr("has no usable key"));
  EXPECT_EQ(label_complaint("k", std::string(kMaxValueBytes + 1, 'v')),
            "the value of label 'k' has 16385 bytes; the most is 16384");
}

TEST(Labels, AreNotTooManyNorTooLarge) {
  Labels many;
  for (std::size_t i = 0; i < kMaxLabels; ++i) many.emplace(fmt::format("k{}", i), "");
  EXPECT_TRUE(checked_labels(many));
  many.emplace("further", "");
  EXPECT_EQ(checked_labels(many).error().message, "65 labels; the most is 64");
  Labels large;
  for (const char* key : {"1", "2", "3", "4"}) large[key] = std::string(kMaxLabelsBytes / 4 - 1, 'v');
  EXPECT_TRUE(checked_labels(large));
  large["4"] += 'v';
  EXPECT_EQ(checked_labels(large).error().message, "the labels have 65537 bytes together; the most is 65536");
}

TEST(Labels, AreEachAVariableOfItsOwn) {
  EXPECT_TRUE(checked_labels({{"a-b", ""}, {"ab", ""}, {"a_b2", ""}, {"a-c", ""}}));
  for (const char* other : {"a_b", "a.b", "A-B", "A_b"})
    EXPECT_EQ(checked_labels({{"a-b", "1"}, {other, "1"}}).error().code, base::Errc::invalid) << other;
  EXPECT_EQ(checked_labels({{"a-b", "1"}, {"a_b", "1"}}).error().message,
            "labels 'a-b' and 'a_b' are one variable to programs, PROBE_ATTR_A_B; rename one");
}

TEST(Profile, KeysAreOrderedByProviderThenNameByteByByte) {
  EXPECT_LT((ProfileKey{"A", "z"}), (ProfileKey{"B", "a"}));
  EXPECT_LT((ProfileKey{"A", "a"}), (ProfileKey{"A", "b"}));
  EXPECT_LT((ProfileKey{"A", "Z"}), (ProfileKey{"A", "a"})) << "not by alphabet";
  EXPECT_LT((ProfileKey{"A", "c10"}), (ProfileKey{"A", "c5"})) << "not by number";
  EXPECT_LT((ProfileKey{"A", "z"}), (ProfileKey{"A", "é"})) << "bytes have no sign";
}

TEST(Version, ReadsBackWhatItWrites) {
  for (const auto& version : {Version{"ab12", 0}, Version{"e", 9'223'372'036'854'775'807}, Version{"with-dash", 7}})
    EXPECT_EQ(parse_version(to_string(version)), version) << to_string(version);
  EXPECT_EQ(to_string(Version{"ab12", 34}), "ab12-34");
}

TEST(Version, RefusesEverythingElse) {
  for (const auto* text : {"", "-", "5", "e", "e-", "-5", "e-x", "e-5x", "e- 5", "e-9223372036854775808", "e-+5"})
    EXPECT_EQ(parse_version(text), std::nullopt) << text;
}

TEST(Change, HasTheLargestRevisionInIt) {
  const auto row = [](Revision revision) {
    Row out;
    out.revision = revision;
    return std::make_shared<const Row>(out);
  };
  EXPECT_EQ(Change{}.revision(), 0);
  EXPECT_TRUE(Change{}.empty());
  EXPECT_EQ((Change{.rows = {row(3), row(5), row(4)}, .removed = {}}.revision()), 5);
  EXPECT_EQ((Change{.rows = {row(3)}, .removed = {{.id = 1, .revision = 6}, {.id = 2, .revision = 2}}}.revision()), 6);
  EXPECT_FALSE((Change{.rows = {}, .removed = {{.id = 1, .revision = 6}}}.empty()));
}

}  // namespace
}  // namespace core
