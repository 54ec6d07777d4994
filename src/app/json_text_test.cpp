#include "app/json_text.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace app {
namespace {

TEST(JsonText, IsWhatItWasReadFrom) {
  for (const char* text :
       {R"([])", R"({})", R"([1,-2,"a\"b\\c",true,false,null])", R"({"a":{"b":[{"c":1.64}]},"d":0.1})",
        R"({"price":1.64,"free":12345678901,"score":-0.25})", R"("é")", "18446744073709551615"})
    EXPECT_EQ(to_json(boost::json::parse(text)), text);
}

TEST(JsonText, NumbersHaveNoNoise) {
  EXPECT_EQ(to_json(boost::json::value(0.1 + 0.2)), "0.3");
  EXPECT_EQ(to_json(boost::json::value(1.6400000000000001)), "1.64");
  EXPECT_EQ(to_json(boost::json::value(3.0)), "3");
}

}  // namespace
}  // namespace app
