#include "http/query.hpp"

#include <gtest/gtest.h>

namespace http {
namespace {

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

}  // namespace
}  // namespace http
