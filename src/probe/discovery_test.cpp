// Profiles that an answer lists.
#include "probe/discovery.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probe/json.hpp"

namespace probe {
namespace {

using testing::ElementsAre;
using Names = std::vector<std::string>;

Names names(std::string_view answer, const config::Discover& discover, const std::string& of = "*") {
  const auto keys = listed_profiles(parse_json(answer).value(), discover, {.provider = "p", .name = of});
  if (!keys) return {"failed: " + keys.error()};
  Names names;
  for (const core::ProfileKey& key : *keys) {
    EXPECT_EQ(key.provider, "p");
    names.push_back(key.name);
  }
  return names;
}

TEST(ListedProfiles, AreKeysOfAnObject) {
  constexpr std::string_view kAnswer = R"({"data":{"b":{},"a":{"x":1},"c":null}})";
  EXPECT_THAT(names(kAnswer, {.list = "/data", .name = "{key}"}), ElementsAre("a", "b", "c"));
  EXPECT_THAT(names(kAnswer, {.list = "/data", .name = "{key}"}, "x*"), ElementsAre()) << "none that match covers";
  EXPECT_THAT(names(kAnswer, {.list = "/data", .name = "{key}"}, "a*"), ElementsAre("a"));
}

TEST(ListedProfiles, AreElementsOfAList) {
  constexpr std::string_view kAnswer =
      R"({"t":[{"id":"x","n":8,"gpu":true},{"id":"y","n":1,"gpu":false},{"id":"x","n":8,"gpu":true},{"n":1},7]})";
  EXPECT_THAT(names(kAnswer, {.list = "/t", .name = "{/id}"}), ElementsAre("x", "y"));
  EXPECT_THAT(names(kAnswer, {.list = "/t", .name = "{/id} x{/n}"}), ElementsAre("x x8", "y x1"));
  EXPECT_THAT(names(kAnswer, {.list = "/t[gpu=true]", .name = "{/id}"}), ElementsAre("x"));
  EXPECT_THAT(names(R"(["a","b"])", {.name = "{}"}), ElementsAre("a", "b"));
  EXPECT_THAT(names(kAnswer, {.list = "/t", .name = "{/nme}"}),
              ElementsAre("failed: lists 5 at /t, none with a name by {/nme}; all profiles stay"));
}

TEST(ListedProfiles, AreOneElementWhereAListOfOneIsNone) {
  const auto name = [](std::string_view answer, bool untyped) {
    const auto keys = listed_profiles(parse_json(answer).value(), {.list = "/t", .name = "{/id}"},
                                      {.provider = "p", .name = "*"}, {.untyped = untyped});
    return keys ? keys->at(0).name : "failed: " + keys.error();
  };
  EXPECT_EQ(name(R"({"t":{"id":"x"}})", true), "x");
  EXPECT_EQ(name(R"({"t":{"a":{"id":"x"}}})", true), "x") << "its members";
  EXPECT_EQ(name(R"({"t":{"id":"x"}})", false), "failed: lists nothing at /t; all profiles stay");
}

TEST(ListedProfiles, LeaveOutWhatIsNoName) {
  EXPECT_THAT(names(R"({"a":{},"":{}," b":{},"\u202ec":{},"-d":{}})", {.name = "{key}"}), ElementsAre("a"));
}

TEST(ListedProfiles, AMemberIsAnObjectOrWhatAPathReads) {
  config::HttpOptions options{.discover = {.list = "/data", .name = "{key}"}};
  const auto listed = [&](std::string_view answer, bool untyped) {
    const auto keys = listed_profiles(parse_json(answer).value(), options.discover, {.provider = "p", .name = "*"},
                                      {.untyped = untyped, .plain_members = reads_plain_members(options)});
    std::string text = keys ? "" : "failed";
    for (const core::ProfileKey& key : keys.value_or(std::vector<core::ProfileKey>{})) text += key.name + ' ';
    return text;
  };
  EXPECT_EQ(listed(R"({"data":{"error":"denied","code":401}})", false), "failed");
  EXPECT_EQ(listed(R"({"data":{"count":1,"a":{},"b":[]}})", false), "a b ");
  EXPECT_EQ(listed(R"({"data":{"@xmlns":"u","#text":"x"}})", true), "failed") << "an empty list of XML";
  options.rules.pointers.level = "/data/{name}";
  EXPECT_EQ(listed(R"({"data":{"a":"LOW","@b":"HIGH"}})", false), "@b a ");
  EXPECT_EQ(listed(R"({"data":{"a":"LOW","@b":"HIGH"}})", true), "a ");
  options.rules.find = "/data/{name}";
  EXPECT_EQ(listed(R"({"data":{"a":"LOW"}})", false), "failed") << "find leads into it";
}

TEST(ListedProfiles, AnAnswerOfAnotherShapeIsNoList) {
  for (const char* other : {"{}", "[]", "null", "7", R"({"data":[]})", R"({"data":{}})", R"({"data":null})",
                            R"({"data":"x"})", R"({"data":{"":1}})", R"({"error":"busy"})"})
    EXPECT_THAT(names(other, {.list = "/data", .name = "{key}"}),
                ElementsAre("failed: lists nothing at /data; all profiles stay"))
        << other;
}

}  // namespace
}  // namespace probe
