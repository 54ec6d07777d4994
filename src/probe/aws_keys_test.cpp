#include "probe/aws_keys.hpp"

#include <gmock/gmock.h>

namespace probe {
namespace {

using testing::Eq;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAre;

constexpr std::string_view kFile = R"(# made by hand
[default]
aws_access_key_id = AKID1
AWS_Secret_Access_Key=secret/1=
; region = commented
s3 =
  max_concurrent_requests = 20
  region = nested

[profile "two words"]
region = eu-west-1
[profile gpu]
credential_process = /opt/bin/keys --for "gpu team"
[default]
region = eu-central-1
no setting
)";

TEST(AwsKeys, OfAFileAreInTheSectionOfTheProfile) {
  EXPECT_THAT(*read_aws_settings(kFile, "default"),
              UnorderedElementsAre(Pair("aws_access_key_id", "AKID1"), Pair("aws_secret_access_key", "secret/1="),
                                   Pair("s3", ""), Pair("region", "eu-central-1")));
  EXPECT_THAT(*read_aws_settings(kFile, "gpu"),
              UnorderedElementsAre(Pair("credential_process", "/opt/bin/keys --for \"gpu team\"")));
  EXPECT_THAT(*read_aws_settings(kFile, "two words"), UnorderedElementsAre(Pair("region", "eu-west-1")));
  EXPECT_EQ(read_aws_settings(kFile, "other"), std::nullopt);
  EXPECT_EQ(read_aws_settings("\xEF\xBB\xBF[a]\r\nb = c\r\n", "a")->at("b"), "c");
  EXPECT_EQ(read_aws_settings("[a", "a"), AwsSettings());
}

TEST(AwsKeys, AreBothThereOrNone) {
  const AwsKeys keys = **keys_in(*read_aws_settings(kFile, "default"));
  EXPECT_EQ(keys, (AwsKeys{"AKID1", "secret/1="}));
  EXPECT_THAT(*keys_in({{"region", "x"}}), Eq(std::nullopt));
  EXPECT_EQ(keys_in({{"aws_access_key_id", "A"}}).error(), "it has aws_access_key_id without aws_secret_access_key");
  EXPECT_EQ(keys_in({{"aws_secret_access_key", "A"}}).error(),
            "it has aws_secret_access_key without aws_access_key_id");
  EXPECT_THAT(keys_in({{"aws_access_key_id", "A"}, {"aws_secret_access_key", "a\x01hidden"}}).error(),
              Not(HasSubstr("hidden")));
}

TEST(AwsKeys, OfJsonHaveAnEnd) {
  const auto keys = read_aws_keys(R"({"Code":"Success","AccessKeyId":"A","SecretAccessKey":"S","Token":"T",
                                      "Expiration":"2026-11-24T13:22:05Z"})",
                                  "it");
  EXPECT_EQ(*keys, (AwsKeys{"A", "S", "T", base::parse_rfc3339("2026-11-24T13:22:05Z")}));
  EXPECT_EQ(*read_aws_keys(R"({"Version":1,"AccessKeyId":"A","SecretAccessKey":"S","SessionToken":"T"})", "it"),
            (AwsKeys{"A", "S", "T"}));
}

TEST(AwsKeys, ThatAreWrongAreNotRepeated) {
  const auto error = [](std::string_view json) { return read_aws_keys(json, "the answer").error(); };
  EXPECT_EQ(error("<html>"), "the answer is not JSON (syntax error)");
  EXPECT_EQ(error("[]"), "the answer is not a JSON object");
  EXPECT_EQ(error(R"({"AccessKeyId":"A","SecretAccessKey":7})"), "the answer has no AccessKeyId or no SecretAccessKey");
  EXPECT_EQ(error(R"({"AccessKeyId":"A","SecretAccessKey":"hidden\u000a"})"),
            "the answer has a key that is not one line of text");
  EXPECT_EQ(error(R"({"AccessKeyId":"A","SecretAccessKey":"S","Expiration":"soon"})"),
            "the answer has an Expiration that is no time");
}

TEST(AwsKeys, OfARoleComeFromSts) {
  const auto keys = read_assumed_role(
      "<AssumeRoleWithWebIdentityResponse "
      "xmlns='x'><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>A</AccessKeyId>"
      "<SecretAccessKey>S</SecretAccessKey><SessionToken>T</SessionToken><Expiration>2026-11-24T13:22:05Z</Expiration>"
      "</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>");
  EXPECT_EQ(*keys, (AwsKeys{"A", "S", "T", base::parse_rfc3339("2026-11-24T13:22:05Z")}));
  EXPECT_EQ(read_assumed_role("<a").error(), "the answer of STS is not whole XML");
  EXPECT_EQ(read_assumed_role("<a/>").error(), "the answer of STS has no AccessKeyId or no SecretAccessKey");
}

}  // namespace
}  // namespace probe
