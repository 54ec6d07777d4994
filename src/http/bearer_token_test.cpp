#include "http/bearer_token.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "base/secret.hpp"
#include "support/captured_log.hpp"
#include "support/temp_dir.hpp"

namespace http {
namespace {

BearerToken::Options admins(std::string file) {
  return {.opens = "administration", .name = "admin", .file = std::move(file)};
}

TEST(BearerToken, UnusableFilesAreRefused) {
  const support::TempDir directory;
  const std::string file = directory / "token";
  EXPECT_NO_THROW(BearerToken(admins("")));
  EXPECT_THROW(BearerToken(admins(file)), base::UsageError);
  std::ofstream(file) << std::string(15, 'x') << "\n";
  EXPECT_THROW(BearerToken(admins(file)), base::UsageError);
  std::ofstream(file) << std::string(16, 'x') << "\n";
  EXPECT_NO_THROW(BearerToken(admins(file)));
}

TEST(BearerToken, AllowsTheRightOneAlone) {
  const support::TempDir directory;
  const std::string file = directory / "token", token("a-token-of-some-length");
  std::ofstream(file) << token << "\n";
  const BearerToken admin(admins(file));
  Request request;
  EXPECT_EQ(BearerToken(admins("")).allows(request).error().code, base::Errc::forbidden);
  EXPECT_EQ(admin.allows(request).error().code, base::Errc::unauthorized);
  for (const std::string& wrong : {"Bearer x" + token.substr(1), "Bearer " + token.substr(0, token.size() - 1) + "x",
                                   "Bearer " + token + "x", "Bearer " + token + '\0', "Bearer " + token.substr(1),
                                   "Bearer " + token.substr(0, 9), "Basic " + token, token, std::string("Bearer ")}) {
    request.headers = {{"Authorization", wrong}};
    EXPECT_FALSE(admin.allows(request)) << wrong;
  }
  const std::string right = "Bearer " + token;
  request.headers = {{"Authorization", right}};
  EXPECT_TRUE(admin.allows(request));
}

TEST(BearerToken, ANewOneNeedsNoRestart) {
  const support::TempDir directory;
  const std::string file = directory / "token";
  base::make_secret(file, 0600);
  const BearerToken admin(admins(file));
  const std::string old = "Bearer " + base::read_secret("the token", file);
  Request request;
  request.headers = {{"Authorization", old}};
  EXPECT_TRUE(admin.allows(request));
  base::replace_secret(file, 0600);
  EXPECT_EQ(admin.allows(request).error().code, base::Errc::unauthorized) << "the old one is over";
  const std::string current = "Bearer " + base::read_secret("the token", file);
  request.headers = {{"Authorization", current}};
  EXPECT_TRUE(admin.allows(request));
  const support::CapturedLog log;
  std::ofstream(file) << "short";
  for (int i = 0; i < 100; ++i) EXPECT_EQ(admin.allows(request).error().code, base::Errc::unavailable);
  EXPECT_EQ(log.count("shorter than"), 1U) << "anybody may send requests";
}

TEST(BearerToken, MessagesNameItsKey) {
  const support::TempDir directory;
  const std::string file = directory / "token";
  const BearerToken off({.opens = "evidence of launches", .name = "observer", .file = ""});
  EXPECT_EQ(off.allows({}).error().message, "evidence of launches is off: no observer_token_file is configured");
  base::make_secret(file, 0600);
  const BearerToken token({.opens = "evidence of launches", .name = "observer", .file = file});
  EXPECT_EQ(token.allows({}).error().message, "the observer token is missing; send it as Authorization: Bearer TOKEN");
  Request request;
  request.headers = {{"Authorization", "Bearer x"}};
  EXPECT_EQ(token.allows(request).error().message, "the observer token is wrong; it is that of observer_token_file");
}

}  // namespace
}  // namespace http
