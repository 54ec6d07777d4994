#include "config/kubeconfig.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string file(const std::string& cluster, const std::string& user) {
  return "apiVersion: v1\nkind: Config\ncurrent-context: main\n"
         "contexts:\n- name: other\n  context: {cluster: far, user: nobody}\n- name: main\n  context: {cluster: near, "
         "user: me}\n"
         "clusters:\n- name: near\n  cluster: {" +
         cluster + "}\n- name: far\n  cluster: {server: https://far.example.org/k8s/}\nusers:\n- name: me\n  user: {" +
         user + "}\n- name: nobody\n  user: {}\n";
}

constexpr const char* kServer = "server: 'https://10.0.0.1:6443'";

Kubeconfig read(const std::string& cluster, const std::string& user) {
  return read_kubeconfig(file(cluster, user), "").value();
}

std::string error(const std::string& text, std::string_view context = "") {
  const auto config = read_kubeconfig(text, context);
  return config ? "none" : config.error();
}

TEST(Kubeconfig, HasAServerAndWhomItTrusts) {
  const Kubeconfig data =
      read("certificate-authority-data: UEVN, certificate-authority: /ca.crt, " + std::string(kServer), "");
  EXPECT_EQ(data.server, "https://10.0.0.1:6443");
  EXPECT_EQ(data.ca_data, "UEVN");
  EXPECT_EQ(data.ca_file, "/ca.crt");
  const auto other = read_kubeconfig(file(kServer, ""), "other");
  EXPECT_EQ(other->server, "https://far.example.org/k8s");
  EXPECT_EQ(other->ca_data + other->ca_file + other->token, "");
}

TEST(Kubeconfig, HasEveryWayToLogIn) {
  EXPECT_EQ(read(kServer, "token: abc").token, "abc");
  EXPECT_EQ(read(kServer, "tokenFile: /t").token_file, "/t");
  const Kubeconfig files = read(kServer, "client-certificate: c.pem, client-key: k.pem");
  EXPECT_EQ(files.certificate_file + " " + files.key_file, "c.pem k.pem");
  const Kubeconfig data = read(kServer, "client-certificate-data: Q0VSVA==, client-key-data: S0VZ");
  EXPECT_EQ(data.certificate_data + " " + data.key_data, "Q0VSVA== S0VZ");
  EXPECT_FALSE(data.program);
  const Kubeconfig program = read(kServer,
                                  "exec: {apiVersion: client.authentication.k8s.io/v1, command: aws, args: [eks, "
                                  "get-token], env: [{name: AWS_PROFILE, value: ml}]}");
  ASSERT_TRUE(program.program);
  EXPECT_THAT(program.program->command, ElementsAre("aws", "eks", "get-token"));
  EXPECT_THAT(program.program->environment, ElementsAre("AWS_PROFILE=ml"));
  EXPECT_EQ(program.program->version, "client.authentication.k8s.io/v1");
  EXPECT_FALSE(program.program->knows_cluster);
  EXPECT_EQ(program.program->cluster_config, "");
  EXPECT_FALSE(read(kServer, "exec: null").program);
}

TEST(Kubeconfig, AProgramMayKnowTheCluster) {
  const auto program = [](const std::string& extension) {
    const auto text = file(std::string(kServer) + ", extensions: [{name: other, extension: 1}, {name: " +
                               "client.authentication.k8s.io/exec, extension: " + extension + "}]",
                           "exec: {command: a, provideClusterInfo: true}");
    const auto config = read_kubeconfig(text, "");
    return config ? config->program->cluster_config : config.error();
  };
  EXPECT_TRUE(read(kServer, "exec: {command: a, provideClusterInfo: true}").program->knows_cluster);
  EXPECT_EQ(program("{audience: a\"b, n: 1, f: 1.5, t: true, q: 'true', list: [x, null, {}], 'no': 010}"),
            R"({"audience":"a\"b","n":1,"f":1.5,"t":true,"q":"true","list":["x",null,{}],"no":"010"})");
  EXPECT_EQ(program("null"), "");
  EXPECT_EQ(program("&a [*a]"), "has another form than a kubeconfig") << "without end";
  std::string doubled = "{a: &a [x, x]";
  for (char c = 'b'; c < 'p'; ++c)
    doubled += fmt::format(", {0}: &{0} [*{1}, *{1}, *{1}]", c, static_cast<char>(c - 1));
  EXPECT_EQ(program(doubled + "}"), "has another form than a kubeconfig") << "too large";
}

TEST(Kubeconfig, IsReadAsJsonToo) {
  EXPECT_EQ(read_kubeconfig(R"({"current-context":"a","contexts":[{"name":"a","context":{"cluster":"c"}}],
                                "clusters":[{"name":"c","cluster":{"server":"http://127.0.0.1:8001"}}]})",
                            "")
                ->server,
            "http://127.0.0.1:8001");
}

TEST(Kubeconfig, WhatIsMissingIsNamed) {
  EXPECT_EQ(error(file(kServer, ""), "third"), "has no context 'third'");
  EXPECT_EQ(error("current-context: x"), "has no context 'x'");
  EXPECT_EQ(error("contexts: []"), "has no current-context; name one in 'context'");
  EXPECT_EQ(error(""), "has no current-context; name one in 'context'");
  EXPECT_EQ(error("[1, 2]"), "has no current-context; name one in 'context'");
  EXPECT_EQ(error("{current-context: a, contexts: [{name: a, context: {cluster: c}}]}"), "has no cluster 'c'");
  EXPECT_EQ(error("{current-context: a, contexts: [{name: a, context: {cluster: c, user: u}}],"
                  " clusters: [{name: c, cluster: {server: 'https://h'}}]}"),
            "has no user 'u'");
  EXPECT_EQ(error(file("server: 'tcp://h'", "")), "has a server 'tcp://h', which is no URL");
  EXPECT_EQ(error(file("a: b", "")), "has a server '', which is no URL");
  EXPECT_EQ(error(file("server: 'https://h:x'", "")), "has a server 'https://h:x', which is no URL");
  EXPECT_EQ(error(file(kServer, "exec: {command: a, args: {b: c}}")), "has another form than a kubeconfig");
  EXPECT_EQ(error(file(kServer, "exec: {args: [a]}")), "has an exec without a command");
  EXPECT_EQ(error("current-context: a\n  b: secret: [\n"), "is not YAML: line 2");
}

TEST(Kubeconfig, WhatIsNotDoneIsSaid) {
  EXPECT_THAT(error(file(std::string("insecure-skip-tls-verify: true, ") + kServer, "")),
              StartsWith("turns the check of certificates off (insecure-skip-tls-verify)"));
  EXPECT_EQ(error(file(std::string("insecure-skip-tls-verify: false, ") + kServer, "")), "none");
  EXPECT_THAT(error(file(std::string("tls-server-name: a, ") + kServer, "")), StartsWith("has tls-server-name, which"));
  EXPECT_THAT(error(file(std::string("proxy-url: 'http://p', ") + kServer, "")), StartsWith("has proxy-url, which"));
  for (const char* key : {"auth-provider", "as", "username"})
    EXPECT_THAT(error(file(kServer, std::string(key) + ": secret")),
                AllOf(StartsWith(std::string("logs in with ") + key), Not(HasSubstr("secret"))));
}

}  // namespace
}  // namespace config
