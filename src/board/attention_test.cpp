#include "board/attention.hpp"

#include <gmock/gmock.h>

namespace board {
namespace {

using core::ProfileKey;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

constexpr std::uint64_t kOne = Attention::kVoice;
const ProfileKey kC5{"Amazon", "c5"}, kH16{"Azure", "H16mr"};

TEST(Attention, AProfileCountsAsLongAsSomebodyLooks) {
  Attention attention;
  auto first = attention.watch({kC5}), second = attention.watch({kC5, kH16, kC5});
  EXPECT_THAT(attention.watched(), ElementsAre(Pair(kC5, kOne + kOne / 2), Pair(kH16, kOne / 2)));
  second.reset();
  EXPECT_THAT(attention.watched(), ElementsAre(Pair(kC5, kOne)));
  first.reset();
  EXPECT_THAT(attention.watched(), IsEmpty());
  EXPECT_EQ(attention.watch({}), nullptr);
}

TEST(Attention, NobodyCountsForMoreByNamingMany) {
  Attention attention;
  std::vector<ProfileKey> many;
  for (int i = 0; i < 50; ++i) many.push_back({"p", std::to_string(100 + i)});
  auto greedy = attention.watch(many);
  const auto modest = attention.watch({many.front()});
  const auto watched = attention.watched();
  EXPECT_THAT(watched, SizeIs(Attention::kMostOfOne));
  EXPECT_EQ(watched.at(many.front()), kOne + kOne / 32);
  EXPECT_EQ(watched.at(many[1]), kOne / 32);
  greedy.reset();
  EXPECT_THAT(attention.watched(), ElementsAre(Pair(many.front(), kOne))) << "no part of a voice stays";
}

TEST(Attention, AWatchMayOutliveIt) {
  Attention::Watch watch;
  {
    Attention attention;
    watch = attention.watch({kC5});
  }
  watch.reset();
}

TEST(Attention, ASelectionNamesProfilesByProviderAndName) {
  EXPECT_THAT(named_by(Selection{.providers = {"Amazon"}, .names = {"c5"}}, {}), ElementsAre(kC5));
  EXPECT_THAT(named_by(Selection{.providers = {"Amazon"}}, {}), IsEmpty()) << "all of a provider";
  EXPECT_THAT(named_by(Selection{}, {}), IsEmpty());
  const std::vector<std::string> many(Attention::kMostOfOne + 1, "x");
  EXPECT_THAT(named_by(Selection{.providers = {"Amazon"}, .names = many}, {}), IsEmpty());
}

TEST(Attention, ASetNamesThoseOfItsChoicesThatAreOneProfile) {
  const core::Sets sets{{"small", {"Azure/H16mr", "Amazon/*", "Amazon/c5"}}};
  EXPECT_THAT(named_by(Selection{.set = "small"}, sets), ElementsAre(kH16, kC5));
  EXPECT_THAT(named_by(Selection{.set = "other"}, sets), IsEmpty());
}

}  // namespace
}  // namespace board
