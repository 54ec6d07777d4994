// Answers of sources in XML.
#include "probe/xml.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace probe {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string json_of(std::string_view text) {
  const auto value = parse_xml(text);
  return value ? serialize(*value) : value.error();
}

TEST(ParseXml, HasThePathsOfJson) {
  EXPECT_EQ(json_of("<a>x</a>"), R"({"a":"x"})");
  EXPECT_EQ(json_of("<a><b>1</b><c/></a>"), R"({"a":{"b":"1","c":null}})");
  EXPECT_EQ(json_of("<a><b>1</b><b>2</b><b>3</b></a>"), R"({"a":{"b":["1","2","3"]}})");
  EXPECT_EQ(json_of("<a><b>1</b><c/><b><d>2</d></b></a>"), R"({"a":{"b":["1",{"d":"2"}],"c":null}})");
  EXPECT_EQ(json_of(R"(<a x="1" y="&lt;"/>)"), R"({"a":{"@x":"1","@y":"<"}})");
  EXPECT_EQ(json_of(R"(<a x="1"> text </a>)"), R"({"a":{"@x":"1","#text":"text"}})");
  EXPECT_EQ(json_of("<a>\n  <b> two\n words </b>\n</a>"), R"({"a":{"b":"two\n words"}})");
  EXPECT_EQ(json_of("<a>text<b>1</b>more</a>"), R"({"a":{"b":"1"}})");
  EXPECT_EQ(json_of("<a><![CDATA[<b>]]></a>"), R"({"a":"<b>"})");
  EXPECT_EQ(json_of("<ns:a xmlns:ns='u'><ns:b>1</ns:b></ns:a>"), R"({"ns:a":{"@xmlns:ns":"u","ns:b":"1"}})");
  EXPECT_EQ(json_of("\xEF\xBB\xBF<?xml version='1.0'?><!-- c --><a>1</a><!-- d -->"), R"({"a":"1"})");
}

TEST(ParseXml, RefusesWhatIsNotXml) {
  for (const char* bad : {"", " ", "{}", "<a>", "<a></b>", "<a x=1/>", "text", "<!-- c -->", "<a b='1' <c/>"})
    EXPECT_THAT(json_of(bad), StartsWith("is not XML (")) << bad;
}

TEST(ParseXml, IsInAnEncodingThatIsKnown) {
  EXPECT_EQ(json_of("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xFC</a>"), "{\"a\":\"\u00FC\"}");
  for (const char* bad :
       {"<?xml version='1.0' encoding='windows-1252'?><a x='\xFC'/>", "<a>\xFF\xFE</a>", "<a><b\xFC>x</b\xFC></a>"})
    EXPECT_THAT(json_of(bad), StartsWith("is XML with text that is not UTF-8")) << bad;
}

TEST(ParseXml, DefinesAndLoadsNothing) {
  constexpr std::string_view kBomb =
      R"(<!DOCTYPE a [<!ENTITY b "x"><!ENTITY f SYSTEM "file:///etc/passwd">]><a>&b;&f;</a>)";
  EXPECT_EQ(json_of(kBomb), R"({"a":"&b;&f;"})");
}

TEST(ParseXml, HasLimits) {
  const auto nested = [](int levels) {
    std::string text;
    for (int i = 0; i < levels; ++i) text += "<a>";
    for (int i = 0; i < levels; ++i) text += "</a>";
    return text;
  };
  EXPECT_EQ(json_of(nested(64)).find("is XML"), std::string::npos);
  EXPECT_EQ(json_of(nested(65)), "is XML of more than 64 levels");
  EXPECT_EQ(json_of(nested(100'000)), "is XML of more than 64 levels");
  std::string wide = "<a>";
  for (int i = 0; i < 500'001; ++i) wide += "<b/>";
  EXPECT_EQ(json_of(wide + "</a>"), "is XML of more than 250000 tags and attributes");
}

}  // namespace
}  // namespace probe
