// The output of sinfo, and the profiles in it.
#include "probe/sinfo.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <sstream>

#include "probe/slurm_count.hpp"
#include "support/support_dir.hpp"

namespace probe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::StartsWith;

std::string fixture(const std::string& name) {
  std::ifstream file(support::support_dir() / "slurm" / name);
  EXPECT_TRUE(file.is_open()) << name;
  return (std::stringstream() << file.rdbuf()).str();
}

Cluster cluster(std::string_view output, const config::SlurmOptions& options = {}) {
  auto read = read_sinfo(output, options);
  EXPECT_TRUE(read) << read.error();
  return read ? std::move(*read) : Cluster();
}

/// "FREE/TOTAL: reason" with the level in front, if any; or the failure.
std::string said(const Cluster& cluster, std::string_view profile, config::Unit unit = config::Unit::cpus,
                 const Jobs& pending = {}) {
  const auto seen = observe(cluster, pending, profile, {.unit = unit});
  if (!seen) return seen.error();
  return (seen->said ? std::string(core::to_string(*seen->said)) + " " : std::string()) +
         (std::stringstream() << *seen->free << "/" << *seen->total << ": " << seen->reason).str();
}

/// The only node of partition p, whose state this is, with one of its four CPUs in use.
Nodes node(std::string_view state, const config::SlurmOptions& options = {}) {
  return cluster("n|p|up|" + std::string(state) + "|1/3/0/4|||\n", options).at("p").nodes.at(0);
}

constexpr auto kNodes = config::Unit::nodes;

TEST(Sinfo, CountsWhatIsFreeInEveryState) {
  const Cluster busy = cluster(fixture("busy.txt"));
  EXPECT_EQ(said(busy, "batch"), "3/24: 3 of 24 CPUs free on 1 of 6 nodes; 1 down, 1 drained, 1 draining, 1 failing");
  EXPECT_EQ(said(busy, "batch", kNodes), "0/6: 0 of 6 nodes free; 1 down, 1 drained, 1 draining, 1 failing");
  EXPECT_EQ(said(busy, "gpu"),
            "15/32: 15 of 32 CPUs free on 2 of 4 nodes, at most 8 on one; 1 in maintenance, 1 reserved");
  EXPECT_EQ(said(busy, "gpu", kNodes), "1/4: 1 of 4 nodes free; 1 in maintenance, 1 reserved");
  EXPECT_EQ(said(busy, "gpu:a100"),
            "5/16: 5 of 16 a100 GPUs free on 2 of 4 nodes, at most 4 on one; 1 in maintenance, 1 reserved");
  EXPECT_EQ(said(busy, "gpu:gpu"),
            "5/16: 5 of 16 GPUs free on 2 of 4 nodes, at most 4 on one; 1 in maintenance, 1 reserved");
  EXPECT_THAT(profile_names(busy), ElementsAre("all", "all:a100", "batch", "cloud", "gpu", "gpu:a100"));
}

TEST(Sinfo, CloudNodesThatAreOffCountAsConfigured) {
  EXPECT_EQ(said(cluster(fixture("busy.txt")), "cloud"),
            "3/6: 3 of 6 CPUs free on 2 of 3 nodes, at most 2 on one; 1 unknown");
  EXPECT_EQ(said(cluster(fixture("busy.txt"), {.powered_down_is_free = false}), "cloud"),
            "LOW 0/6: no node in service: 2 powered down, 1 unknown");
}

TEST(Sinfo, APartitionThatIsNotUpHasNothing) {
  const Cluster closed = cluster(fixture("partitions.txt"));
  EXPECT_EQ(said(closed, "batch"), "LOW 0/24: the partition is down");
  EXPECT_EQ(said(closed, "all:a100"), "LOW 0/16: the partition is drained");
  EXPECT_EQ(said(closed, "cloud", kNodes), "LOW 0/3: the partition is inactive");
  EXPECT_THAT(said(closed, "gpu"), StartsWith("15/32: "));
}

TEST(Sinfo, NodesThatDoNotAnswerHaveNothing) {
  EXPECT_THAT(said(cluster(fixture("lost.txt")), "gpu"), HasSubstr("1 in maintenance, 1 not responding, 1 reserved"));
}

TEST(Sinfo, ReadsTheStateInWordsWhereItIsNotComplete) {
  const auto out = [](std::string_view fields) {
    return cluster("n|p|up|" + std::string(fields) + "\n").at("p").nodes.at(0).out;
  };
  EXPECT_EQ(out("|0/4/0/4||||drained*|"), "drained");
  EXPECT_EQ(out("|0/4/0/4||||idle|"), "");
  EXPECT_EQ(out("idle+drain|0/4/0/4||||idle|"), "drained");
  EXPECT_EQ(out("|0/4/0/4|||"), "unknown");
}

TEST(Sinfo, NodesThatTakeNoJobsHaveNothingFree) {
  const Nodes out = cluster("n|p|up|idle+drain|0/4/0/4|gpu:2|gpu:0|\n").at("p").nodes.at(0);
  EXPECT_EQ(out.free_cpus, 0);
  EXPECT_EQ(out.idle, 0);
  EXPECT_EQ(out.cpus, 4);
  EXPECT_THAT(out.free_gres.at("gpu").by_type, ElementsAre(Pair("", 0)));
}

TEST(Sinfo, ACompletingNodeIsNotIdle) {
  EXPECT_EQ(said(cluster("n|p|up|idle+completing|0/4/0/4|||\nm|p|up|idle|0/4/0/4|||\n"), "p", kNodes),
            "1/2: 1 of 2 nodes free");
  EXPECT_EQ(node("idle").idle, 0) << "one of its CPUs is in use";
}

TEST(Sinfo, FullNodesAreInServiceAndHaveNothing) {
  const Nodes full = cluster("n|p|up|allocated|4/0/0/4|gpu:2|gpu:1|\n").at("p").nodes.at(0);
  EXPECT_EQ(full.out, "");
  EXPECT_THAT(full.gres.at("gpu"), ElementsAre(Pair("", 2)));
  EXPECT_THAT(full.free_gres.at("gpu").by_type, ElementsAre(Pair("", 0)));
  EXPECT_EQ(said({{"p", {.nodes = {full}}}}, "p"), "0/4: 0 of 4 CPUs free");
}

TEST(Sinfo, PlannedNodesCountAsConfigured) {
  EXPECT_EQ(node("idle+planned", {.planned_is_free = true}).free_cpus, 3);
  EXPECT_EQ(node("planned", {.planned_is_free = true}).free_cpus, 3);
  EXPECT_EQ(node("idle+planned").free_cpus, 0);
  EXPECT_EQ(node("mixed+planned+drain", {.planned_is_free = true}).free_cpus, 0);
}

TEST(Sinfo, CountsANodeOnceInEachPartition) {
  const Cluster twice = cluster("n|p|up|idle|0/4/0/4|||\nn|p|up|idle|0/4/0/4|||\n\nn|q|up|idle|0/4/0/4|||\n");
  EXPECT_EQ(said(twice, "p"), "4/4: 4 of 4 CPUs free on 1 of 1 nodes");
  EXPECT_EQ(said(twice, "q", kNodes), "1/1: 1 of 1 nodes free");
}

TEST(Sinfo, AStarBelongsToTheNameOrMarksTheDefault) {
  const Cluster stars = cluster("n|dev*|up|idle|0/4/0/4|||\nm|dev|up|idle|0/2/0/2|||\nm|batch*|up|idle|0/2/0/2|||\n");
  EXPECT_THAT(said(stars, "dev*"), StartsWith("4/4: "));
  EXPECT_THAT(said(stars, "dev"), StartsWith("2/2: "));
  EXPECT_THAT(said(stars, "batch"), StartsWith("2/2: "));
}

TEST(Sinfo, SaysTheLargestRequestThatFits) {
  const Cluster two =
      cluster("a|p|up|mixed|2/2/0/4|gpu:2|gpu:0|\nb|p|up|idle|0/3/0/3|gpu:2|gpu:1|\nc|p|up|down|0/9/0/9|||\n");
  const auto largest = [&](std::string_view profile, config::Unit unit) {
    return observe(two, {}, profile, {.unit = unit})->largest;
  };
  EXPECT_EQ(largest("p", config::Unit::cpus), 3);
  EXPECT_EQ(largest("p:gpu", config::Unit::cpus), 2);
  // A request of several nodes is spread by its nature.
  EXPECT_EQ(largest("p", kNodes), 1);
  EXPECT_EQ(observe(cluster("n|p|up|down|0/4/0/4|||\n"), {}, "p", {.unit = kNodes})->largest, 0);
}

TEST(Sinfo, CountsEveryGenericResource) {
  const Cluster read = cluster(
      "a|p|up|mixed|2/6/0/8|gpu:a100:4,shard:a100:20,dcu:z100:8,npu:8|gpu:a100:1(IDX:0),shard:a100:6(-/5,5/5,1/5,0/5),"
      "dcu:z100:3,npu:8|\n"
      "b|p|up|idle|0/8/0/8|dcu:z100:8,dcu:z200:2|dcu:0|\n"
      "c|p|up|idle+drain|0/8/0/8|npu:8|npu:0|\n");
  EXPECT_EQ(said(read, "p:gpu"), "1/4: 1 of 4 GPUs free on 1 of 1 nodes") << "two are shared";
  // Five shares are of the GPU that is in use as a whole.
  EXPECT_EQ(said(read, "p:shard"), "9/20: 9 of 20 shards free on 1 of 1 nodes");
  EXPECT_EQ(said(read, "p:shard:a100"), "9/20: 9 of 20 a100 shards free on 1 of 1 nodes");
  EXPECT_EQ(said(read, "p:dcu"), "15/18: 15 of 18 dcus free on 2 of 2 nodes, at most 10 on one");
  EXPECT_EQ(said(read, "p:dcu:z100"), "13/16: 13 of 16 z100 dcus free on 2 of 2 nodes, at most 8 on one");
  EXPECT_EQ(said(read, "p:npu"), "0/16: 0 of 16 npus free; 1 drained");
  EXPECT_EQ(said(read, "p:gpu:a100"), said(read, "p:a100"));
  EXPECT_EQ(said(read, "p:dcu:x"),
            "partition 'p' has no dcus of type 'x'; it has: dcu:z100, dcu:z200, a100, npu, shard:a100");
  EXPECT_EQ(said(read, "p:fpga"),
            "partition 'p' has no GPUs of type 'fpga'; it has: dcu:z100, dcu:z200, a100, npu, shard:a100");
  EXPECT_EQ(said(read, "p:fpga:x"),
            "partition 'p' has no fpgas of type 'x'; it has: dcu:z100, dcu:z200, a100, npu, shard:a100");
  EXPECT_THAT(profile_names(read), ElementsAre("p", "p:dcu:z100", "p:dcu:z200", "p:a100", "p:npu", "p:shard:a100"));
}

TEST(Sinfo, AGpuTypeMayBeCalledAsAResourceIs) {
  const Cluster read = cluster("a|p|up|idle|0/8/0/8|gpu:mps:2,mps:200|gpu:0,mps:50(50/100,0/100)|\n");
  EXPECT_THAT(said(read, "p:mps"), StartsWith("1/2: 1 of 2 mps GPUs free"));
}

TEST(Sinfo, AmountsAndWhatIsNeverUsedUpAreNoUnits) {
  const Cluster read = cluster("a|p|up|idle|0/8/0/8|tmpdisk:4G,lustre:no_consume:3,fpga:1|tmpdisk:0|\n");
  EXPECT_THAT(profile_names(read), ElementsAre("p", "p:fpga"));
}

TEST(Sinfo, UnitsNeedMemoryWhenItCounts) {
  Cluster two = cluster(
      "a|p|up|mixed|2/6/0/8|gpu:a:4|gpu:a:1|\nb|p|up|idle|0/8/0/8|gpu:a:4|gpu:a:0|\nc|p|up|down|0/8/0/"
      "8|gpu:a:4|gpu:0|\n");
  const auto with = [&](std::uint64_t megabytes, std::string_view profile, config::Unit unit = config::Unit::cpus) {
    const auto seen = observe(two, {}, profile, {.unit = unit, .memory_per_unit = {megabytes << 20}});
    if (!seen) return seen.error();
    return (std::stringstream() << *seen->free << " " << *seen->largest << ": " << seen->reason).str();
  };
  EXPECT_THAT(with(4000, "p"), StartsWith("memory_per_unit needs the free memory of each node"));
  two.at("p").nodes[0].free_memory = 7999;
  two.at("p").nodes[1].free_memory = 16000;
  EXPECT_EQ(with(0, "p:a"), "7 4: 7 of 12 a GPUs free on 2 of 3 nodes, at most 4 on one; 1 down");
  EXPECT_EQ(with(4000, "p:a"),
            "5 4: 5 of 12 a GPUs free on 2 of 3 nodes, at most 4 on one; 2 more without memory; 1 down");
  EXPECT_EQ(with(8000, "p:a"), "2 2: 2 of 12 a GPUs free on 1 of 3 nodes; 5 more without memory; 1 down");
  EXPECT_EQ(with(20000, "p:a"), "0 0: 0 of 12 a GPUs free; 7 more without memory; 1 down");
  EXPECT_EQ(with(2000, "p"),
            "11 8: 11 of 24 CPUs free on 2 of 3 nodes, at most 8 on one; 3 more without memory; 1 down");
  EXPECT_EQ(with(16000, "p", kNodes), "1 1: 1 of 3 nodes free; 1 down");
  EXPECT_EQ(with(16001, "p", kNodes), "0 0: 0 of 3 nodes free; 1 more without memory; 1 down");
}

TEST(Sinfo, NamesWhatIsThereWhenAProfileIsNot) {
  const Cluster two = cluster("n|p|up|idle|0/4/0/4|gpu:a:1,gpu:2||\nm|q|up|idle|0/4/0/4|(null)|gpu:0|\n");
  EXPECT_EQ(said(two, "x"), "the cluster has no partition 'x'; it has: p, q");
  EXPECT_EQ(said(two, ""), "the cluster has no partition ''; it has: p, q");
  EXPECT_EQ(said(two, "p:b"), "partition 'p' has no GPUs of type 'b'; it has: gpu, a");
  EXPECT_EQ(said(two, "p:"), "partition 'p' has no GPUs of type ''; it has: gpu, a");
  EXPECT_EQ(said(two, "q:gpu"), "partition 'q' has no GPUs");
  EXPECT_EQ(said(two, "p:gpu"), "3/3: 3 of 3 GPUs free on 1 of 1 nodes");
  std::string many;
  for (char c = 'a'; c <= 'z'; ++c) many += std::string("n|") + c + "|up|idle|0/4/0/4|||\n";
  EXPECT_EQ(said(cluster(many), "1"), "the cluster has no partition '1'; it has: a, b, c, d, e, f, g, h, …");
}

TEST(SinfoJson, ReadsThatOf22) {
  const Cluster read = cluster(fixture("nodes-22.05.json"));
  EXPECT_EQ(said(read, "batch"), "LOW 0/16: no node in service: 1 down, 1 drained, 2 not responding");
  EXPECT_EQ(said(read, "gpu:a100"), "LOW 0/12: no node in service: 1 drained, 1 in maintenance, 1 reserved");
}

TEST(SinfoJson, ReadsThatOf23) {
  const Cluster read = cluster(R"json({"meta":{},"errors":[],"warnings":[],"nodes":[
    {"name":"n1","state":["MIXED"],"partitions":["p","q"],"cpus":8,"alloc_cpus":2,"alloc_idle_cpus":6,
     "free_mem":{"set":true,"infinite":false,"number":4},"gres":"gpu:fake1:4","gres_used":"gpu:fake1:3(IDX:0-2)"},
    {"name":"n2","state":["IDLE"],"partitions":["p"],"cpus":{"set":true,"infinite":false,"number":8},"alloc_cpus":0},
    {"name":"n3","state":["MIXED","DRAIN"],"partitions":["p"],"cpus":8,"alloc_cpus":2,"alloc_idle_cpus":6},
    {"name":"n4","state":["ALLOCATED"],"partitions":["p"],"cpus":8,"alloc_cpus":8,"alloc_idle_cpus":0}]})json");
  EXPECT_EQ(said(read, "p"), "14/32: 14 of 32 CPUs free on 2 of 4 nodes, at most 8 on one; 1 draining");
  EXPECT_EQ(said(read, "p", kNodes), "1/4: 1 of 4 nodes free; 1 draining");
  EXPECT_EQ(said(read, "q:fake1"), "1/4: 1 of 4 fake1 GPUs free on 1 of 1 nodes");
}

TEST(SinfoJson, ReadsGroups) {
  const Cluster read = cluster(R"json({"sinfo":[
    {"nodes":{"nodes":["node31"],"allocated":1,"idle":0,"other":0,"total":1},"partition":{"name":"GPU"},
     "node":{"state":["MIXED"]},"cpus":{"allocated":48,"idle":80,"other":0,"total":128},
     "gres":{"total":"gpu:rtx_3090:8","used":"gpu:rtx_3090:6(IDX:0-5)"}},
    {"nodes":{"nodes":["node32","node33"],"allocated":0,"idle":2,"other":0,"total":2},"node":{"state":["IDLE"]},
     "partition":{"name":"GPU","partition":{"state":["UP"]}},"cpus":{"allocated":0,"idle":256,"other":0,"total":256},
     "gres":{"total":"gpu:rtx_3090:8","used":"gpu:rtx_3090:0"}},
    {"nodes":{"nodes":["node34"],"allocated":0,"idle":0,"other":1,"total":1},"node":{"state":["DOWN"]},
     "partition":{"name":"GPU"},"cpus":{"allocated":0,"idle":0,"other":128,"total":128},"gres":{"total":"","used":""}},
    {"nodes":{"nodes":[],"total":0},"partition":{"name":"old","partition":{"state":["INACTIVE"]}}}]})json");
  EXPECT_EQ(said(read, "GPU"), "336/512: 336 of 512 CPUs free on 3 of 4 nodes, at most 128 on one; 1 down");
  EXPECT_EQ(said(read, "GPU", kNodes), "2/4: 2 of 4 nodes free; 1 down");
  EXPECT_EQ(said(read, "GPU:rtx_3090"), "18/24: 18 of 24 rtx_3090 GPUs free on 3 of 3 nodes, at most 8 on one");
  EXPECT_EQ(said(read, "old"), "LOW 0/0: the partition is inactive");
}

TEST(SinfoJson, OneOfNodesThatAreAlikeHasItsShareAtLeast) {
  const Cluster read = cluster(R"json({"sinfo":[
    {"nodes":{"nodes":["a","b"],"idle":0,"total":2},"node":{"state":["MIXED"]},"partition":{"name":"p"},
     "cpus":{"allocated":5,"idle":3,"other":0,"total":8}}]})json");
  EXPECT_EQ(said(read, "p"), "3/8: 3 of 8 CPUs free on 2 of 2 nodes, at most 2 on one");
}

TEST(SinfoJson, AControllerThatIsGoneIsAFailure) {
  const auto error = [](std::string_view output) { return read_sinfo(output, {}).error(); };
  EXPECT_EQ(error(R"({"errors":[{"error":"Unspecified error","errno":-1}],"nodes":[]})"),
            "Slurm's controller does not answer: Unspecified error");
  EXPECT_EQ(error(R"({"sinfo":[],"errors":[{"description":"Unable to contact slurm\ncontroller","error_number":1}]})"),
            "Slurm's controller does not answer: Unable to contact slurm controller");
  EXPECT_THAT(error("[]"), StartsWith("sinfo printed '[]'"));
}

TEST(SinfoJson, WhatMakesNoSenseIsNotFree) {
  EXPECT_THAT(read_sinfo("{\"nodes\":[{", {}).error(), StartsWith("the output of sinfo is not JSON"));
  const auto of = [](std::string_view members) {
    return said(cluster(R"({"nodes":[7,{},{"partitions":"p"},{"name":"n","partitions":["p",3],"state":[1,"IDLE"],)" +
                        std::string(members) + "}]}"),
                "p");
  };
  EXPECT_EQ(of(R"("cpus":4,"alloc_cpus":1)"), "3/4: 3 of 4 CPUs free on 1 of 1 nodes");
  for (const auto members :
       {R"("cpus":-5,"alloc_cpus":0)", R"("cpus":1e300,"alloc_cpus":0)", R"("cpus":4)", R"("alloc_cpus":0)",
        R"("cpus":4,"alloc_cpus":5)", R"("cpus":"4","alloc_cpus":0)", R"("cpus":4,"alloc_cpus":0,"gres":"gpu:2,gp(")",
        R"("cpus":4,"alloc_cpus":{"set":false,"infinite":false,"number":0})",
        R"("cpus":{"set":true,"infinite":true,"number":0},"alloc_cpus":0)"})
    EXPECT_THAT(of(members), testing::EndsWith("no node in service: 1 without counts")) << members;
  EXPECT_THAT(said(cluster(R"({"sinfo":[{"nodes":{"total":1},"partition":{"name":"p"},"node":{"state":["IDLE"]},
                              "cpus":{"total":4,"idle":5}}]})"),
                   "p"),
              HasSubstr("1 without counts"));
}

TEST(SinfoJson, ReadsMemoryThatNoJobHas) {
  const auto of = [](std::string_view members) {
    return cluster(R"({"nodes":[{"name":"n","partitions":["p"],"state":["IDLE"],"cpus":4,"alloc_cpus":0,)" +
                   std::string(members) + "}]}")
        .at("p")
        .nodes.at(0)
        .free_memory;
  };
  EXPECT_EQ(of(R"("real_memory":8000,"alloc_memory":3000,"free_memory":99)"), 5000);
  EXPECT_EQ(of(R"("real_memory":8000,"alloc_memory":3000,"specialized_memory":1000)"), 4000);
  EXPECT_EQ(of(R"("real_memory":8000,"alloc_memory":9000)"), 0);
  EXPECT_EQ(of(R"("real_memory":8000)"), std::nullopt);
}

TEST(SinfoJson, ReadsCpusForJobs) {
  const auto of = [](std::string_view members) {
    return said(cluster(R"({"nodes":[{"name":"n","partitions":["p"],"state":["MIXED"],"cpus":4,"alloc_cpus":2,)" +
                        std::string(members) + "}]}"),
                "p");
  };
  EXPECT_THAT(of(R"("effective_cpus":3,"alloc_idle_cpus":1)"), StartsWith("1/3: "));
  EXPECT_THAT(of(R"("idle_cpus":2,"tres":"cpu=3,mem=4000M")"), StartsWith("1/3: "));
  EXPECT_THAT(of(R"("idle_cpus":2,"tres":"mem=4000M")"), StartsWith("2/4: "));
  EXPECT_THAT(of(R"("effective_cpus":1)"), StartsWith("0/1: "));
}

TEST(Sinfo, SaysWhichLineIsWrong) {
  const auto error = [](std::string_view output) { return read_sinfo(output, {}).error(); };
  EXPECT_EQ(error("cpu1|batch|up\n"),
            "sinfo printed 'cpu1|batch|up'; each line must have the fields NodeList:|,PartitionName:|,Available:|,"
            "StateComplete:|,CPUsState:|,Gres:|,GresUsed:|,Features_act:|,StateLong:|");
  for (const auto line : {"n|p|up|idle|-1/4/0/4|||", "n|p|up|idle|0/4/0|||", "n|p|up|idle|0/4/0/4/4|||",
                          "n|p|up|idle|0/4/0/4||", "n|p|up|idle|0x1/4/0/4|||", "n|p|up|idle|0/5/0/4|||"})
    EXPECT_THAT(error(line), StartsWith("sinfo printed 'n|p|up|idle|")) << line;
  EXPECT_EQ(node("idle").cpus, 4);
  EXPECT_EQ(cluster("n|p|up|idle|0/99999999999999999999/0/99999999999999999999|||").at("p").nodes.at(0).free_cpus,
            kMostUnits);
}

TEST(Sinfo, WhatIsCutToAWidthIsAFailure) {
  for (const auto line :
       {"n                   |p|up|idle|0/4/0/4|||", "n|p|up|idle|0/4/0/4| |gpu:0|",
        "n|p|up|mixed|0/4/0/4|gpu:a100:4(S:0-1),gp(|gpu:a100:0|", "n|p|up|mixed|0/4/0/4|gpu:a100:|gpu:0|",
        "n|p|up|mixed|0/4/0/4|gpu:a100:4(S:0-1),|gpu:0|", "n|p|up|mixed|0/4/0/4|gpu:a100:4|gpu:a100:4(IDX:0-|"})
    EXPECT_THAT(read_sinfo(line, {}).error(), HasSubstr("is cut to a width; end each field of --Format with ':|'"))
        << line;
}

TEST(Sinfo, TakesAnyBytes) {
  std::mt19937 random(7);
  int read_well = 0;
  for (const auto name : {"busy.txt", "nodes-22.05.json", "pending.txt"}) {
    const std::string whole = fixture(name);
    for (int i = 0; i < 300; ++i) {
      std::string text = whole.substr(0, random() % 2 ? whole.size() : random() % whole.size());
      for (std::size_t n = random() % 8; n > 0 && !text.empty(); --n)
        text[random() % text.size()] = static_cast<char>(random());
      if (const auto read = read_sinfo(text, {}))
        for (const auto& profile : profile_names(*read)) read_well += said(*read, profile).empty() ? 0 : 1;
      (void)read_squeue(text, text);
    }
  }
  EXPECT_GT(read_well, 100) << "what is a little wrong is often not seen to be";
}

}  // namespace
}  // namespace probe
