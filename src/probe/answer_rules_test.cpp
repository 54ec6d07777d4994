// What the rules of the configuration make of answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "probe/json.hpp"
#include "probe/json_answer.hpp"
#include "probe/xml.hpp"

namespace probe {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using M = core::Measurement;
using core::Level;

/// The level and the numbers, or the error.
std::string summary(const Result& result) {
  if (!result) return result.error();
  std::string text(core::to_string(result->level));
  for (const core::Number& number : core::kNumbers)
    if (const auto value = (*result).*number.value) text += fmt::format(" {} {}", number.name, *value);
  return text;
}

class RulesTest : public testing::Test {
 protected:
  std::string read(std::string_view text) {
    const auto value = xml_ ? parse_xml(text) : parse_json(text);
    if (!value) return value.error();
    notes_.clear();
    return summary(read_part(*value, {.rules = rules_, .untyped = xml_, .profile = &profile_, .notes = &notes_}, {}));
  }

  config::Rules rules_;
  core::Profile profile_{1, {"p", "a/b [8]"}, {{"region", "eu-1"}}};
  bool xml_ = false;
  std::string notes_;
};

TEST_F(RulesTest, PathsHaveThePartsOfTheProfile) {
  rules_.pointers.numbers[&M::free] = "/{provider}/{name}/{label.region}";
  EXPECT_EQ(read(R"({"p":{"a/b [8]":{"eu-1":3}}})"), "MEDIUM free 3");
  EXPECT_EQ(notes_, "/p/a~1b [8]/eu-1 is 3\n");
  EXPECT_THAT(read(R"({"p":{"a":{"b":{"eu-1":3}}}})"), HasSubstr("has none of /level, /{provider}/{name}/"));
  rules_.pointers.numbers[&M::free] = "/{label.none}x/{other}";
  EXPECT_EQ(read(R"({"x":{"{other}":1}})"), "MEDIUM free 1");
}

TEST_F(RulesTest, ASearchThatCannotFindAnythingIsAFailure) {
  rules_.missing = Level::low;
  rules_.find = "/types[id={name}][at/region={label.region}]";
  EXPECT_EQ(read(R"({"types":[{"id":"c","at":{"region":"eu-1"}},{"id":"d"}]})"), "LOW");
  EXPECT_EQ(read(R"({"types":[]})"), "LOW");
  EXPECT_THAT(read(R"({"types":[{"name":"c","at":{"region":"eu-1"}}]})"),
              HasSubstr("has no /types[id=a/b [8]][at/region=eu-1]: no element of the list has /id"));
  EXPECT_THAT(read(R"({"types":[{"id":"a/b [8]","at":"eu-1"}]})"), HasSubstr("no element of the list has /at/region"));
  rules_.find = "/types[id={name}][zone={label.zone}]";
  EXPECT_THAT(read(R"({"types":[{"id":"c","zone":"z"}]})"), HasSubstr("the profile lacks the label 'zone'"));
}

TEST_F(RulesTest, AWordOfMapIsTheReasonWhereTheSourceHasNone) {
  rules_.map = {{"scarce", Level::medium}, {"null", Level::low}};
  rules_.pointers.level = "/stock[zone={label.region}]/word";
  const auto reason = [&](std::string_view text) {
    const auto value = parse_json(text);
    return read_part(*value, {.rules = rules_, .profile = &profile_}, {}).value().reason;
  };
  EXPECT_EQ(reason(R"({"stock":[{"zone":"eu-1","word":"scarce"}]})"), "/stock[zone=eu-1]/word is \"scarce\"");
  EXPECT_EQ(reason(R"({"stock":[{"zone":"eu-1","word":null}]})"), "/stock[zone=eu-1]/word is null");
  EXPECT_EQ(reason(R"({"stock":[{"zone":"eu-1","word":"scarce"}],"reason":"few"})"), "few");
}

TEST_F(RulesTest, APriceAloneIsNoAnswer) {
  EXPECT_THAT(read(R"({"price":1,"total":8})"), HasSubstr("has none of /level, /free, /score"));
}

TEST_F(RulesTest, FindsAnElement) {
  rules_.find = "/types[id={name}][at/region={label.region}]";
  constexpr std::string_view kAnswer = R"({"types":[{"id":"a/b [8]","at":{"region":"us-1"},"free":1},
      {"id":"a/b [8]","at":{"region":"eu-1"},"free":2},{"id":"c","at":{"region":"eu-1"},"free":3},7,null]})";
  EXPECT_EQ(read(kAnswer), "MEDIUM free 2");
  EXPECT_THAT(notes_, StartsWith(R"(/types[id=a/b [8]][at/region=eu-1] is {"id":"a/b [8]")"));
  rules_.find = "/types[id={name}]";
  EXPECT_EQ(read(kAnswer),
            "in the answer, /types[id=a/b [8]] finds several elements; add a condition such as [zone=a]");
}

TEST_F(RulesTest, AConditionIsAboutAnyKindOfValue) {
  constexpr std::string_view kAnswer =
      R"([{"n":8,"free":1},{"n":"8.5","free":2},{"n":8.25,"free":3},{"n":true,"free":4},{"n":null,"free":5}])";
  for (const auto& [value, free] : {std::pair("8", 1), {"8.5", 2}, {"8.25", 3}, {"true", 4}, {"null", 5}}) {
    rules_.find = fmt::format("[n={}]", value);
    EXPECT_EQ(read(kAnswer), fmt::format("MEDIUM free {}", free)) << value;
  }
}

TEST_F(RulesTest, WhatIsNotFoundHasFailedOrItsOwnLevel) {
  rules_.find = "/stocks[region={label.region}]/models[model={name}]";
  constexpr std::string_view kOther = R"({"stocks":[{"region":"eu-1","models":[{"model":"c"}]}]})";
  constexpr std::string_view kWrong[] = {R"({"stocks":[]})",
                                         R"({"stocks":[{"region":"eu-1"}]})",
                                         "{}",
                                         "[]",
                                         "7",
                                         R"({"stocks":[{"region":"eu-1","models":{"error":"down"}}]})"};
  EXPECT_EQ(read(kOther), "the answer has no /stocks[region=eu-1]/models[model=a/b [8]]");
  rules_.missing = Level::low;
  EXPECT_EQ(read(kOther), "LOW");
  EXPECT_THAT(notes_, HasSubstr("is not there, which is LOW"));
  for (const std::string_view wrong : kWrong)
    EXPECT_EQ(read(wrong), "the answer has no /stocks[region=eu-1]/models[model=a/b [8]]") << wrong;
  rules_.find = "/types/{name}";
  EXPECT_EQ(read(R"({"types":{"c":{"free":1}}})"), "LOW");
  EXPECT_EQ(read(R"({"types":{"a/b [8]":null}})"), "LOW");
  for (const char* wrong : {R"({"type":{}})", R"({"types":"down"})", R"({"types":7})"})
    EXPECT_EQ(read(wrong), "the answer has no /types/a~1b [8]") << wrong;
  rules_.find = "[model={name}]";
  EXPECT_EQ(read("[]"), "LOW");
  EXPECT_EQ(read(R"({"error":"down"})"), "the answer has no [model=a/b [8]]");
}

TEST_F(RulesTest, ANameIsNoNumberOfAnElement) {
  rules_.missing = Level::low;
  profile_.key.name = "0";
  for (const char* find : {"/types/{name}", "/types/c"}) {
    rules_.find = find;
    EXPECT_THAT(read(R"({"types":[{"free":1}]})"), StartsWith("the answer has no /types/")) << "it is a list";
    EXPECT_THAT(read(R"({"types":[]})"), StartsWith("the answer has no /types/"));
    EXPECT_EQ(read(R"({"types":{}})"), "LOW");
  }
  rules_.find = "/types/0";
  EXPECT_EQ(read(R"({"types":[{"free":1}]})"), "MEDIUM free 1");
  EXPECT_EQ(read(R"({"types":[]})"), "LOW");
}

TEST_F(RulesTest, ANameMayBeAnotherKeyInOtherLetters) {
  profile_.key.name = "a";
  rules_.pointers.numbers[&M::free] = "/x/{name}";
  rules_.pointers.numbers[&M::total] = "/x/A";
  EXPECT_EQ(read(R"({"x":{"a":1,"A":2}})"), "HIGH free 1 total 2");
}

TEST_F(RulesTest, AConditionMayBeAboutAPartOfTheProfileOrTheElementItself) {
  rules_.find = "/types[{label.region}=on]";
  EXPECT_EQ(read(R"({"types":[{"us-1":"on","free":1},{"eu-1":"on","free":2}]})"), "MEDIUM free 2");
  rules_.find = "";
  rules_.count = "/names[={name}]";
  EXPECT_EQ(read(R"({"names":["c","a/b [8]",7,{"":"a/b [8]"}]})"), "MEDIUM free 1");
  EXPECT_EQ(notes_, "the count of /names[=a/b [8]] is 1\n");
  xml_ = true;
  rules_.count = "/r/name[={name}]";
  EXPECT_EQ(read("<r><name>a/b [8]</name></r>"), "MEDIUM free 1");
  EXPECT_EQ(read("<r><name>c</name></r>"), "LOW free 0");
}

TEST_F(RulesTest, CountsAList) {
  rules_.count = "/{name}/regions";
  EXPECT_EQ(read(R"({"a/b [8]":{"regions":[{},{},{}]}})"), "MEDIUM free 3");
  EXPECT_EQ(notes_, "the count of /a~1b [8]/regions is 3\n");
  EXPECT_EQ(read(R"({"a/b [8]":{"regions":[]}})"), "LOW free 0");
  EXPECT_EQ(read(R"({"a/b [8]":{"regions":null}})"), "LOW free 0");
  EXPECT_EQ(read(R"({"a/b [8]":null})"), "the answer has no list at /{name}/regions");
  EXPECT_EQ(read(R"({"a/b [8]":{"regions":{}}})"), "in the answer, /{name}/regions is {}; it must be a list to count");
  EXPECT_EQ(read(R"({"a/b [8]":{}})"), "the answer has no list at /{name}/regions");
  rules_.count = "/n[free=true]";
  EXPECT_EQ(read(R"({"n":[{"free":true},{"free":false},{"free":true},{}],"total":4})"), "HIGH free 2 total 4");
  EXPECT_EQ(read(R"({"n":[],"total":4})"), "LOW free 0 total 4");
  EXPECT_EQ(read(R"({"total":4})"), "the answer has no list at /n[free=true]");
}

TEST_F(RulesTest, MapsWords) {
  rules_.map = {{"available", Level::high}, {"Scarce", Level::medium}, {"true", Level::high}, {"0", Level::low}};
  EXPECT_EQ(read(R"({"level":"AVAILABLE"})"), "HIGH");
  EXPECT_EQ(notes_, "/level is \"AVAILABLE\", which map makes HIGH\n");
  EXPECT_EQ(read(R"({"level":"scarce"})"), "MEDIUM");
  EXPECT_EQ(read(R"({"level":true})"), "HIGH");
  EXPECT_EQ(read(R"({"level":0})"), "LOW");
  EXPECT_EQ(read(R"({"level":"low"})"), "LOW") << "our own words stay";
  EXPECT_EQ(notes_, "") << "no rule was used";
  EXPECT_EQ(read(R"({"level":"soldout"})"),
            R"(in the answer, /level is "soldout"; it must be HIGH, MEDIUM, LOW, UNKNOWN or a word of map)");
  EXPECT_THAT(read(R"({"level":false})"), StartsWith("in the answer, /level is false; it must be"));
  EXPECT_THAT(read(R"({"level":{}})"), StartsWith("in the answer, /level is {}; it must be"));
}

TEST_F(RulesTest, MapsNull) {
  rules_.map = {{"null", Level::low}};
  rules_.pointers.level = "/offers[region={label.region}]/stock";
  EXPECT_EQ(read(R"({"offers":[{"region":"eu-1","stock":"High"}]})"), "HIGH");
  EXPECT_EQ(read(R"({"offers":[{"region":"eu-1","stock":null}]})"), "LOW");
  EXPECT_EQ(read(R"({"offers":[{"region":"us-1","stock":"High"}]})"), "LOW") << "the search finds nothing";
  EXPECT_EQ(read(R"({"offers":null})"), "LOW");
  EXPECT_THAT(read(R"({"offers":"none"})"), StartsWith("the answer has none of")) << "it is no list";
  EXPECT_THAT(read("{}"), StartsWith("the answer has none of /offers[region={label.region}]/stock, /free"));
  EXPECT_THAT(read(R"({"offers":[{"region":"eu-1"}]})"), StartsWith("the answer has none of"));
}

TEST_F(RulesTest, AnErrorIsNoNull) {
  rules_.map = {{"ok", Level::high}, {"null", Level::low}};
  rules_.pointers.level = "[n={name}]/s";
  EXPECT_EQ(read("[]"), "LOW");
  EXPECT_THAT(read(R"({"error":"unauthorised"})"), StartsWith("the answer has none of")) << "it is no list";
  rules_.pointers.level = "/s[region={label.region}]/t[n={name}]/x";
  EXPECT_EQ(read(R"({"s":[{"region":"eu-1","t":[]}]})"), "LOW");
  EXPECT_THAT(read(R"({"s":[]})"), StartsWith("the answer has none of")) << "an earlier search finds nothing";
  EXPECT_THAT(read(R"({"s":{"error":1}})"), StartsWith("the answer has none of"));
  EXPECT_THAT(read(R"({"s":[{"region":"eu-1","t":{"error":1}}]})"), StartsWith("the answer has none of"));
}

TEST_F(RulesTest, ScalesNumbers) {
  rules_.scale.numbers[&M::price] = 0.01;
  rules_.scale.numbers[&M::free] = 8;
  EXPECT_EQ(read(R"({"price":249,"free":2})"), "MEDIUM free 16 price 2.49");
  EXPECT_THAT(notes_, HasSubstr("/price is 249, times 0.01 is 2.49\n"));
}

TEST_F(RulesTest, ReadsXml) {
  xml_ = true;
  rules_.find = "/r/item[@id={name}]";
  EXPECT_EQ(read("<r><item id='c'/><item id='a/b [8]'><free>3</free><total>4</total></item></r>"),
            "HIGH free 3 total 4");
  EXPECT_EQ(read("<r><item id='a/b [8]'><free>3</free></item></r>"), "MEDIUM free 3") << "one is a list, too";
  EXPECT_EQ(read("<r><item id='a/b [8]'><free>3x</free></item></r>"),
            "in the answer, /free is \"3x\"; it must be a number");
  EXPECT_THAT(read("<r><item id='a/b [8]'><free>inf</free></item></r>"), HasSubstr("must be a number"));
  EXPECT_THAT(read("<r><item id='a/b [8]'><free>9007199254740993</free></item></r>"), HasSubstr("which is no count"));
  rules_.find = "";
  rules_.count = "/r/item";
  EXPECT_EQ(read("<r><item/><item/></r>"), "MEDIUM free 2");
  EXPECT_EQ(read("<r><item/></r>"), "MEDIUM free 1");
  EXPECT_EQ(read("<r/>"), "LOW free 0");
  EXPECT_EQ(read("<r>busy</r>"), "the answer has no list at /r/item");
  EXPECT_EQ(read("<r><item>x</item></r>"), "MEDIUM free 1");
  EXPECT_EQ(read("<r><other/></r>"), "LOW free 0");
  EXPECT_EQ(read("<error>busy</error>"), "the answer has no list at /r/item");
}

TEST_F(RulesTest, NoElementOfXmlIsAnEmptyList) {
  xml_ = true;
  rules_.find = "/list/item[@n={name}]";
  rules_.missing = Level::low;
  for (const char* empty :
       {"<list/>", "<list xmlns='u'/>", "<list><page>1</page></list>", "<list><item n='c'/></list>"})
    EXPECT_EQ(read(empty), "LOW") << empty;
  for (const char* other : {"<error/>", "<list>busy</list>", "<list><item>busy</item></list>"})
    EXPECT_THAT(read(other), StartsWith("the answer has no /list/item[@n=")) << other;
  rules_ = {.map = {{"ok", Level::high}, {"null", Level::low}}};
  rules_.pointers.level = "/list/item[@n={name}]/s";
  EXPECT_EQ(read("<list><item n='c'/></list>"), "LOW");
  for (const char* other : {"<list/>", "<list><error/></list>", "<error/>"})
    EXPECT_THAT(read(other), StartsWith("the answer has none of")) << other << ": only find has a level for that";
}

TEST_F(RulesTest, RepeatsNoSecret) {
  Source source{.rules = {.find = "/a"}, .profile = &profile_, .notes = &notes_};
  source.secrets.add("hunter22");
  EXPECT_TRUE(read_part(parse_json(R"({"a":{"level":"LOW","x":"hunter22"}})").value(), source, {}));
  EXPECT_EQ(notes_, "/a is {\"level\":\"LOW\",\"x\":\"…\"}\n");
}

}  // namespace
}  // namespace probe
