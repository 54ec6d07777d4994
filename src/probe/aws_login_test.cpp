// Credentials of probes of kind aws, against a server that checks their signatures.
#include <gmock/gmock.h>

#include "support/aws_test.hpp"

namespace probe {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class AwsLoginTest : public support::AwsTest {};

TEST_F(AwsLoginTest, CredentialsComeFromEachPlaceInItsTurn) {
  const auto key = [&] {
    const Result result = ask("few.large");
    return result ? latest_key() : result.error();
  };
  EXPECT_EQ(key(), "AKIDENVIRONMENT");
  forget();
  set("AWS_EC2_METADATA_DISABLED", "false");
  EXPECT_EQ(key(), "AKIDMACHINE1");
  set("AWS_CONTAINER_CREDENTIALS_FULL_URI", url("/container"));
  set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file("container-token", "Bearer container-token-1\n"));
  EXPECT_EQ(key(), "AKIDCONTAINER");
  std::filesystem::create_directory(directory_ / ".aws");
  file(".aws/config", fmt::format("[default]\naws_access_key_id = AKIDCONFIG\naws_secret_access_key = {}\n"
                                  "[profile made]\ncredential_process = cat {}/made\n[profile sso]\nsso_session = x\n",
                                  secret_of("CONFIG"), directory_.path().string()));
  EXPECT_EQ(key(), "AKIDCONFIG");
  file(".aws/credentials", fmt::format("[default]\naws_access_key_id = AKIDFILE\naws_secret_access_key = {}\n"
                                       "aws_session_token = token-of-file\n",
                                       secret_of("FILE")));
  EXPECT_EQ(key(), "AKIDFILE");
  file("made",
       fmt::format(
           R"({{"Version":1,"AccessKeyId":"AKIDPROCESS","SecretAccessKey":"{}","SessionToken":"token-of-process"}})",
           secret_of("PROCESS")));
  set("AWS_PROFILE", "made");
  EXPECT_EQ(key(), "AKIDPROCESS");
  set("AWS_PROFILE", "sso");
  EXPECT_THAT(key(), HasSubstr("credential_process = aws configure export-credentials --profile sso --format process"));
  set("AWS_WEB_IDENTITY_TOKEN_FILE", file("web-token", "web.identity.token\n"));
  set("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/vacancy");
  EXPECT_EQ(key(), "AKIDWEB");
  use_keys_of("ENVIRONMENT");
  EXPECT_EQ(key(), "AKIDENVIRONMENT");
  const auto named = make({.regions = {"eu-central-1"}, .credentials_profile = "made"});
  EXPECT_TRUE(measure(*named, {profile("few.large")}).results.at(0));
  EXPECT_EQ(latest_key(), "AKIDPROCESS") << "a profile that is asked for comes first";
}

/// As AWS's own tools: keys beside a role are only for taking it, and a program comes before keys of the configuration.
TEST_F(AwsLoginTest, BothFilesTellAboutAProfile) {
  forget();
  std::filesystem::create_directory(directory_ / ".aws");
  const auto keys_of = [](const std::string& place) {
    return fmt::format("aws_access_key_id = AKID{}\naws_secret_access_key = {}\n", place, secret_of(place));
  };
  const auto key = [&](const std::string& credentials, const std::string& config) {
    file(".aws/credentials", "[default]\n" + credentials);
    file(".aws/config", "[default]\n" + config);
    const Result result = ask("few.large");
    return result ? latest_key() : result.error();
  };
  file("made", fmt::format(R"({{"AccessKeyId":"AKIDENVIRONMENT","SecretAccessKey":"{}"}})", secret_of("ENVIRONMENT")));
  const std::string process = fmt::format("credential_process = cat {}/made\n", directory_.path().string());
  for (const char* role : {"role_arn = arn:aws:iam::123456789012:role/x\nsource_profile = default\n",
                           "sso_session = x\n", "sso_start_url = https://x\n"}) {
    for (const auto& [credentials, config] :
         {std::pair(keys_of("CONFIG"), std::string(role)), std::pair(role + keys_of("CONFIG"), std::string())})
      EXPECT_THAT(key(credentials, config),
                  AllOf(HasSubstr(config.empty() ? "/.aws/credentials' is for a role or for SSO; "
                                                 : "/.aws/config' is for a role or for SSO; "),
                        HasSubstr("give it the line credential_process = ")));
    EXPECT_EQ(key(keys_of("CONFIG"), role + process), "AKIDENVIRONMENT");
  }
  EXPECT_EQ(key(keys_of("CONFIG"), process), "AKIDCONFIG");
  EXPECT_EQ(key("", keys_of("CONFIG") + process), "AKIDENVIRONMENT");
}

TEST_F(AwsLoginTest, WithoutCredentialsTheErrorNamesAllPlaces) {
  forget();
  const auto probe = make();
  const Answer answer = measure(*probe, {profile("few.large")});
  EXPECT_FALSE(answer.asked);
  EXPECT_THAT(
      answer.results.at(0).error(),
      AllOf(
          StartsWith(
              "no credentials of AWS: looked for AWS_ACCESS_KEY_ID and AWS_WEB_IDENTITY_TOKEN_FILE in the environment, "
              "profile 'default' in '"),
          HasSubstr("/.aws/credentials' and '"), HasSubstr("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI")));
  set("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT");
  EXPECT_EQ(error("few.large"),
            "no credentials of AWS: the environment: it has aws_access_key_id without aws_secret_access_key");
  forget();
  set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://example.org/keys");
  EXPECT_THAT(error("few.large"), HasSubstr("must be https, or a container's metadata service"));
  forget();
  set("AWS_EC2_METADATA_DISABLED", "false");
  set("AWS_EC2_METADATA_SERVICE_ENDPOINT", url("/none"));
  EXPECT_THAT(error("few.large"), AllOf(HasSubstr("and for this machine's role ("), HasSubstr("/none: answered 400")));
}

TEST_F(AwsLoginTest, RejectedCredentialsAreLookedUpAgain) {
  forget();
  std::filesystem::create_directory(directory_ / ".aws");
  const auto write = [&](const std::string& place, const std::string& token) {
    file(".aws/credentials", fmt::format("[default]\naws_access_key_id = AKID{0}\naws_secret_access_key = {1}\n{2}",
                                         place, secret_of(place), token));
  };
  write("GONE", "");
  const auto probe = make();
  const auto first = measure(*probe, {profile("few.large")}).results.at(0);
  EXPECT_EQ(first.error(),
            "AWS rejects the credentials in eu-central-1; are they right, and is the region enabled (AuthFailure)");
  EXPECT_THAT(first.error(), Not(HasSubstr("AKIDGONE")));
  write("CONFIG", "");
  EXPECT_TRUE(measure(*probe, {profile("few.large")}).results.at(0)) << "without a restart";
  EXPECT_EQ(latest_key(), "AKIDCONFIG");
}

TEST_F(AwsLoginTest, SaysWhatToDoAboutCredentialsThatHaveEndedAndRegionsThatAreClosed) {
  EXPECT_EQ(error("ended.large"), "the credentials have ended; renew them where they come from (ExpiredToken)");
  EXPECT_EQ(error("unknown.large"), "the account may not use EC2 in eu-central-1: enable it (OptInRequired)");
}

TEST_F(AwsLoginTest, AProfileByNameIsLookedForInFilesAndNotInTheEnvironment) {
  set("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT");
  set("AWS_SECRET_ACCESS_KEY", "x");
  const auto named = make({.regions = {"eu-central-1"}, .credentials_profile = "nope"});
  EXPECT_THAT(measure(*named, {profile("few.large")}).results.at(0).error(),
              StartsWith("no credentials of AWS: looked for profile 'nope' in '"));
}

TEST_F(AwsLoginTest, AClockThatIsWrongIsNamed) {
  EXPECT_THAT(
      error("late.large"),
      StartsWith("this machine's clock is 17m behind that of AWS, which takes no signature of it (RequestExpired); "));
  EXPECT_EQ(count("GetSpotPlacementScores"), 1) << "other credentials would not help";
}

/// The machine's keys are replaced after each twenty calls, and the old ones are not taken from then on.
TEST_F(AwsLoginTest, AHundredRotationsUnderLoadFailNoRun) {
  get("/reset?20");
  forget();
  set("AWS_EC2_METADATA_DISABLED", "false");
  std::vector<std::string> regions;
  for (int i = 1; i <= 10; ++i) regions.push_back(fmt::format("eu-west-{}", i));
  const auto probe = make({.regions = regions});
  std::vector<core::Profile> profiles;
  for (const std::string& region : regions)
    for (const char* first : {"large", "xlarge", "2xlarge", "4xlarge"})
      for (const char* second : {"large", "xlarge", "2xlarge", "4xlarge"})
        profiles.push_back(
            profile("x", {{"region", region}, {"types", fmt::format("few.{} plain.{}", first, second)}}));
  int runs = 0;
  for (; seen().at("rotations").as_int64() <= 100; ++runs)
    for (const Result& result : measure(*probe, profiles).results) ASSERT_TRUE(result) << result.error();
  RecordProperty("runs", runs);
}

}  // namespace
}  // namespace probe
