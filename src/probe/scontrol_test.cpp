// Facts that scontrol prints and sinfo does not.
#include "probe/scontrol.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "probe/slurm_count.hpp"

namespace probe {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kPartitions =
    "PartitionName=batch AllowGroups=ALL Hidden=NO MaxNodes=UNLIMITED State=UP TotalCPUs=12 TotalNodes=3 TRES=cpu=11\n"
    "PartitionName=empty AllowGroups=ALL Hidden=NO MaxNodes=UNLIMITED State=INACTIVE TotalCPUs=0 TotalNodes=0 "
    "TRES=(null)\n"
    "PartitionName=dev* AllowGroups=ALL Hidden=YES MaxNodes=UNLIMITED State=UP TotalCPUs=12 TotalNodes=1 TRES=cpu=11\n";
constexpr std::string_view kNodes =
    "NodeName=a Arch=x86_64 CoresPerSocket=1  CPUAlloc=2 CPUEfctv=3 CPUTot=4 State=MIXED Comment=CPUEfctv=1 CPUTot=9\n"
    "NodeName=b Arch=x86_64 CoresPerSocket=1  CPUAlloc=0 CPUTot=4 State=IDLE\n";

Cluster cluster() {
  return {
      {"batch", {.nodes = {{.names = {"a"}, .cpus = 4, .free_cpus = 2}, {.names = {"b"}, .cpus = 4, .free_cpus = 4}}}}};
}

TEST(Scontrol, AddsPartitions) {
  Cluster read = cluster();
  ASSERT_TRUE(add_partitions(read, kPartitions));
  ASSERT_EQ(read.size(), 3U);
  EXPECT_EQ(read["batch"].nodes.size(), 2U);
  EXPECT_EQ(read["batch"].unseen, 1);
  EXPECT_FALSE(read["batch"].hidden);
  EXPECT_EQ(read["empty"].state, "inactive");
  EXPECT_EQ(read["empty"].unseen, 0);
  EXPECT_TRUE(read["dev*"].hidden);
  EXPECT_EQ(read["dev*"].unseen, 1);
}

TEST(Scontrol, TakesOffTheCpusThatNoJobGets) {
  Cluster read = cluster();
  ASSERT_TRUE(add_node_details(read, kNodes));
  EXPECT_EQ(read["batch"].nodes[0].cpus, 3);
  EXPECT_EQ(read["batch"].nodes[0].free_cpus, 1);
  EXPECT_EQ(read["batch"].nodes[1].cpus, 4);
  EXPECT_EQ(read["batch"].nodes[1].free_cpus, 4);
}

TEST(Scontrol, TakesOffNothingTwice) {
  Cluster read = cluster();
  read["batch"].nodes[0].cpus_are_effective = true;
  read["batch"].nodes[1].free_cpus = 0;
  ASSERT_TRUE(add_node_details(read, "NodeName=a CPUEfctv=3 CPUTot=4\nNodeName=b CPUEfctv=3 CPUTot=4\n"));
  EXPECT_EQ(read["batch"].nodes[0].free_cpus, 2);
  EXPECT_EQ(read["batch"].nodes[1].cpus, 3);
  EXPECT_EQ(read["batch"].nodes[1].free_cpus, 0);
}

TEST(Scontrol, TakesOffThatOfEachNodeOfAGroup) {
  Cluster read = {{"p", {.nodes = {{.names = {"a", "b", "c"}, .count = 3, .cpus = 12, .free_cpus = 10}}}}};
  ASSERT_TRUE(add_node_details(read, "NodeName=a CPUEfctv=3 CPUTot=4\nNodeName=b CPUEfctv=2 CPUTot=4\n"));
  EXPECT_EQ(read["p"].nodes[0].cpus, 9);
  EXPECT_EQ(read["p"].nodes[0].free_cpus, 7);
}

TEST(Scontrol, AddsTheMemoryThatNoJobHas) {
  Cluster read = cluster();
  read["group"].nodes = {{.names = {"a", "b"}, .count = 2}};
  ASSERT_TRUE(add_node_details(read,
                               "NodeName=a CPUTot=4  RealMemory=8000 AllocMem=3000 FreeMem=99 Sockets=4\n"
                               "NodeName=b CPUTot=4 RealMemory=8000 AllocMem=0 MemSpecLimit=1000\n"));
  EXPECT_EQ(read["batch"].nodes[0].free_memory, 5000);
  EXPECT_EQ(read["batch"].nodes[1].free_memory, 7000);
  EXPECT_EQ(read["group"].nodes[0].free_memory, 5000) << "that of the one with the least";
  read = cluster();
  ASSERT_TRUE(add_node_details(read, kNodes));
  EXPECT_EQ(read["batch"].nodes[0].free_memory, std::nullopt);
}

TEST(Scontrol, AddsPartitionsOfSlurmrestd) {
  // Those of v0.0.38, and of later versions.
  for (const auto* text :
       {R"({"errors":[],"partitions":[{"name":"batch","state":"UP","total_nodes":3,"flags":["default"]},
                             {"name":"old","state":"INACTIVE","total_nodes":0,"flags":["hidden"]}]})",
        R"({"errors":[],"partitions":[
                             {"name":"batch","partition":{"state":["UP"]},"nodes":{"total":3,"configured":"a,b,c"}},
                             {"name":"old","partition":{"state":["INACTIVE"]},"nodes":{"total":0},"flags":["HIDDEN"]}]})"}) {
    Cluster read = cluster();
    ASSERT_TRUE(add_partitions_json(read, text));
    EXPECT_EQ(read["batch"].state, "up");
    EXPECT_EQ(read["batch"].unseen, 1);
    EXPECT_FALSE(read["batch"].hidden);
    EXPECT_EQ(read["old"].state, "inactive");
    EXPECT_TRUE(read["old"].hidden);
  }
  Cluster read;
  EXPECT_EQ(add_partitions_json(read, R"({"errors":[{"description":"gone"}],"partitions":[]})").error(),
            "Slurm's controller does not answer: gone");
  EXPECT_THAT(add_partitions_json(read, "x").error(), StartsWith("slurmrestd's list of partitions is not JSON"));
  EXPECT_TRUE(add_partitions_json(read, R"({"partitions":[7,{},{"name":3}]})"));
}

// --- What partitions allow

/// A node with a job on it, and two that are idle.
Cluster shared() {
  return *read_sinfo(
      "a|p|up|mixed|1/3/0/4|gpu:x:2|gpu:0|\nb|p|up|idle|0/4/0/4|gpu:x:2|gpu:0|\nc|p|up|idle|0/4/0/4|gpu:x:2|gpu:0|\n",
      {});
}

/// "FREE/TOTAL LARGEST" of its CPUs, GPUs and nodes.
std::string counts(const Cluster& cluster) {
  std::ostringstream text;
  using Each = std::pair<const char*, config::Unit>;
  for (const auto& [profile, unit] :
       {Each("p", config::Unit::cpus), Each("p:x", config::Unit::cpus), Each("p", config::Unit::nodes)}) {
    const auto seen = observe(cluster, {}, profile, {.unit = unit});
    text << (text.view().empty() ? "" : ", ") << *seen->free << '/' << *seen->total << ' ' << *seen->largest;
  }
  return text.str();
}

constexpr const char* kOpen = "11/12 4, 6/6 2, 2/3 2";
constexpr const char* kIdleOnly = "8/12 4, 4/6 2, 2/3 2";
constexpr const char* kTwoEach = "6/6 2, 6/6 2, 2/3 2";
constexpr const char* kOneNode = "11/12 4, 6/6 2, 2/3 1";
constexpr const char* kClosed = "0/12 0, 0/6 0, 0/3 0";

TEST(Scontrol, AddsWhatPartitionsAllow) {
  const auto with = [](const std::string& words) {
    Cluster read = shared();
    EXPECT_TRUE(add_partitions(read, "PartitionName=p " + words + " State=UP TotalNodes=3\n"));
    return counts(read);
  };
  EXPECT_EQ(with("ExclusiveUser=NO MaxNodes=UNLIMITED MaxCPUsPerNode=UNLIMITED RootOnly=NO OverSubscribe=NO"), kOpen);
  EXPECT_EQ(with("OverSubscribe=FORCE:4"), kOpen);
  EXPECT_EQ(with("OverSubscribe=EXCLUSIVE"), kIdleOnly);
  EXPECT_EQ(with("ExclusiveUser=YES"), kIdleOnly);
  EXPECT_EQ(with("MaxCPUsPerNode=2"), kTwoEach);
  EXPECT_EQ(with("MaxNodes=1"), kOneNode);
  EXPECT_EQ(with("RootOnly=YES"), kClosed);
}

TEST(Scontrol, AddsWhatPartitionsOfSlurmrestdAllow) {
  const auto with = [](const std::string& members) {
    Cluster read = shared();
    EXPECT_TRUE(add_partitions_json(read, R"({"partitions":[{"name":"p",)" + members + "}]}"));
    return counts(read);
  };
  // v0.0.38
  EXPECT_EQ(with(R"("state":"UP","flags":["default"],"maximum_cpus_per_node":-1,"maximum_nodes_per_job":-1)"), kOpen);
  EXPECT_EQ(with(R"("state":"UP","flags":[],"maximum_cpus_per_node":null)"), kOpen);
  EXPECT_EQ(with(R"("state":"UP","flags":["exclusive_user"])"), kIdleOnly);
  EXPECT_EQ(with(R"("state":"UP","flags":[],"maximum_cpus_per_node":2)"), kTwoEach);
  EXPECT_EQ(with(R"("state":"UP","flags":[],"maximum_nodes_per_job":1)"), kOneNode);
  EXPECT_EQ(with(R"("state":"UP","flags":["root_only"])"), kClosed);
  // Later versions
  const std::string none = R"({"set":false,"infinite":true,"number":0})";
  const std::string one = R"({"set":true,"infinite":false,"number":1})";
  const std::string two = R"({"set":true,"infinite":false,"number":2})";
  const auto most = [&](const std::string& cpus, const std::string& nodes, const std::string& shares) {
    return with(R"("partition":{"state":["UP"]},"maximums":{"cpus_per_node":)" + cpus + R"(,"nodes":)" + nodes +
                R"(,"shares":)" + shares + "}");
  };
  EXPECT_EQ(most(none, none, "1"), kOpen);
  EXPECT_EQ(most(none, none, "32772"), kOpen) << "FORCE:4";
  EXPECT_EQ(most(none, none, "0"), kIdleOnly);
  EXPECT_EQ(most(two, none, "1"), kTwoEach);
  EXPECT_EQ(most(none, one, "1"), kOneNode);
}

TEST(Scontrol, TheGroupsOfSinfoSayWhatPartitionsAllow) {
  const auto read = read_sinfo(
      R"({"sinfo":[{"node":{"state":["IDLE"]},"nodes":{"total":3,"idle":3},"cpus":{"total":12,"idle":12},
          "partition":{"name":"p","partition":{"state":["UP"]},"maximums":{"shares":0,
            "cpus_per_node":{"set":true,"infinite":false,"number":2},"nodes":{"set":true,"infinite":false,"number":1}}}},
        {"node":{"state":["MIXED"]},"nodes":{"total":1,"idle":0},"cpus":{"total":4,"idle":3},
          "partition":{"name":"p","partition":{"state":["UP"]},"maximums":{"shares":0,
            "cpus_per_node":{"set":true,"infinite":false,"number":2}}}}]})",
      {});
  ASSERT_TRUE(read) << read.error();
  const auto seen = observe(*read, {}, "p", {});
  EXPECT_EQ(seen->free, 6);
  EXPECT_EQ(seen->total, 8);
  EXPECT_EQ(seen->largest, 2);
}

TEST(Scontrol, ReasonsSayWhatPartitionsAllow) {
  Cluster read = shared();
  const auto reason = [&] { return observe(read, {}, "p", {})->reason; };
  ASSERT_TRUE(add_partitions(read, "PartitionName=p OverSubscribe=EXCLUSIVE State=UP\n"));
  EXPECT_EQ(reason(), "8 of 12 CPUs free on 2 of 3 nodes, at most 4 on one; only nodes without a job count");
  ASSERT_TRUE(add_partitions(read, "PartitionName=p RootOnly=YES State=UP\n"));
  EXPECT_EQ(reason(), "the partition is open to root only");
  ASSERT_TRUE(add_partitions(read, "PartitionName=p RootOnly=YES State=DRAIN\n"));
  EXPECT_EQ(reason(), "the partition is drained");
}

TEST(Scontrol, SaysWhichLineIsWrong) {
  Cluster read;
  EXPECT_THAT(add_partitions(read, "slurm_load: error\n").error(), StartsWith("scontrol printed 'slurm_load: error'"));
  EXPECT_FALSE(add_partitions(read, "PartitionName=x Hidden=NO\n"));
  EXPECT_THAT(add_node_details(read, "NodeName=x\n").error(), HasSubstr("CPUTot=…"));
  EXPECT_FALSE(add_node_details(read, "PartitionName=x CPUTot=4\n"));
}

TEST(Scontrol, MayHaveNothingToSay) {
  Cluster read = cluster();
  EXPECT_TRUE(add_partitions(read, ""));
  EXPECT_TRUE(add_partitions(read, "No partitions in the system\n"));
  EXPECT_TRUE(add_node_details(read, "No nodes in the system\n"));
  EXPECT_EQ(read.size(), 1U);
}

}  // namespace
}  // namespace probe
