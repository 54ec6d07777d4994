#include "probe/kube_count.hpp"

#include <gmock/gmock.h>

#include "probe/kube_fit.hpp"

namespace probe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;
using testing::StartsWith;

constexpr std::int64_t kGiB = 1LL << 30;

class KubeCountTest : public testing::Test {
 protected:
  KubeCountTest() {
    for (const char* name : {"a", "b", "c"}) {
      KubeNode node{.name = name, .classes = {"p4d", "A100"}, .labels = {{"zone", name}, {"size", "4"}}, .ready = true};
      node.all = {{"cpu", 16'000}, {"memory", 64 * kGiB}, {"nvidia.com/gpu", 4}, {"pods", 110}};
      nodes().push_back(node);
    }
    nodes()[2].cordoned = true;
    nodes()[0].used = {{"cpu", 3'500}, {"nvidia.com/gpu", 3}, {"pods", 9}};
    nodes().push_back({.name = "d", .classes = {"m5"}, .ready = true, .all = {{"cpu", 4'000}, {"pods", 10}}});
  }
  std::vector<KubeNode>& nodes() { return cluster_.nodes; }
  Unjudged seen(std::string_view profile) { return observe(cluster_, profile, options_).value(); }
  std::string error(std::string_view profile) { return observe(cluster_, profile, options_).error(); }
  WaitingPods& wait(std::int64_t count, Amounts wanted) {
    WaitingPods& pods = cluster_.waiting[std::to_string(cluster_.waiting.size())];
    pods = {.count = count, .wanted = std::move(wanted)};
    return pods;
  }

  KubeCluster cluster_;
  config::KubernetesOptions options_{.subtract_pending = true};
};

TEST_F(KubeCountTest, CountsAResourceOfAClass) {
  const Unjudged gpus = seen("p4d:nvidia.com/gpu");
  EXPECT_THAT(gpus.free, Optional(5));
  EXPECT_THAT(gpus.total, Optional(12));
  EXPECT_THAT(gpus.largest, Optional(4));
  EXPECT_EQ(gpus.reason, "5 of 12 nvidia.com/gpu free on 2 of 3 nodes, at most 4 on one; 1 cordoned");
  EXPECT_FALSE(gpus.said);
  EXPECT_EQ(seen("A100:nvidia.com/gpu"), gpus);
  EXPECT_EQ(seen("nvidia.com/gpu"), gpus) << "of all nodes";
  EXPECT_EQ(seen("p4d").reason, "28.5 of 48 CPUs free on 2 of 3 nodes, at most 16 on one; 1 cordoned");
  EXPECT_THAT(seen("p4d").free, Optional(28.5));
  EXPECT_EQ(seen("p4d:cpu"), seen("p4d"));
  EXPECT_EQ(seen("p4d:memory").reason, "128 of 192 GiB of memory free on 2 of 3 nodes, at most 64 on one; 1 cordoned");
  EXPECT_EQ(seen("m5").reason, "4 of 4 CPUs free on 1 of 1 nodes");
  EXPECT_EQ(seen("cpu").reason, "32.5 of 52 CPUs free on 3 of 4 nodes, at most 16 on one; 1 cordoned");
  EXPECT_EQ(seen("pods").reason, "221 of 340 pods free on 3 of 4 nodes, at most 110 on one; 1 cordoned");
}

TEST_F(KubeCountTest, MigProfilesAreResources) {
  nodes()[1].all = {{"nvidia.com/gpu", 0}, {"nvidia.com/mig-1g.5gb", 7}, {"pods", 110}};
  nodes()[1].used = {{"nvidia.com/mig-1g.5gb", 2}};
  EXPECT_EQ(seen("nvidia.com/mig-1g.5gb").reason, "5 of 7 nvidia.com/mig-1g.5gb free on 1 of 1 nodes");
  EXPECT_EQ(seen("nvidia.com/gpu").reason, "1 of 8 nvidia.com/gpu free on 1 of 2 nodes; 1 cordoned");
}

TEST_F(KubeCountTest, ANodeIsOutOfServiceForAReason) {
  nodes()[0].ready = false;
  nodes()[1].taints = {{"dedicated", "ml", "NoSchedule"}};
  const Unjudged none = seen("p4d");
  EXPECT_EQ(none.reason, "no node in service: 1 cordoned, 1 not ready, 1 tainted dedicated");
  EXPECT_THAT(none.said, Optional(core::Level::low));
  EXPECT_THAT(none.free, Optional(0));
  EXPECT_THAT(none.total, Optional(48));
  EXPECT_THAT(none.largest, Optional(0));
  for (const char* tolerated :
       {"dedicated", "dedicated=ml", "ded*", "dedicated:NoSchedule", "dedicated=ml:NoSchedule", "*"}) {
    options_.tolerations = {"other", tolerated};
    EXPECT_THAT(seen("p4d").free, Optional(16)) << tolerated;
  }
  for (const char* other : {"dedicated=", "ml", "dedicated=ml:NoExecute", "dedicate"}) {
    options_.tolerations = {other};
    EXPECT_THAT(seen("p4d").free, Optional(0)) << other;
  }
}

TEST_F(KubeCountTest, ATaintOfTheGpusIsForOthers) {
  nodes()[1].taints = {{"nvidia.com/gpu", "present", "NoSchedule"}};
  EXPECT_THAT(seen("nvidia.com/gpu").free, Optional(5));
  EXPECT_THAT(seen("p4d").reason, HasSubstr("1 cordoned, 1 tainted nvidia.com/gpu"));
  nodes()[1].all.emplace("nvidia.com/mig-1g.5gb", 7);
  nodes()[1].all.emplace("amd.com/gpu", 7);
  EXPECT_THAT(seen("nvidia.com/mig-1g.5gb").free, Optional(7));
  EXPECT_THAT(seen("amd.com/gpu").free, Optional(0));
}

TEST_F(KubeCountTest, PlacesForPodsLimit) {
  nodes()[1].used = {{"pods", 110}};
  EXPECT_EQ(seen("nvidia.com/gpu").reason, "1 of 12 nvidia.com/gpu free on 1 of 3 nodes; 1 cordoned");
  nodes()[1].used = {{"pods", 109}};
  EXPECT_THAT(seen("nvidia.com/gpu").free, Optional(5)) << "one pod may take them all";
  nodes()[1].used = {{"pods", 200}, {"nvidia.com/gpu", 9}};
  EXPECT_THAT(seen("nvidia.com/gpu").free, Optional(1)) << "more used than there is";
}

TEST_F(KubeCountTest, AUnitNeedsSomethingBesideIt) {
  options_.unit_needs = {"cpu=6500m", "memory=16Gi"};
  EXPECT_EQ(seen("nvidia.com/gpu").reason, "3 of 12 nvidia.com/gpu free on 2 of 3 nodes, at most 2 on one; 1 cordoned");
  EXPECT_THAT(seen("p4d").free, Optional(28.5)) << "of GPUs only";
  options_.unit_needs = {"rdma/hca=1"};
  EXPECT_THAT(seen("nvidia.com/gpu").free, Optional(0));
}

TEST_F(KubeCountTest, PendingPodsTakeWhatTheyCanUse) {
  WaitingPods& pods = wait(3, {{"nvidia.com/gpu", 1}, {"pods", 1}});
  EXPECT_EQ(seen("nvidia.com/gpu").reason,
            "2 of 12 nvidia.com/gpu free on 1 of 3 nodes; 1 cordoned; 3 wanted by pending pods");
  EXPECT_THAT(seen("nvidia.com/gpu").largest, Optional(2));
  EXPECT_THAT(seen("p4d").free, Optional(28.5)) << "they want no CPUs";
  pods.count = 1'000'000'000'000;
  pods.wanted["nvidia.com/gpu"] = 4;
  EXPECT_THAT(seen("nvidia.com/gpu").free, Optional(0));
  EXPECT_THAT(seen("nvidia.com/gpu").reason, HasSubstr("; 5 wanted by pending pods"));
  pods.wanted["nvidia.com/gpu"] = 5;
  EXPECT_THAT(seen("nvidia.com/gpu").free, Optional(5)) << "no node has so many";
  options_.subtract_pending = false;
  pods.wanted["nvidia.com/gpu"] = 1;
  EXPECT_THAT(seen("nvidia.com/gpu").free, Optional(5));
}

TEST_F(KubeCountTest, PendingPodsWithAChoiceLeaveRoomForOthers) {
  nodes()[0].used.clear();
  const auto free_with = [&](const char* pinned, const char* any, std::int64_t more) {
    cluster_.waiting.clear();
    cluster_.waiting[pinned] = {.count = 4, .wanted = {{"nvidia.com/gpu", 1}}, .selector = {{"zone", "In", {"a"}}}};
    cluster_.waiting[any] = {.count = more, .wanted = {{"nvidia.com/gpu", 1}, {"cpu", 1}}};
    cluster_.waiting["other"] = {.count = 9, .wanted = {{"cpu", 1}}};
    return *seen("nvidia.com/gpu").free;
  };
  for (const std::int64_t more : {4, 9}) {
    EXPECT_EQ(free_with("1", "2", more), 0);
    EXPECT_EQ(free_with("2", "1", more), 0);
  }
  EXPECT_EQ(free_with("1", "2", 3), 1);
  EXPECT_EQ(free_with("2", "1", 3), 1);
  EXPECT_EQ(seen("nvidia.com/gpu").reason,
            "1 of 12 nvidia.com/gpu free on 1 of 3 nodes; 1 cordoned; 7 wanted by pending pods");
}

TEST_F(KubeCountTest, NoSumOverflows) {
  for (KubeNode& node : nodes()) node.all["x/y"] = kMostAmount;
  for (const char* each : {"1", "2"}) cluster_.waiting[each] = {.count = kMostAmount, .wanted = {{"x/y", kMostAmount}}};
  EXPECT_THAT(seen("x/y").reason, HasSubstr("; 9.22337203685478e+18 wanted by pending pods"));
}

TEST_F(KubeCountTest, PendingPodsTakeNothingOfOtherNodes) {
  WaitingPods& pods = wait(9, {{"nvidia.com/gpu", 1}});
  const auto free = [&] { return *seen("nvidia.com/gpu").free; };
  pods.selector = {{"zone", "In", {"b"}}};
  EXPECT_EQ(free(), 1);
  pods.selector = {{"zone", "In", {"z"}}};
  EXPECT_EQ(free(), 5);
  pods.selector.clear();
  const auto with = [&](Requirement requirement) {
    pods.terms = {{requirement}};
    return free();
  };
  EXPECT_EQ(with({"zone", "In", {"x", "a"}}), 4);
  EXPECT_EQ(with({"zone", "NotIn", {"a"}}), 1);
  EXPECT_EQ(with({"rack", "NotIn", {"a"}}), 0);
  EXPECT_EQ(with({"zone", "Exists", {}}), 0);
  EXPECT_EQ(with({"rack", "Exists", {}}), 5);
  EXPECT_EQ(with({"rack", "DoesNotExist", {}}), 0);
  EXPECT_EQ(with({"size", "Gt", {"3"}}), 0);
  EXPECT_EQ(with({"size", "Gt", {"4"}}), 5);
  EXPECT_EQ(with({"size", "Lt", {"5"}}), 0);
  EXPECT_EQ(with({"size", "Lt", {"x"}}), 5);
  EXPECT_EQ(with({"zone", "Later", {"a"}}), 5);
  EXPECT_EQ(with({std::string(kNodeName), "In", {"b"}}), 1);
  pods.terms = {{{"zone", "In", {"z"}}}, {{"zone", "In", {"b"}}}};
  EXPECT_EQ(free(), 1) << "one of the terms";
  pods.terms = {{}};
  EXPECT_EQ(free(), 5) << "an empty term";
}

TEST_F(KubeCountTest, PendingPodsTakeNothingBehindTaintsThatTheyDoNotTolerate) {
  WaitingPods& pods = wait(9, {{"nvidia.com/gpu", 1}});
  nodes()[1].taints = {{"nvidia.com/gpu", "present", "NoSchedule"}};
  const auto with = [&](Toleration toleration) {
    pods.tolerations = {std::move(toleration)};
    return *seen("nvidia.com/gpu").free;
  };
  EXPECT_EQ(with({.key = "other", .any_value = true}), 4);
  EXPECT_EQ(with({.key = "nvidia.com/gpu", .any_value = true}), 0);
  EXPECT_EQ(with({.key = "nvidia.com/gpu", .value = "present"}), 0);
  EXPECT_EQ(with({.key = "nvidia.com/gpu", .value = "absent"}), 4);
  EXPECT_EQ(with({.key = "nvidia.com/gpu", .effect = "NoExecute", .any_value = true}), 4);
  EXPECT_EQ(with({.any_value = true}), 0);
  EXPECT_EQ(with({}), 4);
}

TEST_F(KubeCountTest, WhatIsNotThereIsNamed) {
  EXPECT_EQ(error("p5"), "the cluster has no class and no resource 'p5'; there are: A100, m5, p4d");
  EXPECT_EQ(error("p5:nvidia.com/gpu"), "the cluster has no class and no resource 'p5'; there are: A100, m5, p4d");
  EXPECT_EQ(error("m5:nvidia.com/gpu"), "nodes of class 'm5' have no 'nvidia.com/gpu'; they have: cpu, pods");
  EXPECT_THAT(error(":nvidia.com/gpu"), StartsWith("the cluster has no class"));
  EXPECT_THAT(error("m5:"), StartsWith("nodes of class 'm5' have no ''"));
  for (KubeNode& node : nodes()) node.classes.clear();
  EXPECT_EQ(error("p4d"), "the cluster has no class and no resource 'p4d'; no node has a label of 'class_labels'");
}

TEST_F(KubeCountTest, DiscoversClassesAndExtendedResources) {
  const auto names = [&](std::vector<std::string> patterns, std::vector<std::string> known = {}) {
    options_.discover.patterns = std::move(patterns);
    std::vector<core::Profile> profiles;
    for (std::string& name : known) profiles.push_back({.id = 1, .key = {"k", std::move(name)}});
    return discovered_names(cluster_, options_, profiles);
  };
  EXPECT_THAT(names({"*"}),
              ElementsAre("A100", "A100:nvidia.com/gpu", "m5", "nvidia.com/gpu", "p4d", "p4d:nvidia.com/gpu"));
  EXPECT_THAT(names({"p4*", "nvidia.com/*"}), ElementsAre("nvidia.com/gpu", "p4d", "p4d:nvidia.com/gpu"));
  EXPECT_THAT(names({"*:nvidia.com/gpu"}), ElementsAre("A100:nvidia.com/gpu", "p4d:nvidia.com/gpu"));
  // A device plugin that starts anew has none for a while.
  for (KubeNode& node : nodes())
    if (node.all.contains("nvidia.com/gpu")) node.all["nvidia.com/gpu"] = 0;
  EXPECT_THAT(names({"*"}), ElementsAre("A100", "m5", "p4d"));
  EXPECT_THAT(names({"*"}, {"p4d:nvidia.com/gpu", "gone"}), ElementsAre("A100", "m5", "p4d", "p4d:nvidia.com/gpu"));
  EXPECT_EQ(seen("nvidia.com/gpu").reason, "no node has any nvidia.com/gpu now");
  EXPECT_EQ(seen("p4d:nvidia.com/gpu").reason, "no node of class 'p4d' has any nvidia.com/gpu now");
  EXPECT_THAT(seen("nvidia.com/gpu").said, Optional(core::Level::low));
}

TEST_F(KubeCountTest, UnitsAreForPeople) {
  EXPECT_EQ(unit_of_resource("p4d"), "CPUs");
  EXPECT_EQ(unit_of_resource("p4d:cpu"), "CPUs");
  EXPECT_EQ(unit_of_resource("p4d:memory"), "GiB");
  EXPECT_EQ(unit_of_resource("memory"), "GiB");
  EXPECT_EQ(unit_of_resource("p4d:hugepages-1Gi"), "GiB");
  EXPECT_EQ(unit_of_resource("p4d:pods"), "pods");
  EXPECT_EQ(unit_of_resource("pods"), "pods");
  EXPECT_EQ(unit_of_resource("attachable-volumes-csi-disk"), "attachable-volumes-csi-disk");
  EXPECT_EQ(unit_of_resource("cpu"), "CPUs");
  EXPECT_EQ(unit_of_resource("nvidia.com/gpu"), "nvidia.com/gpu");
  EXPECT_EQ(unit_of_resource("p4d:nvidia.com/gpu"), "nvidia.com/gpu");
}

TEST_F(KubeCountTest, NodesAreDescribed) {
  nodes()[1].taints = {{"dedicated", "ml", "NoSchedule"}};
  EXPECT_THAT(describe(cluster_),
              StartsWith("a: free 12.5 of 16 CPUs, 64 of 64 GiB of memory, 1 of 4 nvidia.com/gpu, 101 of 110 pods\n"
                         "b (tainted dedicated): free 16 of 16 CPUs"));
  nodes().resize(1);
  nodes().resize(25, nodes()[0]);
  EXPECT_THAT(describe(cluster_), testing::EndsWith("pods\nand 5 more nodes\n"));
}

}  // namespace
}  // namespace probe
