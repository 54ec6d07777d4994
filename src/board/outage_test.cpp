#include "board/outage.hpp"

#include <gtest/gtest.h>

namespace board {
namespace {

TEST(Outage, SidesReadBack) {
  EXPECT_EQ(to_string(Side::hardware), "hardware");
  EXPECT_EQ(to_string(Side::database), "database");
  for (const Side side : {Side::hardware, Side::database}) EXPECT_EQ(parse_side(to_string(side)), side);
  EXPECT_FALSE(parse_side("portal"));
  EXPECT_FALSE(parse_side(""));
}

TEST(Outage, SaysWhoDoesNotReachWhom) {
  EXPECT_EQ(sentence(Side::hardware), "the portal cannot reach the hardware service");
  EXPECT_EQ(sentence(Side::database), "the hardware service cannot read its database");
}

}  // namespace
}  // namespace board
