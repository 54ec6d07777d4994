#include "probe/kube_login.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>

#include "support/temp_dir.hpp"

namespace probe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class KubeLoginTest : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& content) { std::ofstream(directory_ / name) << content; }
  /// The login of a kubeconfig whose cluster and user have these keys.
  KubeLogin login(const std::string& user, const std::string& cluster = "") { return find(user, cluster).value(); }
  std::expected<KubeLogin, std::string> find(const std::string& user, const std::string& cluster = "") {
    write("config", fmt::format("{{current-context: a, contexts: [{{name: a, context: {{cluster: c, user: u}}}}], "
                                "clusters: [{{name: c, cluster: {{server: 'https://h:6443'{}}}}}], "
                                "users: [{{name: u, user: {{{}}}}}]}}",
                                cluster, user));
    return find_login({.kubeconfig = directory_ / "config"});
  }

  support::TempDir directory_;
};

TEST_F(KubeLoginTest, AFileOfATokenCountsMoreThanTheTokenBesideIt) {
  write("token", "new\n");
  EXPECT_EQ(login("token: old, tokenFile: token").request.bearer, "new");
  EXPECT_EQ(login("token: old, tokenFile: none").request.bearer, "old") << "which cannot be read";
  EXPECT_EQ(login("token: old").request.bearer, "old");
  EXPECT_THAT(find("tokenFile: none").error(), HasSubstr("tokenFile"));
}

TEST_F(KubeLoginTest, AProgramCountsOnlyWithoutAnotherLogin) {
  write("token", "new\n");
  write("me.crt", "PEM");
  EXPECT_TRUE(login("exec: {command: a}").program);
  for (const char* other : {"token: abc", "tokenFile: token", "client-certificate: me.crt",
                            "client-certificate-data: UEVN, client-key-data: UEVN"})
    EXPECT_FALSE(login(fmt::format("{}, exec: {{command: a}}", other)).program) << other;
}

TEST_F(KubeLoginTest, DataMayBeInLines) {
  EXPECT_EQ(login("", R"(, certificate-authority-data: "LS0t\nLS1C\r\nRUdJTg==\n")").request.ca, "-----BEGIN");
  for (const char* wrong : {"LS0tLS1C RUdJTg==", "LS0tLS1C!RUdJTg==", "!"})
    EXPECT_EQ(find("", fmt::format(", certificate-authority-data: '{}'", wrong)).error(),
              "the kubeconfig's certificate-authority-data is not base64");
}

TEST_F(KubeLoginTest, AProgramIsTold) {
  const auto told = [&](const std::string& keys, const std::string& cluster = "") {
    return login("exec: {apiVersion: v, command: ./a, env: [{name: A, value: b}]" + keys + "}", cluster)
        .program->environment;
  };
  EXPECT_THAT(told(""), ElementsAre("A=b", R"(KUBERNETES_EXEC_INFO={"apiVersion":"v","kind":"ExecCredential",)"
                                           R"("spec":{"interactive":false}})"));
  const std::string start = R"(KUBERNETES_EXEC_INFO={"apiVersion":"v","kind":"ExecCredential","spec":{"cluster":)"
                            R"({"server":"https://h:6443")";
  EXPECT_EQ(told(", provideClusterInfo: true").back(), start + R"(},"interactive":false}})");
  write("ca.crt", "PEM");
  EXPECT_EQ(told(", provideClusterInfo: true",
                 ", certificate-authority: ca.crt, extensions: [{name: client.authentication.k8s.io/exec, "
                 "extension: {audience: x}}]")
                .back(),
            start + R"(,"certificate-authority-data":"UEVN","config":{"audience":"x"}},"interactive":false}})");
}

TEST(KubeLogin, IsPrintedByAProgram) {
  const auto read = [](std::string_view status) {
    return read_login(fmt::format(
        R"({{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{}}})", status));
  };
  EXPECT_EQ(read(R"({"token":"abc","expirationTimestamp":"2026-01-01T00:00:00Z"})")->token, "abc");
  EXPECT_EQ(read(R"({"clientCertificateData":"C","clientKeyData":"K"})")->key, "K");
  EXPECT_EQ(read("{}").error(), "has neither a token nor a certificate with its key");
  EXPECT_EQ(read(R"({"clientCertificateData":"C"})").error(), "has neither a token nor a certificate with its key");
  EXPECT_EQ(read(R"({"token":"a\nb"})").error(), "has a token that is not one line of text");
  EXPECT_EQ(read("3").error(), "is no ExecCredential with a status");
  EXPECT_EQ(read_login("{}").error(), "is no ExecCredential with a status");
  EXPECT_EQ(read_login("[]").error(), "is no ExecCredential with a status");
  EXPECT_THAT(read_login("Your session has ended").error(), StartsWith("is not JSON"));
}

}  // namespace
}  // namespace probe
