#include "core/sets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace core {
namespace {

using testing::HasSubstr;

std::string error(const Sets& sets, std::string_view name) {
  const auto found = set_named(sets, name);
  return found ? "" : found.error().message;
}

TEST(Sets, ANameNeedsNoEscapeAnywhere) {
  for (const char* good : {"cfd-large", "a", "7", "A.b_c-9"}) EXPECT_TRUE(checked_set_name(good)) << good;
  EXPECT_TRUE(checked_set_name(std::string(64, 'x')));
  for (const std::string bad : {"", ".", "..", ".hidden", "-x", "_x", "a/b", "a b", "ü", "a\n", "a%20", "*"})
    EXPECT_FALSE(checked_set_name(bad)) << bad;
  EXPECT_THAT(checked_set_name(std::string(65, 'x')).error().message, HasSubstr("1 to 64 of A-Z"));
  EXPECT_EQ(checked_set_name("a\x1b[2J").error().message.find('\x1b'), std::string::npos);
}

TEST(Sets, AreFoundByName) {
  const Sets sets{{"cfd", {"a/b"}}, {"ml", {"c/d"}}};
  EXPECT_EQ(find_set(sets, "ml"), &sets[1]);
  EXPECT_EQ(find_set(sets, "m"), nullptr);
  EXPECT_EQ(find_set({}, "ml"), nullptr);
  EXPECT_EQ(set_named(sets, "cfd").value(), sets.data());
}

TEST(Sets, AMissingOneNamesOthers) {
  const Sets sets{{"cfd", {}}, {"ml", {}}};
  EXPECT_EQ(set_named(sets, "x").error().code, base::Errc::not_found);
  EXPECT_EQ(error(sets, "cdf"), "there is no set 'cdf'; did you mean 'cfd'?");
  EXPECT_EQ(error(sets, "something"), "there is no set 'something'; there are cfd, ml");
  EXPECT_EQ(error({{"cfd", {}}}, "something"), "there is no set 'something'; there is cfd");
  EXPECT_EQ(error({}, "x"), "there is no set 'x'; no sets are configured");
  EXPECT_THAT(error(sets, std::string(16'000, 'x')), HasSubstr("can name no set"));
  Sets many;
  for (int i = 10; i < 40; ++i) many.push_back({std::string(20, 'a') + std::to_string(i), {}});
  EXPECT_THAT(error(many, "x"), testing::EndsWith("aa18, aaaaaaaaaaaaaaaaaaaa19 and 20 more"));
}

}  // namespace
}  // namespace core
