// Requests of a probe of kind http.
#include "probe/http_request.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "support/temp_dir.hpp"

namespace probe {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

Request request(const config::HttpOptions& options) {
  static const core::Profile kProfile{1, {"Amazon", "c5 \"large\""}, {}};
  return make_request(options, {&kProfile, 1}).value();
}

TEST(HttpRequest, NoSecretHeaderTravelsWithARedirect) {
  const auto redirects = [](const char* header) {
    return request({.url = "https://h", .headers = {header}, .max_redirects = 3}).max_redirects;
  };
  EXPECT_EQ(redirects("Accept: text/csv"), 3U);
  for (const char* header : {"X-Api-Key: k", "x-auth-token: k", "Proxy-Authorization: k"})
    EXPECT_EQ(redirects(header), 0U) << header;
  for (const char* header : {"Authorization: Bearer k", "authorization: k", "Cookie: k"})
    EXPECT_EQ(redirects(header), 3U) << header << ": libcurl keeps it from other hosts";
}

TEST(HttpRequest, ABodyIsJsonUnlessItSaysAnotherType) {
  EXPECT_THAT(request({.url = "https://h", .body = "{}"}).headers, ElementsAre("Content-Type: application/json"));
  EXPECT_THAT(request({.url = "https://h", .headers = {"content-type : text/csv"}, .body = "a,b"}).headers,
              ElementsAre("content-type : text/csv"));
  EXPECT_THAT(request({.url = "https://h"}).headers, ElementsAre());
}

TEST(HttpRequest, ABatchSendsItsProfilesUnlessItHasABody) {
  EXPECT_EQ(request({.url = "https://h/{name}", .batch = true}).url, "https://h/{name}");
  EXPECT_EQ(request({.url = "https://h", .batch = true}).body,
            "[{\"provider\":\"Amazon\",\"name\":\"c5 \\\"large\\\"\",\"attributes\":{}}]\n");
  EXPECT_EQ(request({.url = "https://h", .body = "{name}", .batch = true}).body, "{name}");
  EXPECT_EQ(request({.url = "https://h", .body = "\"{name}\""}).body, "\"c5 \\\"large\\\"\"");
}

// --- What is shown

TEST(HttpRequest, MembersOfABodyThatSoundSecretAreHidden) {
  const auto body = [](const std::string& text) {
    const std::string all = shown(request({.url = "https://h", .headers = {"Content-Type: x/y"}, .body = text}));
    return all.substr(all.find("\n\n") + 2);
  };
  EXPECT_EQ(body(R"({"user":"me-and-you","password":"hunter22","zone":"eu-west-1"})"),
            R"({"user":"me-and-you","password":"…","zone":"eu-west-1"})");
  EXPECT_EQ(body(R"({"auth":{"id":"0a1b2c","more":["3d4e5f",778899, true]},"n":778800})"),
            R"({"auth":{"id":"…","more":["…",…, true]},"n":778800})")
      << "and all that is in them";
  EXPECT_EQ(body(R"([{"attributes":{"api_key":"k\/1234567"}}])"), "…");
  EXPECT_EQ(body("grant_type=client_credentials&client_secret=s%2Bcr3t77&code=0a1b2c&scope=read"),
            "grant_type=client_credentials&client_secret=…&code=…&scope=read");
  EXPECT_EQ(body("?token=0a1b2c&=&token&x"), "?token=…&=&token&x");
  EXPECT_EQ(body("two words, and no form"), "two words, and no form");
}

TEST(HttpRequest, WhatIsSentIsHiddenInTheBodyToo) {
  const support::TempDir dir;
  const auto file = [&](const std::string& secret) {
    std::ofstream(dir / "secret") << secret << '\n';
    return dir / "secret";
  };
  const auto sent = [](config::HttpOptions options, const std::string& secret) {
    if (options.url.empty()) options.url = "https://h/";
    options.body = "not " + secret + ", not " + base64(secret);
    const Request made = request(options);
    const std::string all = shown(made);
    EXPECT_THAT(all, AllOf(EndsWith("\n\nnot …, not …"), Not(HasSubstr(secret)))) << secret;
    EXPECT_EQ(secrets_of(made).blotted(secret), "…") << "nor where the source repeats it";
  };
  sent({.token_file = file("token-0a1b2c")}, "token-0a1b2c");
  sent({.username = "me", .password_file = file("password-0a1b2c")}, "password-0a1b2c");
  sent({.header_files = {"X-Team: " + file("header-0a1b2c")}}, "header-0a1b2c");
  sent({.headers = {"X-Api-Key: key-0a1b2c"}}, "key-0a1b2c");
  sent({.url = "https://h/?sig=signature-0a1b2c"}, "signature-0a1b2c");
  sent({.url = "https://me:login-0a1b2c@h/"}, "login-0a1b2c");
  const config::HttpOptions signs{.sigv4 = {.region = "eu-central-1", .service = "lambda"}};
  const std::pair<const char*, const char*> variables[] = {{"AWS_ACCESS_KEY_ID", "AKID0A1B2C"},
                                                           {"AWS_SECRET_ACCESS_KEY", "aws-0a1b2c"},
                                                           {"AWS_SESSION_TOKEN", "session-0a1b2c"}};
  for (const auto& [name, value] : variables) ::setenv(name, value, 1);
  for (const auto& [name, value] : variables) sent(signs, value);
  for (const auto& [name, value] : variables) ::unsetenv(name);
  ::setenv("https_proxy", "http://me:proxy-0a1b2c@proxy", 1);
  sent({}, "proxy-0a1b2c");
  ::unsetenv("https_proxy");
}

}  // namespace
}  // namespace probe
