#include "probe/kube_login.hpp"

#include <gmock/gmock.h>

namespace probe {
namespace {

using testing::StartsWith;

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
