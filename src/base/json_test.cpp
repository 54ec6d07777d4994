#include "base/json.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace base {
namespace {

TEST(Json, IsReadAsItIsWritten) {
  const auto value = parse_json(R"({"a": [1, 0.1, null], "b": {"a": "x"}, "A": true})");
  ASSERT_TRUE(value);
  EXPECT_EQ(boost::json::serialize(*value), R"({"a":[1,1E-1,null],"b":{"a":"x"},"A":true})");
}

TEST(Json, AKeyThatIsThereTwiceIsNamed) {
  for (const auto* text :
       {R"({"name":1,"name":1})", R"({"name":1,"b":2,"n\u0061me":3})", R"([{"b":{"name":1,"name":[]}}])"}) {
    const auto value = parse_json(text);
    ASSERT_FALSE(value) << text;
    EXPECT_TRUE(value.error().repeats);
    EXPECT_EQ(value.error().message, "has the key \"name\" twice in one object");
  }
}

TEST(Json, WhatIsNoneIsToldApart) {
  for (const auto* text : {"", "{", "{} {}", "{\"a\":1,}", "\"\xFF\"", "nul"}) {
    const auto value = parse_json(text);
    ASSERT_FALSE(value) << text;
    EXPECT_FALSE(value.error().repeats);
    EXPECT_TRUE(value.error().message.starts_with("is not JSON (")) << value.error().message;
  }
}

}  // namespace
}  // namespace base
