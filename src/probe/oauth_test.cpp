// Tokens of OAuth 2.0.
#include "probe/oauth.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "support/temp_dir.hpp"

namespace probe {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class OAuthTest : public testing::Test {
 protected:
  std::string secret(const std::string& text) {
    const auto path = directory_ / "secret";
    std::ofstream(path) << text << '\n';
    return path;
  }
  support::TempDir directory_;
};

TEST_F(OAuthTest, TheRequestIsAForm) {
  const config::HttpOptions options{.oauth = {.token_url = "https://id.example/token",
                                              .client_id = "our client",
                                              .client_secret_file = secret("a:b+c"),
                                              .scope = "read write",
                                              .audience = "https://api"}};
  const Request request = token_request(options).value();
  EXPECT_EQ(request.body, "grant_type=client_credentials&scope=read%20write&audience=https%3A%2F%2Fapi");
  EXPECT_EQ(request.username, "our%20client");
  EXPECT_EQ(request.password, "a%3Ab%2Bc");
  EXPECT_EQ(request.max_redirects, 0) << "no login for another host";
  EXPECT_THAT(token_request({.oauth = {.client_secret_file = "/none"}}).error(), HasSubstr("oauth.client_secret_file"));
}

std::string token(int status, std::string body) {
  Secrets secrets;
  secrets.add("hunter22");
  const auto token = read_token({.status = status, .body = std::move(body)}, secrets);
  if (!token) return "failed: " + token.error();
  return fmt::format("{} for {} s", token->text, token->lifetime / 1s);
}

TEST(ReadToken, ReadsWhatIsGranted) {
  EXPECT_EQ(token(200, R"({"access_token":"abc","token_type":"Bearer","expires_in":3600})"), "abc for 3600 s");
  EXPECT_EQ(token(200, R"({"access_token":"abc","token_type":"bearer","expires_in":"600"})"), "abc for 600 s");
  EXPECT_EQ(token(200, R"({"access_token":"abc","token_type":"bearer"})"), "abc for 300 s");
  for (const char* odd : {"0", "-1", "null", "\"x\"", "[]"})
    EXPECT_EQ(token(200, fmt::format(R"({{"access_token":"a","token_type":"bearer","expires_in":{}}})", odd)),
              "a for 300 s");
  EXPECT_EQ(token(200, R"({"access_token":"a","token_type":"bearer","expires_in":1e300})"), "a for 86400 s");
}

TEST(ReadToken, SaysWhyThereIsNone) {
  EXPECT_EQ(token(401, R"({"error":"invalid_client","error_description":"who?"})"),
            "failed: answered 401: invalid_client");
  EXPECT_EQ(token(503, "<html>"), "failed: answered 503");
  EXPECT_EQ(token(400, R"({"error":"hunter22\n"})"), "failed: answered 400: …");
  for (const char* none : {"", "[]", "<html>"})
    EXPECT_EQ(token(200, none), "failed: answered something other than a JSON object");
  for (const char* none : {"{}", R"({"access_token":7})", R"({"access_token":"a b","token_type":"bearer"})"})
    EXPECT_EQ(token(200, none), "failed: answered without an access_token");
  EXPECT_EQ(token(200, R"({"access_token":"a","token_type":"mac"})"),
            "failed: answered with a token that is no bearer token");
}

}  // namespace
}  // namespace probe
