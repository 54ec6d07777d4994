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

TEST_F(AwsProbeTest, AnAnswer429IsThrottlingWithoutAnyCode) {
  EXPECT_EQ(ask("many.large").value().score, 1);
  EXPECT_EQ(count("GetSpotPlacementScores"), 3);
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

// --- What AWS refuses

/// Each region refuses types that it does not have.
TEST_F(AwsProbeTest, WhatTheHomeRegionLacksIsAskedForAtAnotherRegion) {
  const auto probe = make({.regions = {"ca-central-1", "eu-west-1", "us-east-1"}, .price_of = ""});
  const std::vector<core::Profile> profiles = {profile("away.large", {{"region", "us-east-1"}}),
                                               profile("away.xlarge", {{"region", "eu-west-1"}}),
                                               profile("few.large", {{"region", "us-east-1"}})};
  for (int run = 1; run <= 2; ++run) {
    const Answer answer = measure(*probe, profiles);
    EXPECT_EQ(answer.results.at(0).value().score, 1);
    EXPECT_EQ(answer.results.at(1).value().reason, "away.xlarge is not offered in eu-west-1");
    EXPECT_EQ(answer.results.at(2).value().score, 3);
    EXPECT_EQ(count("GetSpotPlacementScores"), 1 + 2 * run) << "the other region is kept";
  }
  // Where no region is known to have it, AWS's sentence stays.
  EXPECT_THAT(measure(*probe, {profile("x", {{"region", "us-east-1"}, {"types", "away.large nowhere.large"}})})
                  .results.at(0)
                  .error(),
              StartsWith("AWS answered (InvalidParameterValue): "));
}

TEST_F(AwsProbeTest, ARegionThatDoesNotExistFailsNoOther) {
  const auto probe = make({.regions = {"eu-central-1", "eu-typo-1", "eu-west-1"}});
  const std::vector<core::Profile> profiles = {profile("few.large", {{"region", "eu-central-1"}}),
                                               profile("few.xlarge", {{"region", "eu-typo-1"}})};
  for (int run = 1; run <= 2; ++run) {
    const Answer answer = measure(*probe, profiles);
    EXPECT_EQ(answer.results.at(0).value().score, 3);
    EXPECT_THAT(answer.results.at(1).error(), HasSubstr("eu-typo-1"));
  }
  const auto both = measure(
      *probe, {profile("few.large", {{"region", "eu-central-1"}}), profile("few.large", {{"region", "eu-typo-1"}})});
  EXPECT_EQ(both.results.at(0).value().score, 3);
  EXPECT_THAT(both.results.at(1).error(), StartsWith("AWS gives no score for eu-typo-1; its offerings are unknown: "));
}

TEST_F(AwsProbeTest, ATypeWithoutAPriceTakesItFromNoOther) {
  const auto probe = make();
  const std::vector<core::Profile> profiles = {profile("unpriced.large"), profile("few.large"), profile("few.xlarge"),
                                               profile("plain.large"),
                                               profile("x", {{"types", "few.large unpriced.xlarge plain.large"}}),
                                               // Of these AWS is not asked at all.
                                               profile("y", {{"types", "few.large absent.large plain.large"}})};
  for (int run = 1; run <= 2; ++run) {
    const Answer answer = measure(*probe, profiles);
    EXPECT_EQ(answer.results.at(0).value().price, core::Quantity());
    EXPECT_THAT(answer.results.at(0).value().reason,
                HasSubstr("; no price: AWS answered (InvalidParameterValue): The instance types are not valid: "));
    for (std::size_t i = 1; i < profiles.size(); ++i) {
      EXPECT_EQ(answer.results.at(i).value().price, 0.5) << i;
      EXPECT_THAT(answer.results.at(i).value().reason, Not(HasSubstr("no price"))) << i;
    }
  }
  const auto all = seen();
  for (const auto& form : all.at("price_forms").as_array())
    EXPECT_THAT(std::string(form.as_string()), Not(HasSubstr("absent.large")));
  const auto asked = count("DescribeSpotPriceHistory");
  EXPECT_TRUE(measure(*probe, profiles).results.at(1));
  EXPECT_EQ(count("DescribeSpotPriceHistory"), asked + 1) << "what was refused is not asked for again";
}

TEST_F(AwsProbeTest, AnEmptyListOfOfferingsIsNotBelieved) {
  const auto probe = make({.regions = {"eu-void-1"}});
  const std::vector<core::Profile> profiles = {profile("few.large"), profile("absent.large")};
  EXPECT_EQ(measure(*probe, profiles).results.at(0).value().score, 3);
  EXPECT_EQ(measure(*probe, profiles).results.at(1).value().reason, "absent.large is not offered in eu-void-1")
      << "it is asked for again";
}

TEST_F(AwsProbeTest, WhatAwsFailsToAnswerStopsNoOther) {
  const auto probe = make();
  std::vector<core::Profile> profiles;
  for (const char* size : {"large", "xlarge", "2xlarge", "4xlarge"})
    profiles.push_back(profile(fmt::format("broken.{}", size)));
  profiles.push_back(profile("few.large"));
  const Answer answer = measure(*probe, profiles);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(answer.results.at(i).error(), "AWS failed (InternalError)");
  EXPECT_EQ(answer.results.at(4).value().score, 3);
  EXPECT_EQ(answer.error, "");
  EXPECT_EQ(count("GetSpotPlacementScores"), 4 * 3 + 1);
}

// --- Groups

TEST_F(AwsProbeTest, TypesOfAGroupShareItsScore) {
  const auto probe =
      make({.regions = {"eu-central-1", "eu-west-1"},
            .groups = {{"web", {"plain.xlarge", "plain.large", "absent.large", "plain.2xlarge", "plain.4xlarge"}}}});
  const auto in = [](const char* type, const char* region) { return profile(type, {{"region", region}}); };
  std::vector<core::Profile> profiles = {in("plain.large", "eu-central-1"), in("plain.xlarge", "eu-west-1"),
                                         in("absent.large", "eu-west-1"), in("few.large", "eu-west-1")};
  const Answer answer = measure(*probe, profiles);
  EXPECT_EQ(answer.results.at(0).value().level, Level::medium);
  EXPECT_EQ(answer.results.at(0).value().reason,
            "spot score 5 of 10 for any of group web: absent.large, plain.2xlarge, plain.4xlarge, plain.large, "
            "plain.xlarge (MEDIUM: score >= 5)");
  EXPECT_EQ(answer.results.at(1).value().reason, answer.results.at(0).value().reason);
  EXPECT_EQ(answer.results.at(2).value().reason, "absent.large is not offered in eu-west-1") << "though others are";
  EXPECT_EQ(answer.results.at(3).value().level, Level::high) << "of no group";
  EXPECT_EQ(count("GetSpotPlacementScores"), 2);
  const auto all = seen();
  for (const auto& form : all.at("price_forms").as_array())
    EXPECT_THAT(std::string(form.as_string()), Not(HasSubstr("4xlarge"))) << "prices are for the profiles' own types";
}

}  // namespace
}  // namespace probe
