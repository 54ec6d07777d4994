// The output of squeue, and the jobs that can use free units.
#include "probe/squeue.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "probe/scontrol.hpp"
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

Jobs jobs(std::string_view output, std::string_view excluded = {}) {
  auto read = read_squeue(output, excluded);
  EXPECT_TRUE(read) << read.error();
  return read ? std::move(*read) : Jobs();
}

/// Two free nodes with 4 CPUs and 2 GPUs each, one that is full, one that is drained; features fast and slow.
constexpr std::string_view kNodes =
    "n1|p|up|idle|0/4/0/4|gpu:a:2|gpu:0|fast,big|\n"
    "n2|p|up|mixed|1/3/0/4|gpu:a:2|gpu:0|slow|\n"
    "n3|p|up|allocated|4/0/0/4|gpu:b:2|gpu:0|slow|\n"
    "n4|p|up|idle+drain|0/0/4/4|gpu:b:2|gpu:0|fast|\n";

/// What is free of the 7 CPUs (or of the 4 GPUs, the idle node) when this job waits. `job`: "NODES|CPUS" and what
/// follows Reason.
double left(std::string_view figures, std::string_view more = "", std::string_view gpus = "N/A|N/A|N/A",
            std::string_view profile = "p", config::Unit unit = config::Unit::cpus, std::string_view excluded = "") {
  const std::string line = fmt::format("p|{}|1|{}|Resources|7|{}\n", figures, gpus, more);
  return *observe(*read_sinfo(kNodes, {}), jobs(line, excluded), profile, {.unit = unit})->free;
}

TEST(Squeue, CountsWhatJobsThatWaitForResourcesAskFor) {
  const Jobs all = jobs(fixture("pending.txt"));
  // Three tasks of an array, and a job that waits in both partitions; not those that are held, too early, dependent or
  // wait for a node that is away.
  ASSERT_EQ(all.size(), 2U);
  EXPECT_THAT(all[0].partitions, ElementsAre("batch"));
  EXPECT_EQ(all[0].count, 3);
  EXPECT_EQ(all[0].cpus, 4);
  EXPECT_EQ(all[0].nodes, 1);
  EXPECT_THAT(all[1].partitions, ElementsAre("gpu", "batch"));
  EXPECT_THAT(all[1].gres.at("gpu"), ElementsAre(Pair("a100", 8)));
  EXPECT_THAT(all[1].gres_per_node.at("gpu"), ElementsAre(Pair("a100", 4)));
}

TEST(Squeue, ReadsGpusPerJobNodeAndTask) {
  const auto gpus = [](std::string_view fields) {
    return jobs("p|2|4|3|" + std::string(fields) + "|Priority|").at(0).gres.at("gpu");
  };
  EXPECT_THAT(gpus("gres:gpu:5|N/A|N/A"), ElementsAre(Pair("", 5)));
  EXPECT_THAT(gpus("N/A|gres:gpu:a100:2|N/A"), ElementsAre(Pair("a100", 4)));
  EXPECT_THAT(gpus("N/A|N/A|gres/gpu:2"), ElementsAre(Pair("", 6)));
  EXPECT_THAT(gpus("gres:gpu:a:1|N/A|gres:gpu:2"), ElementsAre(Pair("", 6), Pair("a", 1)));
}

TEST(Squeue, ReadsOtherResourcesAndSkipsWhatIsNone) {
  const auto asked = [](std::string_view fields) {
    return jobs("p|2|4|3|" + std::string(fields) + "|Priority|").at(0).gres;
  };
  EXPECT_THAT(asked("N/A|gres:shard:3|N/A"), ElementsAre(Pair("shard", ElementsAre(Pair("", 6)))));
  EXPECT_THAT(asked("cpu:2,mem:4G,gres/dcu:z100:1,license/matlab:1|N/A|N/A"),
              ElementsAre(Pair("dcu", ElementsAre(Pair("z100", 1)))));
  EXPECT_THAT(asked("N/A|gres:none|N/A"), IsEmpty());
  const Cluster nodes = *read_sinfo("n|p|up|idle|0/8/0/8|gpu:a:2,shard:10|gpu:0,shard:0|\n", {});
  const Jobs waiting = jobs("p|1|1|1|N/A|gres:shard:4|N/A|Resources|\n");
  EXPECT_EQ(observe(nodes, waiting, "p:shard", {})->free, 6);
  EXPECT_EQ(observe(nodes, waiting, "p", {})->free, 7);
}

TEST(Squeue, GpusPerSocketAreOnTheSocketsOfEachNode) {
  const auto left_by = [](std::string_view figures, std::string_view per_socket, std::string_view gpus) {
    return left(figures, fmt::format("|(null)|{}|(null)|", per_socket), gpus, "p:a");
  };
  EXPECT_EQ(left_by("2|2", "gres:gpu:1|1", "N/A|N/A|N/A"), 2);
  EXPECT_EQ(left_by("2|2", "gres/gpu:a:1|2", "N/A|N/A|N/A"), 0);
  EXPECT_EQ(left_by("1|2", "gres:gpu:2|*", "N/A|N/A|N/A"), 2) << "one socket at least";
  EXPECT_EQ(left_by("1|2", "gres:gpu:a:1|3", "N/A|N/A|N/A"), 4) << "no node has so many";
  EXPECT_EQ(left_by("1|2", "gres:gpu:1|2", "N/A|gres:gpu:2|N/A"), 2) << "they are the same GPUs";
  EXPECT_EQ(left_by("2|2", "N/A|*", "gres:gpu:2|gres:gpu:1|N/A"), 2) << "and so are these";
}

TEST(Squeue, JobsOfAPartitionOfWholeNodesLeaveNothingOnThem) {
  Cluster nodes = *read_sinfo(
      "n1|p|up|idle|0/4/0/4|gpu:a:2|gpu:0|\nn2|p|up|idle|0/4/0/4|gpu:a:2|gpu:0|\nn3|p|up|idle|0/2/0/2|||\n", {});
  ASSERT_TRUE(add_partitions(nodes, "PartitionName=p State=UP OverSubscribe=EXCLUSIVE\n"));
  const auto free = [&](std::string_view waiting, std::string_view profile) {
    return *observe(nodes, jobs(waiting), profile, {})->free;
  };
  const std::string line = "p|1|1|1|N/A|N/A|N/A|Resources|\n";
  EXPECT_EQ(free("", "p"), 10);
  EXPECT_EQ(free(line, "p"), 6);
  EXPECT_EQ(free(line + line, "p"), 2);
  EXPECT_EQ(free("p|3|3|3|N/A|N/A|N/A|Resources|\n", "p"), 0);
  EXPECT_EQ(free(line, "p:a"), 2);
}

TEST(Squeue, LeavesOutJobsThatFreeResourcesDoNotHelp) {
  for (const auto reason :
       {"ReqNodeNotAvail, UnavailableNodes:n4", "Dependency", "BeginTime", "JobHeldUser", "JobHeldAdmin",
        "AssocGrpCpuLimit", "QOSMaxJobsPerUserLimit", "Reservation", "Licenses", "PartitionDown", "PartitionNodeLimit",
        "PartitionTimeLimit", "BadConstraints", "JobArrayTaskLimit", "InvalidQOS", "Cleaning",
        "Nodes required for job are DOWN, DRAINED or reserved for jobs in higher priority partitions"})
    EXPECT_THAT(jobs("p|1|1|1|N/A|N/A|N/A|" + std::string(reason) + "|"), IsEmpty()) << reason;
  EXPECT_THAT(jobs("p|1|1|1|N/A|N/A|N/A|Resources|7||weekly|N/A|*|(null)|"), IsEmpty()) << "has a reservation";
  for (const auto reason : {"Resources", "Priority", "None"})
    EXPECT_EQ(jobs("p|1|1|1|N/A|N/A|N/A|" + std::string(reason) + "|7||(null)|N/A|*|(null)|").size(), 1U) << reason;
}

TEST(Squeue, WhatJobsCanTakeIsNotFree) {
  EXPECT_EQ(left("1|2"), 5);
  EXPECT_EQ(left("1|8"), 0);
  EXPECT_EQ(left("2|2", "", "N/A|gres:gpu:1|N/A", "p:a"), 2);
  EXPECT_EQ(left("1|1", "", "gres:gpu:3|N/A|N/A", "p:gpu"), 1);
  EXPECT_EQ(left("1|1", "", "N/A|N/A|N/A", "p", config::Unit::nodes), 0);
  EXPECT_EQ(left("1|1", "", "N/A|N/A|N/A", "p:a"), 4);
}

TEST(Squeue, JobsThatCannotUseWhatIsFreeAreNotTakenOff) {
  EXPECT_EQ(left("1|2", "n4|(null)|N/A|*|(null)|"), 7) << "it needs a node that is drained";
  EXPECT_EQ(left("2|2", "n[1,4]|(null)|N/A|*|(null)|"), 7) << "it needs that node, too";
  EXPECT_EQ(left("1|2", "n3|(null)|N/A|*|(null)|"), 7) << "it waits for a node that is full";
  EXPECT_EQ(left("1|2", "n9|(null)|N/A|*|(null)|"), 7) << "it needs a node of elsewhere";
  EXPECT_EQ(left("1|9", "n1|(null)|N/A|*|(null)|"), 7) << "its node is too small";
  EXPECT_EQ(left("1|4", "n2|(null)|N/A|*|(null)|"), 4) << "its node has 3 free";
  EXPECT_EQ(left("3|6", "n2|(null)|N/A|*|(null)|"), 1) << "its node and others";
  EXPECT_EQ(left("4|4"), 7) << "three nodes are in service";
  EXPECT_EQ(left("1|13"), 7) << "they have 12 CPUs";
  EXPECT_EQ(left("1|2", "", "gres:gpu:h100:1|N/A|N/A"), 7) << "no such GPU";
  EXPECT_EQ(left("1|2", "", "N/A|gres:gpu:a:3|N/A"), 7) << "no node has so many";
  EXPECT_EQ(left("2|2", "", "N/A|gres:gpu:b:2|N/A"), 7) << "one of two nodes with them is drained";
  EXPECT_EQ(left("1|2", "", "gres:gpu:a:5|N/A|N/A"), 7) << "there are four";
  EXPECT_EQ(left("1|2", "", "gres:gpu:b:1|N/A|N/A"), 7) << "nodes with them are full or drained";
}

TEST(Squeue, JobsThatExcludeNodesTakeFromOthers) {
  EXPECT_EQ(left("1|4", "", "N/A|N/A|N/A", "p", config::Unit::cpus, "7|n[1-2]|\n"), 7);
  EXPECT_EQ(left("1|4", "", "N/A|N/A|N/A", "p", config::Unit::cpus, "7|n2|\n"), 3);
  EXPECT_EQ(left("1|4", "", "N/A|N/A|N/A", "p", config::Unit::cpus, "8|n[1-2]|\n7||\n"), 3);
}

TEST(Squeue, JobsTakeFromNodesWithTheirFeatures) {
  const auto with = [](std::string_view constraint) {
    return left("1|4", fmt::format("|(null)|N/A|*|{}|", constraint));
  };
  EXPECT_EQ(with("(null)"), 3);
  EXPECT_EQ(with("fast"), 3);
  EXPECT_EQ(with("slow"), 4);
  EXPECT_EQ(with("fast&big"), 3);
  EXPECT_EQ(with("fast&slow"), 7);
  EXPECT_EQ(with("none|slow"), 4);
  EXPECT_EQ(with("[fast|slow]"), 3);
  EXPECT_EQ(with("slow*2"), 4);
  EXPECT_EQ(with("none"), 7);
  EXPECT_EQ(with("none&fast|absent"), 7);
}

TEST(Squeue, OneJobAfterTheOtherTakesWhatIsLeft) {
  const Cluster nodes = *read_sinfo(kNodes, {});
  const auto line = [](std::string_view required) {
    return fmt::format("p|1|3|1|N/A|N/A|N/A|Resources|7|{}|(null)|N/A|*|(null)|\n", required);
  };
  const auto seen = observe(nodes, jobs(line("n1") + line("n1,") + line("n2")), "p", {});
  EXPECT_EQ(seen->free, 0);
  EXPECT_EQ(seen->largest, 0);
  EXPECT_EQ(seen->reason, "0 of 16 CPUs free; 1 drained; pending jobs take 7");
  const auto one = observe(nodes, jobs(line("n1")), "p", {});
  EXPECT_EQ(one->free, 4);
  EXPECT_EQ(one->largest, 3);
  EXPECT_THAT(one->reason,
              StartsWith("4 of 16 CPUs free on 2 of 4 nodes, at most 3 on one; 1 drained; pending jobs take 3"));
  EXPECT_THAT(observe(nodes, jobs(line("n2")), "p", {})->reason,
              StartsWith("4 of 16 CPUs free on 1 of 4 nodes; 1 drained; pending jobs take 3"));
  EXPECT_EQ(observe(nodes, jobs("q|1|3|1|N/A|N/A|N/A|Resources|"), "p", {})->free, 7);
}

TEST(Squeue, OfARealCluster) {
  const Cluster nodes = *read_sinfo(fixture("pending-nodes-22.05.txt"), {});
  const Jobs pending = jobs(fixture("pending-22.05.txt"), fixture("excluded-22.05.txt"));
  EXPECT_EQ(pending.size(), 7U);
  // The tasks of an array take the two CPUs; the job that is pinned to a drained node takes none.
  EXPECT_EQ(observe(nodes, pending, "batch", {})->free, 0);
  EXPECT_EQ(observe(nodes, {}, "batch", {})->free, 2);
  EXPECT_EQ(observe(nodes, pending, "gpu:a100", {})->free, 0);
  EXPECT_EQ(observe(nodes, {}, "gpu:a100", {})->free, 3);
}

TEST(Squeue, SaysWhichLineIsWrong) {
  EXPECT_THAT(read_squeue("gpu|1|x|1|N/A|N/A|N/A|Resources|", "").error(),
              StartsWith("squeue printed 'gpu|1|x|1|N/A|"));
  EXPECT_THAT(read_squeue("gpu\n", "").error(), StartsWith("squeue printed 'gpu'; each line must have the fields"));
  EXPECT_THAT(read_squeue("", "7\n").error(), StartsWith("squeue printed '7'; each line must have the fields %F"));
  EXPECT_TRUE(read_squeue("", "")->empty());
}

}  // namespace
}  // namespace probe
