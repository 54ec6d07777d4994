// Which credentials of Azure are used, and how.
#include "probe/azure_login.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "support/temp_dir.hpp"

namespace probe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class AzureLoginTest : public testing::Test {
 protected:
  std::expected<Request, std::string> request(const config::AzureOptions& options = {}) const {
    return azure_token_request(options, [this](const char* name) {
      const auto found = variables_.find(name);
      return found != variables_.end() ? found->second : std::string();
    });
  }
  std::string file(const std::string& content) const {
    std::ofstream(directory_ / "secret") << content;
    return directory_ / "secret";
  }

  support::TempDir directory_;
  std::map<std::string, std::string> variables_;
};

TEST_F(AzureLoginTest, AClientSecretIsFirst) {
  variables_ = {{"AZURE_TENANT_ID", "t"},          {"AZURE_CLIENT_ID", "c"},
                {"AZURE_CLIENT_SECRET", "a b&c"},  {"AZURE_FEDERATED_TOKEN_FILE", "/none"},
                {"IDENTITY_ENDPOINT", "http://x"}, {"AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us/"}};
  const auto by_environment = request();
  ASSERT_TRUE(by_environment);
  EXPECT_EQ(by_environment->url, "https://login.microsoftonline.us/t/oauth2/v2.0/token");
  EXPECT_EQ(by_environment->body,
            "client_id=c&scope=https%3A%2F%2Fmanagement.azure.com%2F.default&grant_type=client_credentials&"
            "client_secret=a%20b%26c");
  const auto by_file = request({.tenant = "t2",
                                .client_secret_file = file("other\n"),
                                .endpoint = "https://management.usgovcloudapi.net",
                                .authority = "https://login.microsoftonline.com"});
  EXPECT_EQ(by_file->url, "https://login.microsoftonline.com/t2/oauth2/v2.0/token");
  EXPECT_THAT(by_file->body, HasSubstr("management.usgovcloudapi.net%2F.default"));
  EXPECT_THAT(by_file->body, HasSubstr("client_secret=other"));
}

TEST_F(AzureLoginTest, ThenAFederatedTokenWhichIsReadAnew) {
  variables_ = {{"AZURE_TENANT_ID", "t"}, {"AZURE_CLIENT_ID", "c"}, {"AZURE_FEDERATED_TOKEN_FILE", file("first\n")}};
  EXPECT_THAT(request()->body, HasSubstr("client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3A"
                                         "jwt-bearer&client_assertion=first"));
  file("second");
  EXPECT_THAT(request()->body, HasSubstr("client_assertion=second"));
}

TEST_F(AzureLoginTest, ThenAnIdentityOfAppServiceOrOfTheMachine) {
  const auto machine = request();
  EXPECT_EQ(machine->url,
            "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&"
            "resource=https%3A%2F%2Fmanagement.azure.com");
  EXPECT_THAT(machine->headers, ElementsAre("Metadata: true"));
  EXPECT_TRUE(machine->direct);
  variables_ = {{"IDENTITY_ENDPOINT", "http://localhost:42/msi/token"}, {"IDENTITY_HEADER", "door"}};
  const auto service = request({.client_id = "c"});
  EXPECT_EQ(service->url,
            "http://localhost:42/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fmanagement.azure.com&"
            "client_id=c");
  EXPECT_THAT(service->secret_headers, ElementsAre("X-IDENTITY-HEADER: door"));
}

TEST_F(AzureLoginTest, WhatIsMissingIsNamed) {
  variables_ = {{"AZURE_CLIENT_SECRET", "x"}};
  EXPECT_THAT(request().error(), StartsWith("give 'tenant', or AZURE_TENANT_ID"));
  EXPECT_THAT(request({.tenant = "t"}).error(), StartsWith("give 'client_id', or AZURE_CLIENT_ID"));
  EXPECT_THAT(request({.client_secret_file = "/none"}).error(), HasSubstr("client_secret_file"));
  variables_ = {{"AZURE_FEDERATED_TOKEN_FILE", "/none"}};
  EXPECT_THAT(request().error(), HasSubstr("AZURE_FEDERATED_TOKEN_FILE"));
}

}  // namespace
}  // namespace probe
