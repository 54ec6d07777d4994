// Facts that scontrol prints and sinfo does not.
#include "probe/scontrol.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
