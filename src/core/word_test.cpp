#include "core/word.hpp"

#include <gtest/gtest.h>

namespace core {
namespace {

TEST(Word, KeepsEachTextOnce) {
  const Word one("GPUs"), other(std::string("GPUs")), different("CPUs");
  EXPECT_EQ(&one.text(), &other.text());
  EXPECT_EQ(one, other);
  EXPECT_FALSE(one == different);
  EXPECT_TRUE(one == "GPUs");
  EXPECT_EQ(one.text(), "GPUs");
}

TEST(Word, IsEmptyAtFirst) {
  EXPECT_TRUE(Word().empty());
  EXPECT_EQ(Word(), Word(""));
  EXPECT_FALSE(Word("a").empty());
}

}  // namespace
}  // namespace core
