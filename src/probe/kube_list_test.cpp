#include "probe/kube_list.hpp"

#include <gmock/gmock.h>

#include <boost/json/parse.hpp>

#include "probe/kube_fit.hpp"
#include "probe/kube_pod.hpp"

namespace probe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::SizeIs;
using testing::StartsWith;

const config::KubernetesOptions kPlain;
const config::KubernetesOptions kPending{.subtract_pending = true};

std::string list(std::string_view kind, std::string_view items, std::string_view from = "") {
  return fmt::format(
      R"({{"kind":"{}","apiVersion":"v1","metadata":{{"resourceVersion":"7","continue":"{}"}},"items":{}}})", kind,
      from, items);
}

Amounts requests(std::string_view spec, std::string_view status = "{}") {
  return requests_of(boost::json::parse(fmt::format(R"({{"spec":{},"status":{}}})", spec, status)).as_object()).value();
}

/// The CPUs of a page of one pod on node "a", in thousandths.
std::int64_t used_cpus(std::string_view spec, std::string_view status) {
  KubeCluster cluster;
  read_nodes(list("NodeList", R"([{"metadata":{"name":"a"}}])"), kPlain, cluster).value();
  read_pods(list("PodList", fmt::format(R"([{{"spec":{{"nodeName":"a",{}}},"status":{{{}}}}}])", spec, status)), kPlain,
            cluster)
      .value();
  return amount_in(cluster.nodes[0].used, "cpu");
}

/// The error, or where the list continues.
std::string text(const std::expected<std::string, std::string>& read) {
  return read ? "next " + *read : read.error();
}

TEST(KubeList, ReadsNodes) {
  KubeCluster cluster;
  const std::string page = list("NodeList", R"([
    {"metadata":{"name":"gpu1","labels":{"node.kubernetes.io/instance-type":"p4d","nvidia.com/gpu.product":"A100","zone":"a"}},
     "spec":{"taints":[{"key":"nvidia.com/gpu","value":"present","effect":"NoSchedule"},{"key":"soft","effect":"PreferNoSchedule"}]},
     "status":{"allocatable":{"cpu":"3920m","memory":"15842360Ki","nvidia.com/gpu":"8","pods":110},
               "conditions":[{"type":"DiskPressure","status":"True"},{"type":"Ready","status":"True"}]}},
    {"metadata":{"name":"cpu1"},"spec":{"unschedulable":true},"status":{"conditions":[{"type":"Ready","status":"Unknown"}]}},
    {"metadata":{"name":"cpu2"}}])",
                                "abc");
  EXPECT_EQ(text(read_nodes(page, kPending, cluster)), "next abc");
  ASSERT_THAT(cluster.nodes, SizeIs(3));
  const KubeNode& gpu = cluster.nodes[0];
  EXPECT_THAT(gpu.classes, ElementsAre("p4d", "A100"));
  EXPECT_THAT(gpu.labels, SizeIs(3));
  EXPECT_THAT(gpu.all, ElementsAre(Pair("cpu", 3920), Pair("memory", 15842360LL * 1024), Pair("nvidia.com/gpu", 8),
                                   Pair("pods", 110)));
  EXPECT_TRUE(gpu.ready);
  ASSERT_THAT(gpu.taints, SizeIs(1));
  EXPECT_EQ(gpu.taints[0].key + "=" + gpu.taints[0].value + ":" + gpu.taints[0].effect,
            "nvidia.com/gpu=present:NoSchedule");
  EXPECT_FALSE(cluster.nodes[1].ready || cluster.nodes[2].ready || cluster.nodes[2].cordoned || gpu.cordoned);
  EXPECT_TRUE(cluster.nodes[1].cordoned);
  EXPECT_EQ(text(read_nodes(
                list("NodeList", R"([{"metadata":{"name":"gpu1"}},{"metadata":{"name":"x","labels":{"a":"b"}}}])"),
                kPlain, cluster)),
            "next ");
  ASSERT_THAT(cluster.nodes, SizeIs(4)) << "a node twice is one";
  EXPECT_THAT(cluster.nodes[3].labels, SizeIs(0)) << "nobody asks for labels";
}

TEST(KubeList, PodsUseTheirNode) {
  KubeCluster cluster;
  read_nodes(list("NodeList", R"([{"metadata":{"name":"a"}},{"metadata":{"name":"b"}}])"), kPlain, cluster).value();
  const std::string page = list("PodList", R"([
    {"spec":{"nodeName":"a","containers":[{"resources":{"requests":{"cpu":"100m"}}},{"resources":{}}]},"status":{"phase":"Running"}},
    {"spec":{"nodeName":"a","containers":[{"resources":{"requests":{"cpu":"1","x/y":"2"}}}]},"status":{"phase":"Pending"}},
    {"spec":{"nodeName":"b","containers":[{"resources":{"requests":{"cpu":"1"}}}]},"status":{"phase":"Succeeded"}},
    {"spec":{"nodeName":"b","containers":[{"resources":{"requests":{"cpu":"1"}}}]},"status":{"phase":"Failed"}},
    {"spec":{"nodeName":"gone","containers":[{"resources":{"requests":{"cpu":"1"}}}]},"status":{"phase":"Running"}},
    {"spec":{"containers":[{"resources":{"requests":{"cpu":"1"}}}]},"status":{"phase":"Pending"}}])");
  EXPECT_EQ(text(read_pods(page, kPlain, cluster)), "next ");
  EXPECT_EQ(cluster.pods, 6U);
  EXPECT_THAT(cluster.nodes[0].used, ElementsAre(Pair("cpu", 1100), Pair("pods", 2), Pair("x/y", 2)));
  EXPECT_THAT(cluster.nodes[1].used, SizeIs(0));
  EXPECT_THAT(cluster.waiting, SizeIs(0)) << "they do not count";
  forget_pods(cluster);
  EXPECT_THAT(cluster.nodes[0].used, SizeIs(0));
  EXPECT_EQ(cluster.pods, 0U);
}

TEST(KubeList, PodsWithoutANodeWait) {
  KubeCluster cluster;
  const std::string spec = R"("containers":[{"resources":{"requests":{"nvidia.com/gpu":"2"}}}])";
  const std::string page = list("PodList", fmt::format(R"([{{"metadata":{{"name":"a"}},"spec":{{{0}}}}},
      {{"metadata":{{"name":"b"}},"spec":{{{0}}},"status":{{"phase":"Pending"}}}},
      {{"spec":{{{0},"schedulingGates":[{{"name":"quota"}}]}}}},
      {{"metadata":{{"name":"c","deletionTimestamp":"2026-11-30T00:00:00Z"}},"spec":{{{0}}}}},
      {{"spec":{{{0},"nodeSelector":{{"a":"b"}},"tolerations":[{{"operator":"Exists"}}],
        "affinity":{{"nodeAffinity":{{"requiredDuringSchedulingIgnoredDuringExecution":{{"nodeSelectorTerms":[
        {{"matchExpressions":[{{"key":"z","operator":"In","values":["1","2"]}}]}}]}}}}}}}}}}])",
                                                       spec));
  EXPECT_EQ(text(read_pods(page, kPending, cluster)), "next ");
  ASSERT_THAT(cluster.waiting, SizeIs(2));
  std::vector<WaitingPods> pods;
  for (const auto& [_, each] : cluster.waiting) pods.push_back(each);
  std::ranges::sort(pods, {}, &WaitingPods::count);
  EXPECT_EQ(pods[0].count, 1);
  EXPECT_EQ(pods[1].count, 2);
  EXPECT_THAT(pods[1].wanted, ElementsAre(Pair("nvidia.com/gpu", 2), Pair("pods", 1)));
  EXPECT_THAT(pods[0].selector, SizeIs(1));
  EXPECT_THAT(pods[0].terms, ElementsAre(SizeIs(1)));
  EXPECT_THAT(pods[0].tolerations, SizeIs(1));
}

TEST(KubeList, TheSchedulersRequestIsCounted) {
  EXPECT_THAT(
      requests(R"({"containers":[{"resources":{"requests":{"cpu":"500m"}}},{"resources":{"requests":{"cpu":"1"}}}],
                           "overhead":{"cpu":"250m","memory":"120Mi"}})"),
      ElementsAre(Pair("cpu", 1750), Pair("memory", 120LL << 20), Pair("pods", 1)));
  // An init container needs more than all that come after it.
  EXPECT_THAT(
      requests(
          R"({"initContainers":[{"resources":{"requests":{"cpu":"3","x/y":"1"}}},{"resources":{"requests":{"cpu":"2"}}}],
                           "containers":[{"resources":{"requests":{"cpu":"1","x/y":"4"}}}]})"),
      ElementsAre(Pair("cpu", 3000), Pair("pods", 1), Pair("x/y", 4)));
  // A sidecar runs beside the containers, and beside the init containers after it.
  EXPECT_THAT(requests(R"({"initContainers":[{"restartPolicy":"Always","resources":{"requests":{"cpu":"1"}}},
                                             {"resources":{"requests":{"cpu":"5"}}},
                                             {"restartPolicy":"Always","resources":{"requests":{"cpu":"2"}}}],
                           "containers":[{"resources":{"requests":{"cpu":"1"}}}]})"),
              ElementsAre(Pair("cpu", 6000), Pair("pods", 1)));
  EXPECT_THAT(requests(R"({"initContainers":[{"restartPolicy":"Always","resources":{"requests":{"cpu":"2"}}}],
                           "containers":[{"resources":{"requests":{"cpu":"1"}}}]})"),
              ElementsAre(Pair("cpu", 3000), Pair("pods", 1)));
  // A pod that asks as a whole.
  EXPECT_THAT(
      requests(R"({"resources":{"requests":{"cpu":"8"}},"containers":[{"resources":{"requests":{"cpu":"1","x/y":"1"}}}],
                           "overhead":{"cpu":"1"}})"),
      ElementsAre(Pair("cpu", 9000), Pair("pods", 1), Pair("x/y", 1)));
  EXPECT_THAT(requests("{}"), ElementsAre(Pair("pods", 1)));
  EXPECT_THAT(
      requests(R"({"containers":[{"resources":{"requests":{"x/y":"9E"}}},{"resources":{"requests":{"x/y":"9E"}}}]})"),
      ElementsAre(Pair("pods", 1), Pair("x/y", kMostAmount)));
}

TEST(KubeList, AResizeCountsAsTheSchedulerCountsIt) {
  const auto of = [](std::string_view asked, std::string_view allocated, std::string_view has, std::string_view why) {
    return used_cpus(fmt::format(R"("containers":[{{"name":"c","resources":{{"requests":{{"cpu":"{}"}}}}}}])", asked),
                     fmt::format(R"("conditions":[{{"type":"Ready","reason":"Infeasible"}},
                                     {{"type":"PodResizePending","status":"True","reason":"{}"}}],
                       "containerStatuses":[{{"name":"other","resources":{{"requests":{{"cpu":"500"}}}}}},
                                            {{"name":"c","allocatedResources":{{"cpu":"{}"}},
                                              "resources":{{"limits":{{"cpu":"900"}},"requests":{{"cpu":"{}"}}}}}}])",
                                 why, allocated, has));
  };
  EXPECT_EQ(of("2", "2", "2", ""), 2'000);
  EXPECT_EQ(of("8", "2", "2", "Deferred"), 8'000) << "it grows later";
  EXPECT_EQ(of("2", "64", "32", "Deferred"), 64'000) << "it has not shrunk yet";
  EXPECT_EQ(of("2", "2", "64", ""), 64'000);
  EXPECT_EQ(of("1000", "2", "1", "Infeasible"), 2'000) << "it never grows";
  constexpr std::string_view kSpec = R"("containers":[{"name":"c","resources":{"requests":{"cpu":"4"}}}])";
  EXPECT_EQ(used_cpus(kSpec, R"("containerStatuses":[{"name":"c","allocatedResources":{"cpu":"9"}}])"), 4'000)
      << "a node that resizes nothing";
  EXPECT_EQ(used_cpus(kSpec, R"("conditions":[{"type":"PodResizePending","reason":"Infeasible"}])"), 4'000);
}

TEST(KubeList, AResizeOfASidecarCounts) {
  const std::string_view status = R"({"initContainerStatuses":[
      {"name":"s","allocatedResources":{"cpu":"3"},"resources":{"requests":{"cpu":"2"}}},
      {"name":"i","allocatedResources":{"cpu":"30"},"resources":{"requests":{"cpu":"30"}}}]})";
  EXPECT_THAT(requests(R"({"initContainers":[{"name":"s","restartPolicy":"Always","resources":{"requests":{"cpu":"1"}}},
                                             {"name":"i","resources":{"requests":{"cpu":"1"}}}],
                           "containers":[{"name":"c","resources":{"requests":{"cpu":"1"}}}]})",
                       status),
              ElementsAre(Pair("cpu", 4000), Pair("pods", 1)));
}

TEST(KubeList, AnotherShapeIsNoList) {
  KubeCluster cluster;
  for (const auto& [page, says] : std::initializer_list<std::pair<std::string, const char*>>{
           {"<html>", "the answer is not JSON ("},
           {"{}", "the answer is not a NodeList of Kubernetes"},
           {"[]", "the answer is not a NodeList of Kubernetes"},
           {R"({"kind":"Status","code":200})", "the answer is not a NodeList of Kubernetes"},
           {list("PodList", "[]"), "the answer is not a NodeList of Kubernetes"},
           {R"({"kind":"NodeList"})", "the answer is a NodeList without items"},
           {list("NodeList", "{}"), "the answer is a NodeList without items"},
           {list("NodeList", "[{}]"), "the answer has a node without a name"},
           {list("NodeList", R"([{"metadata":{"name":"a"},"status":{"allocatable":{"cpu":"many"}}}])"),
            "node 'a' has cpu 'many', which is no quantity"},
           {list("NodeList", R"([{"metadata":{"name":"a"},"status":{"allocatable":{"cpu":null}}}])"),
            "node 'a' has cpu 'null', which is no quantity"},
       })
    EXPECT_THAT(text(read_nodes(page, kPlain, cluster)), StartsWith(says)) << page;
  EXPECT_THAT(
      text(read_pods(list("PodList", R"([{"metadata":{"name":"p","namespace":"n"},"spec":{"overhead":{"cpu":"-1"}}}])"),
                     kPlain, cluster)),
      "pod 'n/p' has cpu '-1', which is no quantity");
  EXPECT_THAT(text(read_pods(list("PodList", R"([{"spec":{"containers":[{"name":"c"}]},"status":{"containerStatuses":
                             [{"name":"c","resources":{"requests":{"x/y":"some"}}}]}}])"),
                             kPlain, cluster)),
              "pod '/' has x/y 'some', which is no quantity");
  EXPECT_EQ(text(read_nodes(list("NodeList", "null"), kPlain, cluster)), "next ");
  EXPECT_EQ(text(read_nodes(list("NodeList", R"([{"metadata":{"name":"a","labels":[]},"spec":3,"status":"x"},7])"),
                            kPlain, cluster)),
            "next ");
}

TEST(KubeList, ARefusalSaysWhy) {
  EXPECT_EQ(
      status_text(
          R"({"kind":"Status","status":"Failure","message":"pods is forbidden","reason":"Forbidden","code":403})"),
      "Forbidden: pods is forbidden");
  EXPECT_EQ(status_text("no"), "");
  EXPECT_EQ(status_text("[]"), "");
  EXPECT_EQ(status_text("{}"), "");
}

}  // namespace
}  // namespace probe
