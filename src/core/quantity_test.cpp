#include "core/quantity.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace core {
namespace {

TEST(Quantity, IsAnOptionalNumber) {
  Quantity none, two(2);
  EXPECT_FALSE(none);
  EXPECT_EQ(none.value_or(7), 7);
  EXPECT_EQ(*two, 2);
  EXPECT_EQ(two.value_or(7), 2);
  EXPECT_EQ(std::optional<double>(two), 2.0);
  EXPECT_EQ(std::optional<double>(none), std::nullopt);
  EXPECT_EQ(Quantity(std::nullopt), none);
  EXPECT_FALSE(two == none);
  two.reset();
  EXPECT_EQ(two, none);
}

TEST(Quantity, ANumberThatMakesNoSenseIsNotAMissingOne) {
  for (const double nan :
       {std::numeric_limits<double>::quiet_NaN(), -std::numeric_limits<double>::quiet_NaN(), std::nan("1")})
    EXPECT_TRUE(Quantity(nan));
}

}  // namespace
}  // namespace core
