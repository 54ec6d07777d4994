#include "base/boxed.hpp"

#include <gtest/gtest.h>

#include <string>

namespace base {
namespace {

TEST(Boxed, IsCopiedAndComparedByValue) {
  Boxed<std::string> one(std::string("a"));
  const Boxed<std::string> copy = one;
  EXPECT_EQ(copy, one);
  *one += 'b';
  EXPECT_EQ(*copy, "a");
  EXPECT_FALSE(copy == one);
  EXPECT_FALSE(copy == Boxed<std::string>());
  EXPECT_EQ(Boxed<std::string>(), Boxed<std::string>());
  one = copy;
  EXPECT_EQ(one->size(), 1U);
  one.reset();
  EXPECT_FALSE(one.has_value());
}

}  // namespace
}  // namespace base
