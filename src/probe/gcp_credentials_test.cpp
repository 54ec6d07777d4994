// Google's files of credentials.
#include "probe/gcp_credentials.hpp"

#include <gmock/gmock.h>

#include "probe/jwt.hpp"

namespace probe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string error(const std::string& text) {
  const auto read = read_gcp_credentials(text);
  return read ? "none" : read.error();
}

TEST(GcpCredentials, OfAServiceAccount) {
  const auto read = read_gcp_credentials(R"({"type":"service_account","client_email":"a@p.iam.gserviceaccount.com",
      "private_key":"-----BEGIN PRIVATE KEY-----\nx\n","private_key_id":"k1"})");
  ASSERT_TRUE(read) << read.error();
  const auto& key = std::get<GcpKey>(*read);
  EXPECT_EQ(key.email, "a@p.iam.gserviceaccount.com");
  EXPECT_EQ(key.private_key, "-----BEGIN PRIVATE KEY-----\nx\n");
  EXPECT_EQ(key.key_id, "k1");
  EXPECT_EQ(key.token_uri, "https://oauth2.googleapis.com/token");
}

TEST(GcpCredentials, OfFederation) {
  const auto read = read_gcp_credentials(R"({"type":"external_account","audience":"//iam/pool",
      "subject_token_type":"urn:ietf:params:oauth:token-type:jwt","token_url":"https://sts.googleapis.com/v1/token",
      "service_account_impersonation_url":"https://iamcredentials.googleapis.com/x:generateAccessToken",
      "credential_source":{"url":"http://x/token","headers":{"Metadata":"True"},
                           "format":{"type":"json","subject_token_field_name":"access_token"}}})");
  ASSERT_TRUE(read) << read.error();
  const auto& federation = std::get<GcpFederation>(*read);
  EXPECT_EQ(federation.url, "http://x/token");
  EXPECT_THAT(federation.headers, ElementsAre("Metadata: True"));
  EXPECT_EQ(federation.field, "access_token");
  EXPECT_EQ(federation.impersonation_url, "https://iamcredentials.googleapis.com/x:generateAccessToken");
}

TEST(GcpCredentials, WhatIsMissingIsNamedWithoutAnySecret) {
  EXPECT_EQ(error("hunter22"), "the file is not JSON (syntax error)");
  EXPECT_EQ(error("[]"), "the file is not a JSON object");
  EXPECT_EQ(error("{}"), "its type is not service_account, external_account or authorized_user");
  const std::string half = error(R"({"type":"service_account","private_key":"hunter22"})");
  EXPECT_EQ(half, "the file has no client_email, or not in the right form");
  EXPECT_EQ(error(R"({"type":"service_account","client_email":"a","private_key":"x","token_uri":"file:///etc"})"),
            "the file has no token_uri, or not in the right form");
  EXPECT_EQ(error(R"({"type":"authorized_user","client_id":"a","client_secret":"b"})"),
            "the file has no refresh_token, or not in the right form");
  const std::string external =
      R"({"type":"external_account","audience":"a","subject_token_type":"t","token_url":"https://x")";
  EXPECT_EQ(error(external + "}"), "the file has no credential_source");
  EXPECT_THAT(error(external + R"(,"credential_source":{"environment_id":"aws1","url":"http://169.254.169.254"}})"),
              HasSubstr("has neither file nor url"));
  EXPECT_THAT(error(external + R"(,"credential_source":{"executable":{}}})"), HasSubstr("has neither file nor url"));
  EXPECT_THAT(error(external + R"(,"service_account_impersonation_url":"x","credential_source":{"file":"/t"}})"),
              HasSubstr("service_account_impersonation_url"));
}

TEST(GcpCredentials, SubjectTokens) {
  EXPECT_EQ(read_subject_token(" token\n", ""), "token");
  EXPECT_EQ(read_subject_token(R"({"value":"token"})", "value"), "token");
  EXPECT_FALSE(read_subject_token("", ""));
  EXPECT_FALSE(read_subject_token("two\nlines", ""));
  EXPECT_FALSE(read_subject_token(R"({"value":7})", "value"));
  EXPECT_FALSE(read_subject_token("hunter22", "value"));
}

TEST(Jwt, NeedsAKeyAndDoesNotRepeatIt) {
  for (const char* key : {"", "hunter22", "-----BEGIN PRIVATE KEY-----\nhunter22\n-----END PRIVATE KEY-----\n"}) {
    const auto token = signed_jwt("{}", "k", key);
    ASSERT_FALSE(token);
    EXPECT_THAT(token.error(), AllOf(HasSubstr("no RSA key"), Not(HasSubstr("hunter22"))));
  }
}

}  // namespace
}  // namespace probe
