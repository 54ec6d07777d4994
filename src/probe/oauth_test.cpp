// Requests for tokens of OAuth 2.0.
#include "probe/oauth.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "probe/http_request.hpp"
#include "support/temp_dir.hpp"

namespace probe {
namespace {

using testing::HasSubstr;

class OAuthTest : public testing::Test {
 protected:
  std::string secret(const std::string& text) {
    const auto path = directory_ / "secret";
    std::ofstream(path) << text << '\n';
    return path;
  }
  config::HttpOptions options() {
    return {.oauth = {.token_url = "https://id.example/token",
                      .client_id = "our client",
                      .client_secret_file = secret("a:b+c"),
                      .scope = "read write",
                      .audience = "https://api"}};
  }
  support::TempDir directory_;
};

TEST_F(OAuthTest, TheRequestIsAForm) {
  const Request request = token_request(options()).value();
  EXPECT_EQ(request.body, "grant_type=client_credentials&scope=read%20write&audience=https%3A%2F%2Fapi");
  EXPECT_EQ(request.username, "our%20client");
  EXPECT_EQ(request.password, "a%3Ab%2Bc");
  EXPECT_EQ(request.max_redirects, 0) << "no login for another host";
}

TEST_F(OAuthTest, TheSecretMayBeInTheForm) {
  config::HttpOptions posted = options();
  posted.oauth.auth_method = config::ClientAuth::client_secret_post;
  posted.oauth.audience = "";
  const Request request = token_request(posted).value();
  EXPECT_EQ(request.body,
            "grant_type=client_credentials&client_id=our%20client&client_secret=a%3Ab%2Bc&scope=read%20write");
  EXPECT_EQ(request.username, "");
  EXPECT_EQ(secrets_of(request).blotted("has a%3Ab%2Bc and a:b+c"), "has … and …");
}

TEST_F(OAuthTest, WithoutASecretThereIsNoRequest) {
  EXPECT_THAT(token_request({.oauth = {.client_secret_file = "/none"}}).error(), HasSubstr("oauth.client_secret_file"));
}

}  // namespace
}  // namespace probe
