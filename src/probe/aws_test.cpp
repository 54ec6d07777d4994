// A probe of kind aws against a server whose signatures, forms and answers botocore checks.
#include "support/aws_test.hpp"

#include <gmock/gmock.h>

namespace probe {
namespace {

using core::Level;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class AwsProbeTest : public support::AwsTest {};

// --- Levels

TEST_F(AwsProbeTest, ThreeTypesAreScoredOnAwssScale) {
  const auto types = [](int count) {
    constexpr std::string_view kSizes[] = {"large", "xlarge", "2xlarge"};
    std::string text;
    for (int i = 0; i < count; ++i)
      text += fmt::format("{}.{} ", i % 2 == 0 ? "plain" : "throttled", kSizes[i / 2 % 3]);
    return core::Labels{{"types", text}};
  };
  const auto low = ask("group", types(4)).value();
  EXPECT_EQ(low.level, Level::low);
  EXPECT_EQ(low.score, 4);
  EXPECT_EQ(low.price, 0.5);
  EXPECT_EQ(low.reason,
            "spot score 4 of 10 for any of plain.large, plain.xlarge, throttled.large, throttled.xlarge "
            "(LOW: not score >= 5)");
  EXPECT_EQ(ask("group", types(5)).value().level, Level::medium);
}

TEST_F(AwsProbeTest, FewerTypesHaveALowerScale) {
  const auto few = ask("few.large").value();
  EXPECT_EQ(few.level, Level::high);
  EXPECT_EQ(few.reason, "spot score 3 of 10, on the lower scale of fewer than 3 types (HIGH: score >= 3)");
  EXPECT_EQ(ask("plain.large").value().level, Level::low);
  EXPECT_EQ(ask("x", {{"types", "plain.large,plain.xlarge"}}).value().level, Level::medium);
  const auto strict = make({.regions = {"eu-central-1"}}, {.high = {.score = 8}});
  EXPECT_EQ(measure(*strict, {profile("few.large")}).results.at(0).value().reason,
            "spot score 3 of 10 for any of few.large (LOW: not score >= 8)");
}

TEST_F(AwsProbeTest, AZoneHasAScoreAndAPriceOfItsOwn) {
  const auto first = ask("few.large", {{"zone", "euc1-az1"}}).value();
  EXPECT_EQ(first.price, 0.5);
  EXPECT_EQ(ask("few.large", {{"zone", "euc1-az2"}}).value().price, 0.6);
  EXPECT_EQ(ask("few.4xlarge", {{"zone", "euc1-az2"}}).value().reason, "few.4xlarge is not offered in euc1-az2");
  EXPECT_EQ(ask("few.large", {{"zone", "euc1-az9"}}).value().level, Level::low);
}

TEST_F(AwsProbeTest, WhatIsNotOfferedIsLowAndNotAskedFor) {
  const auto absent = ask("absent.large").value();
  EXPECT_EQ(absent.level, Level::low);
  EXPECT_EQ(absent.reason, "absent.large is not offered in eu-central-1");
  EXPECT_EQ(count("GetSpotPlacementScores"), 0);
  EXPECT_EQ(ask("x", {{"types", "absent.large few.large"}}).value().score, 2);
}

TEST_F(AwsProbeTest, AQuotaIsAnAnswer) {
  const auto quota = ask("quota.large").value();
  EXPECT_EQ(quota.level, Level::low);
  EXPECT_EQ(quota.reason, "no quota (MaxSpotInstanceCountExceeded)");
}

// --- Calls

TEST_F(AwsProbeTest, ProfilesShareCallsWhoseBytesStayTheSame) {
  std::vector<std::string> regions;
  for (int i = 1; i <= 12; ++i) regions.push_back(fmt::format("eu-west-{}", i));
  const auto probe = make({.regions = regions});
  std::vector<core::Profile> profiles;
  for (const std::string& region : regions) {
    profiles.push_back(profile("plain.large", {{"region", region}}));
    profiles.push_back(profile("group", {{"region", region}, {"types", "few.xlarge,few.large,few.2xlarge"}}));
  }
  profiles.push_back(profile("same group", {{"region", "eu-west-1"}, {"types", "few.2xlarge few.large few.xlarge"}}));
  for (int run = 1; run <= 2; ++run) {
    for (const Result& result : measure(*probe, profiles).results) EXPECT_TRUE(result) << result.error();
    EXPECT_EQ(count("GetSpotPlacementScores"), 4 * run);
    EXPECT_EQ(count("DescribeInstanceTypeOfferings"), 24) << "two pages, once a day";
    EXPECT_EQ(count("DescribeSpotPriceHistory"), 12 * run);
  }
  // A test of one profile asks in the same words, which AWS does not count as new.
  EXPECT_TRUE(measure(*probe, {profiles[1]}).results.at(0));
  std::map<std::string, int> forms;
  const auto all = seen();
  for (const auto& form : all.at("forms").as_array()) ++forms[std::string(form.as_string())];
  EXPECT_EQ(forms.size(), 4);
  for (const auto& [form, times] : forms) EXPECT_GE(times, 2) << form;
}

TEST_F(AwsProbeTest, AllPagesAreReadAndNoneTwice) {
  const auto probe = make({.regions = {"eu-west-1", "eu-west-2", "eu-west-3"}, .price_of = ""});
  EXPECT_EQ(measure(*probe, {profile("page.large", {{"region", "eu-west-3"}})}).results.at(0).value().score, 1);
  EXPECT_EQ(count("GetSpotPlacementScores"), 3);
  EXPECT_EQ(count("DescribeSpotPriceHistory"), 0);
  EXPECT_THAT(measure(*probe, {profile("endless.large", {{"region", "eu-west-3"}})}).results.at(0).error(),
              HasSubstr("have no end: a token came twice"));
}

TEST_F(AwsProbeTest, WaitsWhenItIsThrottled) {
  EXPECT_EQ(ask("throttled.large").value().score, 1);
  EXPECT_EQ(count("GetSpotPlacementScores"), 3);
  // Not beyond its time.
  const auto probe = make();
  const Answer answer = measure(*probe, {profile("busy.large")}, nullptr, std::chrono::seconds{3});
  EXPECT_EQ(answer.results.at(0).error(), "AWS throttles the calls of this account (RequestLimitExceeded)");
}

TEST_F(AwsProbeTest, TheQuotaOfNewConfigurationsStopsTheNewOneAlone) {
  const auto probe = make();
  const std::vector<core::Profile> profiles = {profile("configured.large"), profile("plain.large")};
  for (int run = 1; run <= 3; ++run) {
    const Answer answer = measure(*probe, profiles);
    EXPECT_EQ(
        answer.results.at(0).error(),
        "the account has used up its new configurations of 24 hours (MaxConfigLimitExceeded); asked again after 1h");
    EXPECT_EQ(answer.results.at(1).value().score, 1);
    EXPECT_EQ(count("GetSpotPlacementScores"), 1 + run) << "that one is not asked again soon";
  }
}

TEST_F(AwsProbeTest, WrongAnswersAreFailuresOfTheirRowsAlone) {
  const auto probe = make();
  const auto fails = [&](const char* type, const auto& matches) {
    const Answer answer = measure(*probe, {profile(type), profile("few.large")});
    EXPECT_THAT(answer.results.at(0).error(), matches) << type;
    EXPECT_TRUE(answer.results.at(1)) << type;
    EXPECT_EQ(answer.error, "");
  };
  fails("shape.large", HasSubstr("another form, without spotPlacementScoreSet"));
  fails("number.large", HasSubstr("the score '11'"));
  fails("cut.large", HasSubstr("cut off"));
  fails("missing.large", HasSubstr("AWS gives no score for eu-central-1"));
  fails("wrong.large", AllOf(StartsWith("AWS answered (InvalidParameterValue): The value 'wrong.large'")));
  fails("gpu", HasSubstr("'gpu' is no instance type"));
}

TEST_F(AwsProbeTest, MissingRightsEndTheRunWithoutTheAccount) {
  const auto probe = make();
  std::vector<core::Profile> profiles;
  for (const char* size : {"large", "xlarge", "2xlarge", "4xlarge"})
    for (int more = 0; more < 3; ++more)
      profiles.push_back(profile("x", {{"types", fmt::format("denied.{} plain.{}", size,
                                                             more == 0   ? "large"
                                                             : more == 1 ? "xlarge"
                                                                         : "2xlarge")}}));
  const Answer answer = measure(*probe, profiles);
  for (const Result& result : answer.results)
    EXPECT_EQ(result.error(), "the credentials may not use ec2:GetSpotPlacementScores (UnauthorizedOperation)");
  EXPECT_EQ(answer.error, answer.results.at(0).error());
  EXPECT_LE(count("GetSpotPlacementScores"), 8) << "twelve would be asked for";
}

TEST_F(AwsProbeTest, ATestShowsEachCallWithoutSecrets) {
  use_keys_of("FILE");
  set("AWS_SESSION_TOKEN", "token-of-file");
  Trace trace;
  EXPECT_TRUE(ask("few.large", {}, &trace));
  EXPECT_THAT(
      trace.sent,
      AllOf(StartsWith("POST http://127.0.0.1"), HasSubstr("X-Amz-Security-Token: …"), HasSubstr("Authorization: …"),
            HasSubstr("Action=GetSpotPlacementScores&Version=2016-11-15&InstanceType.1=few.large"),
            HasSubstr("Action=DescribeInstanceTypeOfferings"), HasSubstr("Action=DescribeSpotPriceHistory")));
  EXPECT_THAT(trace.received,
              AllOf(HasSubstr("HTTP/1.1 200 OK"), HasSubstr("<score>3</score>"), HasSubstr("(1 items in all)")));
  for (const std::string& secret : {secret_of("FILE"), std::string("token-of-file"), std::string("AKIDFILE")})
    EXPECT_THAT(trace.sent + trace.received, Not(HasSubstr(secret)));
}

// --- Credentials

TEST_F(AwsProbeTest, CredentialsComeFromEachPlaceInItsTurn) {
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

TEST_F(AwsProbeTest, WithoutCredentialsTheErrorNamesAllPlaces) {
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

TEST_F(AwsProbeTest, RejectedCredentialsAreLookedUpAgain) {
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

TEST_F(AwsProbeTest, AClockThatIsWrongIsNamed) {
  EXPECT_THAT(
      error("late.large"),
      StartsWith("this machine's clock is 17m behind that of AWS, which takes no signature of it (RequestExpired); "));
  EXPECT_EQ(count("GetSpotPlacementScores"), 1) << "other credentials would not help";
}

/// The machine's keys are replaced after each twenty calls, and the old ones are not taken from then on.
TEST_F(AwsProbeTest, AHundredRotationsUnderLoadFailNoRun) {
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
