#include "http/url.hpp"

#include <gtest/gtest.h>

namespace http {
namespace {

TEST(PercentDecode, DecodesAndRefuses) {
  EXPECT_EQ(percent_decode("a%20b%2Fc%e2%82%ac"), "a b/c€");
  EXPECT_EQ(percent_decode("a+b"), "a+b");
  EXPECT_EQ(percent_decode("a+b", true), "a b");
  for (const char* bad : {"%", "%2", "%zz", "%00", "abc%"}) EXPECT_FALSE(percent_decode(bad)) << bad;
}

TEST(PercentEncode, IsUndoneByDecode) {
  const std::string odd = "a/b?c&d=e f%+~\"<>€";
  const std::string encoded = percent_encode(odd);
  EXPECT_EQ(encoded.find_first_of("/?&= +\"<>"), std::string::npos);
  EXPECT_EQ(percent_decode(encoded, true), odd);
}

TEST(QueryParse, PairsInAnyForm) {
  const auto query = Query::parse("a=1&&b&a=2&c=x%26y&d=");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->get("a"), "2") << "the last wins";
  EXPECT_EQ(query->all("a"), (std::vector<std::string_view>{"1", "2"}));
  EXPECT_EQ(query->get("b"), "");
  EXPECT_EQ(query->get("c"), "x&y");
  EXPECT_EQ(query->get("d"), "");
  EXPECT_FALSE(query->get("e"));
  EXPECT_FALSE(Query::parse("a=%zz"));
}

TEST(QueryNumber, InRangeOrAnErrorThatSaysTheRange) {
  const auto query = Query::parse("ok=7&big=11&sign=-1&text=x&empty=&huge=99999999999999999999");
  EXPECT_EQ(query->number("ok", 1, 1, 10), 7U);
  EXPECT_EQ(query->number("ok", 1, 7, 7), 7U) << "the least and the most are in it";
  EXPECT_FALSE(query->number("ok", 1, 8, 9) || query->number("ok", 1, 5, 6));
  EXPECT_EQ(query->number("absent", 3, 1, 10), 3U);
  for (const char* bad : {"big", "sign", "text", "empty", "huge"}) {
    const auto number = query->number(bad, 1, 1, 10);
    ASSERT_FALSE(number) << bad;
    EXPECT_NE(number.error().message.find("from 1 to 10"), std::string::npos);
  }
}

TEST(QueryOnly, NamesTheNearest) {
  const auto query = Query::parse("limti=1");
  EXPECT_TRUE(query->only({"limti"}));
  EXPECT_TRUE(query->only({"lim", "limti"}));
  EXPECT_FALSE(query->only({"lim", "li."}));
  const auto labels = Query::parse("label.a=1&x=2&label.b=3&label.a=4&label.=5&labels=6");
  EXPECT_EQ(labels->with_prefix("label."), (std::vector<std::pair<std::string_view, std::string_view>>{
                                               {"a", "1"}, {"b", "3"}, {"a", "4"}, {"", "5"}}));
  EXPECT_TRUE(labels->only({"label.", "x", "labels"}));
  EXPECT_FALSE(labels->only({"label.", "x"}));
  const auto known = query->only({"limit", "offset"});
  ASSERT_FALSE(known);
  EXPECT_NE(known.error().message.find("did you mean 'limit'"), std::string::npos);
}

TEST(ParseUrl, TakesItApart) {
  const auto url = parse_url("http://hardware:5001/prefix/");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "hardware");
  EXPECT_EQ(url->port, 5001);
  EXPECT_EQ(url->prefix, "/prefix");
  EXPECT_EQ(parse_url("http://h")->port, 80);
  EXPECT_EQ(parse_url("http://[::1]:8080")->host, "::1");
  EXPECT_EQ(parse_url("http://[::1]:8080")->authority(), "[::1]:8080");
  for (const char* bad : {"", "h:1", "https://h", "http://", "http://:1", "http://h:0", "http://h:65536", "http://h:x",
                          "http://u@h", "http://h/?q", "http://[::1"})
    EXPECT_FALSE(parse_url(bad)) << bad;
}

}  // namespace
}  // namespace http
