// Lists of generic resources and of nodes, in every form that Slurm's commands print.
#include "probe/slurm_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace probe {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

/// Those of one name.
Counts named(std::string_view name, std::string_view list) {
  const auto read = read_gres(list);
  EXPECT_TRUE(read) << list;
  if (!read) return {};
  const auto found = read->all.find(name);
  return found == read->all.end() ? Counts() : found->second;
}

Counts gpus(std::string_view list) {
  return named(kGpu, list);
}

Counts shared(std::string_view list) {
  const auto read = read_gres(list);
  EXPECT_TRUE(read) << list;
  return read ? read->shared : Counts();
}

TEST(Gres, NamesGpusInEveryForm) {
  EXPECT_THAT(gpus("gpu:4"), ElementsAre(Pair("", 4)));
  EXPECT_THAT(gpus("gpu"), ElementsAre(Pair("", 1)));
  EXPECT_THAT(gpus("gpu:a100"), ElementsAre(Pair("a100", 1)));
  EXPECT_THAT(gpus("gpu:a100:4(S:0-1)"), ElementsAre(Pair("a100", 4)));
  EXPECT_THAT(gpus("gpu:A30:4(S:0-1),gpu:Q6K:40(S:0,1)"), ElementsAre(Pair("A30", 4), Pair("Q6K", 40)));
  EXPECT_THAT(gpus("gpu:A30:4(IDX:0,2-4),gpu:A30:1"), ElementsAre(Pair("A30", 5)));
  EXPECT_THAT(gpus("gpu:(null):3(IDX:0-7)"), ElementsAre(Pair("", 3)));
  EXPECT_THAT(gpus("gpu:(null)"), ElementsAre(Pair("", 1)));
  EXPECT_THAT(gpus("gpu:no_consume:4"), ElementsAre(Pair("", 4)));
  EXPECT_THAT(gpus("gpu:a100_1g.5gb:14,gpu:2g"), ElementsAre(Pair("2g", 1), Pair("a100_1g.5gb", 14)));
  EXPECT_THAT(gpus("gpu:2K"), ElementsAre(Pair("", 2048)));
  EXPECT_THAT(gpus("gpu:1M"), ElementsAre(Pair("", 1024 * 1024)));
  EXPECT_THAT(gpus("nic:2,gpu:2,bandwidth:lustre:4G,license:matlab:1"), ElementsAre(Pair("", 2)));
  EXPECT_THAT(gpus("gres:gpu:a100:2"), ElementsAre(Pair("a100", 2)));
  EXPECT_THAT(gpus("cpu=2,gres/gpu:a100=2"), ElementsAre(Pair("a100", 2)));
  EXPECT_THAT(gpus("gpu:99999999999999999999999"), ElementsAre(Pair("", kMostUnits)));
  for (const auto none : {"", "(null)", "N/A", "tgpu:4", "craynetwork:4"}) EXPECT_THAT(gpus(none), IsEmpty()) << none;
}

TEST(Gres, NamesDevicesThatAreInUseInPart) {
  EXPECT_THAT(shared("gpu:1(IDX:0),shard:8(-/5,5/5,3/5,0/5)"), ElementsAre(Pair("", 2)));
  EXPECT_THAT(shared("shard:a100:2(IDX:0-1)"), ElementsAre(Pair("a100", 2)));
  EXPECT_THAT(shared("shard:a100:3(IDX:N/A)"), ElementsAre(Pair("a100", 0))) << "none is in use";
  EXPECT_THAT(shared("shard:a100:3(IDX:0,2-3),mps:a100:0(IDX:N/A)"), ElementsAre(Pair("a100", 3)));
  EXPECT_THAT(shared("mps:a100:50(50/100,0/100)"), ElementsAre(Pair("a100", 1)));
  EXPECT_THAT(shared("shard:(null):8(0/5,0/5)"), ElementsAre(Pair("", 0)));
  EXPECT_THAT(shared("shard:0,mps:0"), ElementsAre(Pair("", 0)));
  // Each may be on a device of its own.
  EXPECT_THAT(shared("shard:7"), ElementsAre(Pair("", 7)));
  EXPECT_THAT(shared("shard:3(IDX:x)"), ElementsAre(Pair("", 3)));
  EXPECT_THAT(shared("shard:3(IDX:5-2)"), ElementsAre(Pair("", 3)));
  EXPECT_THAT(shared("shard:3(?/5,3/5)"), ElementsAre(Pair("", 2)));
}

TEST(Gres, ThatBreaksOffIsNone) {
  for (const auto cut :
       {"gpu:", "gpu:a100:", "gpu:4,", ",,", "gpu:4,,gpu:2", "gpu:a100:4(S:0-1", "gpu:4(", ")))", "(("})
    EXPECT_FALSE(read_gres(cut)) << cut;
}

TEST(Gres, NamesOtherResources) {
  EXPECT_THAT(named("dcu", "gpu:2,dcu:z100:8(S:0-1),dcu:2"), ElementsAre(Pair("", 2), Pair("z100", 8)));
  EXPECT_THAT(named("shard", "shard:a100:20(S:0)"), ElementsAre(Pair("a100", 20)));
  EXPECT_THAT(named("mps", "mps:a100:50(50/100,0/100)"), ElementsAre(Pair("a100", 50)));
  EXPECT_THAT(named("npu", "gres/npu=8"), ElementsAre(Pair("", 8)));
  EXPECT_THAT(named("lustre", "lustre:no_consume:3"), ElementsAre(Pair("", kMostUnits))) << "never used up";
  EXPECT_THAT(read_gres("cpu=2,mem=4000M,node=1,billing=2,energy=0,license/matlab=1,bb/cray=5,gres:none")->all,
              IsEmpty());
}

/// What is left of the GPUs.
Left gpus_left(Counts all, Counts whole, Counts in_part = {}) {
  return left_of({{"gpu", std::move(all)}}, {.all = {{"gpu", std::move(whole)}}, .shared = std::move(in_part)})
      .at("gpu");
}

TEST(Gres, LeavesWhatIsNotInUse) {
  EXPECT_THAT(gpus_left({{"a", 4}}, {{"a", 1}}, {{"a", 2}}).by_type, ElementsAre(Pair("a", 1)));
  EXPECT_THAT(gpus_left({{"a", 4}}, {{"", 3}}).by_type, ElementsAre(Pair("a", 1)));
  EXPECT_THAT(gpus_left({{"a", 4}}, {}, {{"", 9}}).by_type, ElementsAre(Pair("a", 0)));
  EXPECT_THAT(gpus_left({{"", 4}}, {{"", 1}}, {{"", 2}}).by_type, ElementsAre(Pair("", 1)));
  EXPECT_THAT(gpus_left({{"a", 4}, {"b", 2}}, {{"b", 9}}).by_type, ElementsAre(Pair("a", 4), Pair("b", 0)));
  const Left unplaced = gpus_left({{"a", 4}, {"b", 2}}, {{"", 3}, {"b", 1}});
  EXPECT_THAT(unplaced.by_type, ElementsAre(Pair("a", 4), Pair("b", 1)));
  EXPECT_EQ(unplaced.unplaced, 3);
  EXPECT_EQ(gpus_left({{"a", 4}, {"b", 2}}, {{"x", 2}}).unplaced, 2);
}

TEST(Gres, GpusInUseAsAWholeHaveNoShares) {
  const auto shards = [](std::string_view all, std::string_view used) {
    return left_of(read_gres(all)->all, *read_gres(used)).at("shard");
  };
  EXPECT_THAT(shards("gpu:a:4,shard:a:20", "gpu:a:0,shard:a:7(5/5,2/5,0/5,0/5)").by_type, ElementsAre(Pair("a", 13)));
  EXPECT_THAT(shards("gpu:a:4,shard:a:20", "gpu:a:2,shard:a:7(-/5,-/5,5/5,2/5)").by_type, ElementsAre(Pair("a", 3)));
  // 22.05 names devices, and not how many of their shares are in use.
  EXPECT_THAT(shards("gpu:a:4,shard:a:20", "gpu:a:1(IDX:0),shard:a:2(IDX:1-2)").by_type, ElementsAre(Pair("a", 5)));
  EXPECT_THAT(shards("gpu:a:4,shard:a:20", "gpu:a:0,shard:a:0(IDX:N/A)").by_type, ElementsAre(Pair("a", 20)));
  EXPECT_THAT(shards("gpu:a:4,shard:20", "gpu:a:4,shard:0").by_type, ElementsAre(Pair("", 0)));
  EXPECT_THAT(shards("shard:20", "shard:1").by_type, ElementsAre(Pair("", 19))) << "of devices that are not listed";
  EXPECT_EQ(shards("gpu:a:2,gpu:b:2,shard:a:10,shard:b:10", "gpu:a:1,shard:a:0,shard:b:0").unplaced, 5);
}

TEST(Hosts, AreReadInEveryForm) {
  EXPECT_THAT(read_hosts(""), IsEmpty());
  EXPECT_THAT(read_hosts("cpu1"), ElementsAre("cpu1"));
  EXPECT_THAT(read_hosts("cpu[1-3,5],gpu07"), ElementsAre("cpu1", "cpu2", "cpu3", "cpu5", "gpu07"));
  EXPECT_THAT(read_hosts("n[08-11]"), ElementsAre("n08", "n09", "n10", "n11"));
  EXPECT_THAT(read_hosts("r[0-1]n[1-2]x"), ElementsAre("r0n1x", "r0n2x", "r1n1x", "r1n2x"));
  EXPECT_THAT(read_hosts("n[3-1],n[a-b],,n["), ElementsAre("n["));
  EXPECT_EQ(read_hosts("n[0-999999999]").size(), 99'999U);
  EXPECT_EQ(read_hosts("n[0-999999999][0-9]").size(), 90'908U);
  EXPECT_THAT(read_hosts("n[0-999999999][0-999999999][9-1]"), IsEmpty());
}

TEST(Fields, EndWithABar) {
  EXPECT_FALSE(fields<2>("a|b"));
  EXPECT_THAT(*fields<2>("a|b|"), ElementsAre("a", "b"));
  EXPECT_THAT(*fields<3>("a|b|", 2), ElementsAre("a", "b", ""));
  EXPECT_FALSE(fields<3>("a|", 2));
}

TEST(Fields, MayHoldNothing) {
  for (const auto nothing : {"", "(null)", "N/A"}) EXPECT_TRUE(is_none(nothing)) << nothing;
  for (const auto something : {"gpu", "0", "none", "n/a"}) EXPECT_FALSE(is_none(something)) << something;
}

TEST(Numbers, AreDecimal) {
  EXPECT_EQ(number("131072"), 131072);
  EXPECT_EQ(number("1000000001"), kMostUnits);
  for (const auto none : {"", "-1", "1.5", "1e3", " 1", "1 ", "0x1"}) EXPECT_FALSE(number(none)) << none;
}

}  // namespace
}  // namespace probe
