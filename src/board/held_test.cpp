#include "board/held.hpp"

#include <gtest/gtest.h>

#include "support/rows.hpp"

namespace board {
namespace {

using namespace std::chrono_literals;
using support::kNow;

TEST(Held, ReadsBackWhatItWrote) {
  const Held held{{hash_of({"Amazon", "c5"}), {kNow - 90min, kNow + 30s}},
                  {hash_of({"Azure", "H16mr"}), {kNow - 1h, kNow - 5s}},
                  {hash_of({"Azure", "H16"}), {kNow + 2ms, kNow + 24h}}};
  EXPECT_EQ(held.size(), 3U);
  EXPECT_EQ(parse_held(to_text(held, kNow), 3), held);
  EXPECT_EQ(parse_held("", 3), Held());
  EXPECT_EQ(to_text({}, kNow), "");
}

TEST(Held, NeverMakesAHoldLonger) {
  const Held held{{1, {kNow - 1500us, kNow + 1500us}}};
  EXPECT_EQ(parse_held(to_text(held, kNow + 300us), 1), (Held{{1, {kNow - 1ms, kNow + 1ms}}}));
}

TEST(Held, HashesAreTheSameInEveryVersion) {
  EXPECT_EQ(hash_of({"Amazon", "c5"}), 0x4DD1F5B05BU);
  EXPECT_NE(hash_of({"a", "bc"}), hash_of({"ab", "c"}));
}

TEST(Held, FitsARequestAsItIs) {
  Held held;
  for (int i = 0; i < 500; ++i) held[hash_of({"provider", std::to_string(i)})] = {kNow - 24h * 7, kNow + 48h};
  EXPECT_EQ(held.size(), 500U) << "no two profiles have the same hash";
  const std::string text = to_text(held, kNow);
  EXPECT_LT(text.size(), 14'000U);
  for (const char c : text)
    EXPECT_TRUE(std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-');
}

TEST(Held, RefusesAllElse) {
  const std::string good = to_text(Held{{7, {kNow, kNow + 1s}}}, kNow);
  for (const std::string& bad :
       {std::string("x!"), std::string("what"), good + ".", good + ".1", good + ".1_2", good + ".1_2_", good + "_3",
        good + ".1_2_3.4_5_6", std::string("zzzzzzzzzzzzz.1_2_3"), std::string("zzzzzzzzzzz.1_2_3"),
        std::string("-zzzzzzzzzzz.1_2_3"), std::string("-.1_2_3"), std::string("é")})
    EXPECT_FALSE(parse_held(bad, 2)) << bad;
}

}  // namespace
}  // namespace board
