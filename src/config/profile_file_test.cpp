#include "config/profile_file.hpp"

#include <gmock/gmock.h>

#include "base/error.hpp"

namespace config {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string text_of(const std::vector<ProfileEntry>& entries) {
  std::string text;
  for (const ProfileEntry& entry : entries) {
    text += fmt::format("{}/{}", entry.provider, entry.name);
    if (entry.labels)
      for (const auto& [key, value] : *entry.labels) text += fmt::format(" {}={}", key, value);
    text += entry.labels ? ";" : "!";
  }
  return text;
}

std::string read(const std::string& text, bool csv = false) {
  return text_of(read_profiles(text, "f", csv));
}

std::string refused(const std::string& text, bool csv = false) {
  try {
    read_profiles(text, "f", csv);
  } catch (const base::UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(ProfileFile, IsYamlOrJsonWithOrWithoutItsKey) {
  const char* expected = "a/b!c/d k=1;";
  EXPECT_EQ(read("# which\nprofiles:\n  - a/b\n  - {provider: c, name: d, labels: {k: 1}}\n"), expected);
  EXPECT_EQ(read("---\n- a/b\n- provider: c\n  name: d\n  labels:\n    k: \"1\"\n"), expected);
  EXPECT_EQ(read(R"({"profiles":["a/b",{"provider":"c","name":"d","labels":{"k":"1"}}]})"), expected);
  EXPECT_EQ(read("profiles: []\n"), "");
}

TEST(ProfileFile, IsCsvWithAColumnForEachLabel) {
  EXPECT_EQ(read("name,provider\r\nb,a\r\n\r\n", true), "a/b!");
  EXPECT_EQ(read("provider,name,zone,k\na,\"b, \"\"c\"\"\",eu,\nd,e,,1", true), "a/b, \"c\" zone=eu;d/e k=1;");
}

TEST(ProfileFile, CsvMayBeASpreadsheets) {
  EXPECT_EQ(read("\xef\xbb\xbfProvider;Name;label.zone\r\na;\"b; c\";eu,1\r\n", true), "a/b; c zone=eu,1;");
  EXPECT_EQ(read("provider\tname\tzone\r\na\tb\teu\r\n", true), "a/b zone=eu;");
  EXPECT_EQ(read(" provider , NAME ,zone\na,b,eu\n", true), "a/b zone=eu;");
  EXPECT_THAT(refused("provider;name;k;label.k\na;b;1;2\n", true), HasSubstr("f:1: there are two columns 'k'"));
}

TEST(ProfileFile, MistakesSayWhere) {
  EXPECT_THAT(refused("profiles:\n  - a/b\n  - x\n"), AllOf(HasSubstr("f:3"), HasSubstr("'x' is not a profile")));
  EXPECT_THAT(refused("profiles:\n  - {provider: a, name: b, lables: {}}\n"), HasSubstr("labels"));
  EXPECT_THAT(refused("- a/b\n- a/b\n"), HasSubstr("'a/b': is there twice"));
  EXPECT_THAT(refused("- a/\n"), HasSubstr("'a/'"));
  EXPECT_THAT(refused("- {provider: a, name: b, labels: {'k k': x}}\n"), HasSubstr("'a/b'"));
  EXPECT_THAT(refused("provider\na\n", true), HasSubstr("no column 'name'"));
  EXPECT_THAT(refused("provider,name\na,b,c\n", true), HasSubstr("f:2: has 3 columns"));
  EXPECT_THAT(refused("provider,name\n\"a,b\n", true), HasSubstr("f:2: a quote does not end"));
  EXPECT_THAT(refused("", true), HasSubstr("holds no profiles"));
}

}  // namespace
}  // namespace config
