// The probe, with a server that speaks the protocol of lists (tests/support/kube_server.py).
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <fstream>

#include "base/runtime.hpp"
#include "probe/call.hpp"
#include "probe/kinds.hpp"
#include "support/eventually.hpp"
#include "support/function_server.hpp"
#include "support/temp_dir.hpp"

namespace probe {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using support::kPatience;
using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::Optional;
using testing::StartsWith;

constexpr int kManyPods = 1200;

std::string node(const std::string& name) {
  return fmt::format(R"({{"metadata":{{"name":"{}","labels":{{"node.kubernetes.io/instance-type":"p4d"}}}},"spec":{{}},
      "status":{{"allocatable":{{"cpu":"16","nvidia.com/gpu":"4","pods":"2000"}},"conditions":[{{"type":"Ready","status":"True"}}]}}}})",
                     name);
}

std::string pods() {
  std::string text = "[";
  for (int i = 0; i < kManyPods; ++i)
    text += fmt::format(R"({}{{"metadata":{{"name":"p{}","namespace":"n"}},"spec":{{"nodeName":"a","containers":[{{
        "env":[{{"name":"PASSWORD","value":"hunter22-in-a-pod"}}],"resources":{{"requests":{{"cpu":"10m"}}}}}}]}},
        "status":{{"phase":"{}"}}}})",
                        i == 0 ? "" : ",", i, i < kManyPods - 100 ? "Running" : "Succeeded");
  return text + "]";
}

class KubernetesTest : public testing::Test {
 protected:
  KubernetesTest() {
    for (const char* proxy : {"http_proxy", "https_proxy", "all_proxy"}) ::unsetenv(proxy);
    server_ = std::make_unique<support::FunctionServer>(
        std::vector<std::string>{"--nodes", file("nodes", "[" + node("a") + "," + node("b") + "]"), "--pods",
                                 file("pods", pods())},
        "kube_server.py");
    login("");
    runtime_.start();
  }
  void SetUp() override {
    if (server_->missing()) GTEST_SKIP() << "python3 is missing";
  }

  std::string file(const std::string& name, const std::string& content) {
    std::ofstream(directory_ / name) << content;
    return directory_ / name;
  }
  /// Writes a kubeconfig whose user has these keys.
  void login(const std::string& user) {
    config_.kubernetes.kubeconfig =
        file("config",
             fmt::format("{{current-context: a, contexts: [{{name: a, context: {{cluster: c, user: u}}}}], clusters: "
                         "[{{name: c, cluster: {{server: '{}'}}}}], users: [{{name: u, user: {{{}}}}}]}}",
                         server_->url(""), user));
  }
  /// "{\"faults\": …}" for the server.
  void control(const std::string& changes) {
    const Request request{.method = "POST", .url = server_->url("/control"), .body = changes};
    ASSERT_TRUE(probe::call(request, kPatience));
  }
  std::vector<std::string> requests() {
    std::vector<std::string> all;
    const auto answer = probe::call({.url = server_->url("/control")}, kPatience);
    for (const auto& each : boost::json::parse(answer->body).as_object().at("requests").as_array())
      all.emplace_back(each.as_string());
    return all;
  }
  std::future<Answer> start(base::Duration timeout = kPatience) {
    probe_ = make_probe(config_, runtime_.background().get_executor());
    return support::start(runtime_.background(),
                          probe_->measure(profiles_, {steady_clock::now() + timeout, stop_.get_token(), &trace_}));
  }
  Answer measure() {
    trace_ = {};
    return start().get();
  }
  std::string error() {
    const Answer answer = measure();
    return answer.results.at(0) ? "none" : answer.results.at(0).error();
  }

  support::TempDir directory_;
  std::unique_ptr<support::FunctionServer> server_;
  base::Runtime runtime_{1};
  config::ProbeConfig config_{.name = "test", .kind = "kubernetes", .match = {.provider = "k8s"}, .timeout = kPatience};
  std::vector<core::Profile> profiles_ = {{.id = 1, .key = {"k8s", "p4d"}},
                                          {.id = 2, .key = {"k8s", "nvidia.com/gpu"}}};
  Trace trace_;
  std::stop_source stop_;
  std::unique_ptr<Probe> probe_;
};

TEST_F(KubernetesTest, OneRunMeasuresAllProfilesPageByPage) {
  profiles_.push_back({.id = 3, .key = {"k8s", "none"}});
  const Answer answer = measure();
  ASSERT_EQ(answer.results.size(), 3U);
  EXPECT_EQ(answer.results[0]->reason,
            "21 of 32 CPUs free on 2 of 2 nodes, at most 16 on one (HIGH: free >= 1 and free/total >= 0.25)");
  EXPECT_THAT(answer.results[1]->free, Optional(8));
  EXPECT_EQ(answer.results[2].error(), "the cluster has no class and no resource 'none'; there are: p4d");
  EXPECT_FALSE(answer.discovered);
  const auto asked = requests();
  ASSERT_EQ(asked.size(), 4U);
  EXPECT_EQ(asked[0], "/api/v1/nodes?limit=500");
  EXPECT_EQ(asked[1], "/api/v1/pods?limit=500&fieldSelector=status.phase%21%3DSucceeded%2Cstatus.phase%21%3DFailed");
  EXPECT_THAT(asked[2], StartsWith(asked[1] + "&continue="));
  EXPECT_THAT(trace_.sent, StartsWith("GET " + server_->url(asked[0]) + "\nGET " + server_->url(asked[1]) + "\n"));
  EXPECT_THAT(trace_.received, AllOf(StartsWith("200 OK\n"), HasSubstr("2 nodes so far\n"),
                                     HasSubstr("500 pods so far; more to come\n"), HasSubstr("1100 pods so far\n"),
                                     EndsWith("a: free 5 of 16 CPUs, 4 of 4 nvidia.com/gpu, 900 of 2000 pods\n"
                                              "b: free 16 of 16 CPUs, 4 of 4 nvidia.com/gpu, 2000 of 2000 pods\n")));
  EXPECT_THAT(trace_.received, Not(HasSubstr("hunter22")));
  EXPECT_EQ(concurrency(config_), 1U);
}

TEST_F(KubernetesTest, AListThatIsTooOldBeginsAnew) {
  control(R"({"faults":["","","","gone"]})");
  EXPECT_THAT(measure().results.at(0)->free, Optional(21)) << "no pod counts twice";
  EXPECT_EQ(requests().size(), 7U);
  control(R"({"faults":["","","gone","","gone","","gone","","gone"]})");
  EXPECT_EQ(error(), "answered 410 Gone to the list of pods");
  control(R"({"faults":["gone"]})");
  EXPECT_EQ(error(), "answered 410 Gone to the list of nodes") << "a first page cannot be too old";
}

TEST_F(KubernetesTest, AServerThatIsBusyIsAskedLater) {
  control(R"({"faults":["busy","","busy-now"]})");
  EXPECT_THAT(measure().results.at(0)->free, Optional(21));
  EXPECT_THAT(trace_.received,
              StartsWith("429 Too Many Requests (TooManyRequests: Too many requests, please try again later.)\n"));
  control(R"({"faults":["busy","busy","busy"]})");
  auto answer = start(900ms);
  ASSERT_TRUE(support::ready(answer));
  EXPECT_EQ(answer.get().results.at(0).error(), "answered 429 Too Many Requests to the list of nodes");
}

TEST_F(KubernetesTest, ARefusalNamesTheMissingRight) {
  control(R"({"forbidden":["pods"]})");
  EXPECT_EQ(error(),
            "answered 403 Forbidden: the account may not list the pods of all namespaces; it needs a ClusterRole "
            "with get and list of nodes and pods");
  EXPECT_THAT(trace_.received, HasSubstr("403 Forbidden (Forbidden: pods is forbidden: User "));
  control(R"({"forbidden":["nodes"]})");
  EXPECT_THAT(error(), StartsWith("answered 403 Forbidden: the account may not list the nodes of the cluster"));
}

TEST_F(KubernetesTest, ABrokenAnswerIsAFailureAndRemovesNoProfile) {
  config_.kubernetes.discover.patterns = {"*"};
  EXPECT_EQ(measure().discovered->size(), 3U);
  for (const auto& [fault, says] : std::initializer_list<std::pair<const char*, const char*>>{
           {"error", "answered 500 Internal Server Error to the list of nodes"},
           {"cut", "the answer was cut off: "},
           {"status", "the answer is not a NodeList of Kubernetes"},
           {"page", "the answer is not JSON ("},
           {"other-kind", "the answer is not a NodeList of Kubernetes"},
           {"loop", "the list of nodes goes on where it was"}}) {
    control(fmt::format(R"({{"faults":["{}"]}})", fault));
    const Answer answer = measure();
    EXPECT_THAT(answer.error, StartsWith(says)) << fault;
    EXPECT_FALSE(answer.discovered) << fault;
    EXPECT_TRUE(answer.asked) << fault;
  }
}

TEST_F(KubernetesTest, DiscoversWhatMatches) {
  config_.kubernetes.discover.patterns = {"*"};
  config_.match.name = "p4d*";
  EXPECT_THAT(measure().discovered,
              Optional(ElementsAre(core::ProfileKey{"k8s", "p4d"}, core::ProfileKey{"k8s", "p4d:nvidia.com/gpu"})));
}

TEST_F(KubernetesTest, AMissingLoginIsNotAsked) {
  config_.kubernetes.kubeconfig = directory_ / "none";
  const Answer answer = measure();
  EXPECT_EQ(answer.error, fmt::format("cannot read kubeconfig from the file '{}/none': No such file or directory",
                                      directory_.path().string()));
  EXPECT_FALSE(answer.asked);
  config_.kubernetes.kubeconfig = file("list", "[]");
  EXPECT_THAT(error(), EndsWith("/list' has no current-context; name one in 'context'"));
  config_.kubernetes.kubeconfig = "";
  ::unsetenv("KUBERNETES_SERVICE_HOST");
  EXPECT_THAT(error(), StartsWith("this is no pod of a cluster, since KUBERNETES_SERVICE_HOST is not set"));
  ::setenv("KUBERNETES_SERVICE_HOST", "::1", 1);
  ::setenv("KUBERNETES_SERVICE_PORT", "1", 1);
  config_.kubernetes.service_account = directory_.path().string();
  EXPECT_THAT(error(), AllOf(HasSubstr("service_account"), HasSubstr("/token'")));
  file("token", "abc");
  EXPECT_THAT(error(), AllOf(HasSubstr("service_account"), HasSubstr("/ca.crt'")));
  file("ca.crt", "none");
  EXPECT_NE(error(), "none");
  EXPECT_EQ(trace_.sent, "GET https://[::1]:1/api/v1/nodes?limit=500\n");
  ::unsetenv("KUBERNETES_SERVICE_HOST");
  ::unsetenv("KUBERNETES_SERVICE_PORT");
}

TEST_F(KubernetesTest, ALoginNeedsEncryption) {
  login("token: abc");
  EXPECT_THAT(error(), EndsWith("would send a login without encryption; its server needs https://"));
  login("exec: {command: x}");
  EXPECT_THAT(error(), EndsWith("would send a login without encryption; its server needs https://"));
}

TEST_F(KubernetesTest, GivesUpAtTheDeadlineAndWhenStopped) {
  control(R"({"faults":["hang","hang"]})");
  auto answer = start(50ms);
  ASSERT_TRUE(support::ready(answer));
  EXPECT_THAT(answer.get().results.at(1).error(), StartsWith("timed out after "));
  auto stopped = start();
  ASSERT_TRUE(support::eventually([&] { return requests().size() == 2; }));
  support::on(runtime_.background(), [&] { stop_.request_stop(); });
  ASSERT_TRUE(support::ready(stopped));
  EXPECT_EQ(stopped.get().results.at(0).error(), "cancelled");
}

}  // namespace
}  // namespace probe
