#include "probe/aws_answer.hpp"

#include <gmock/gmock.h>

#include "probe/aws_client.hpp"

namespace probe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kScores = R"(<?xml version="1.0" encoding="UTF-8"?>
<GetSpotPlacementScoresResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
  <requestId>1</requestId>
  <spotPlacementScoreSet>
    <item><region>us-east-1</region><availabilityZoneId>use1-az1</availabilityZoneId><score>8</score></item>
    <item><region>us-west-2</region><score>10</score></item>
  </spotPlacementScoreSet>
  <nextToken>more</nextToken>
</GetSpotPlacementScoresResponse>)";

std::string scores_with(std::string_view set) {
  return fmt::format("<GetSpotPlacementScoresResponse>{}</GetSpotPlacementScoresResponse>", set);
}
std::string error_of_score(std::string_view score) {
  const auto read = read_scores(scores_with(fmt::format(
      "<spotPlacementScoreSet><item><region>r</region><score>{}</score></item></spotPlacementScoreSet>", score)));
  return read ? "no error" : read.error();
}

TEST(AwsAnswer, HasScoresOfRegionsAndZones) {
  const auto page = read_scores(kScores).value();
  EXPECT_THAT(page.items, ElementsAre(AwsScore{"us-east-1", "use1-az1", 8}, AwsScore{"us-west-2", "", 10}));
  EXPECT_EQ(page.next, "more");
  EXPECT_THAT(read_scores(scores_with("<spotPlacementScoreSet/>"))->items, IsEmpty());
}

TEST(AwsAnswer, OfAnotherFormIsNoAnswer) {
  EXPECT_EQ(read_scores("<html><body/></html>").error(),
            "the answer of AWS to GetSpotPlacementScores has another form, without spotPlacementScoreSet");
  EXPECT_FALSE(read_scores(scores_with("<requestId/>")));
  EXPECT_FALSE(read_offerings(kScores));
  for (const std::string_view bytes : {std::string_view(), std::string_view("{}"), std::string_view("\xff\xfe\0<", 4)})
    EXPECT_THAT(read_scores(bytes).error(), HasSubstr("is not whole XML")) << bytes;
  // Wherever it is cut off.
  for (std::size_t size = 0; size < kScores.rfind('>'); ++size)
    EXPECT_FALSE(read_scores(kScores.substr(0, size))) << size;
  for (const char* score : {"11", "0", "-1", "7.5", "", "high", "99999999999999999999"})
    EXPECT_THAT(error_of_score(score),
                HasSubstr(fmt::format("the score '{}'; it must be a whole number from 1 to 10", score)));
}

TEST(AwsAnswer, HasOfferingsAndPrices) {
  const auto offerings = read_offerings(
      "<DescribeInstanceTypeOfferingsResponse><instanceTypeOfferingSet><item><instanceType>c5.large</instanceType>"
      "<locationType>region</locationType><location>eu-west-1</location></item></instanceTypeOfferingSet><nextToken/>"
      "</DescribeInstanceTypeOfferingsResponse>");
  EXPECT_THAT(offerings->items, ElementsAre(AwsOffering{"c5.large", "eu-west-1"}));
  EXPECT_EQ(offerings->next, "");
  const auto price = [](std::string_view amount) {
    return read_prices(
        fmt::format("<DescribeSpotPriceHistoryResponse><spotPriceHistorySet><item><instanceType>c5.large</instanceType>"
                    "<spotPrice>{}</spotPrice><timestamp>2014-01-06T04:32:53.000Z</timestamp>"
                    "<availabilityZone>eu-west-1a</availabilityZone></item></spotPriceHistorySet>"
                    "</DescribeSpotPriceHistoryResponse>",
                    amount));
  };
  EXPECT_THAT(price("0.080000")->items,
              ElementsAre(AwsPrice{"c5.large", "eu-west-1a", "", "2014-01-06T04:32:53.000Z", 0.08}));
  for (const char* amount : {"", "-1", "nan", "inf", "0,08"}) EXPECT_FALSE(price(amount)) << amount;
}

TEST(AwsAnswer, ErrorsHaveACodeAndAMessage) {
  const auto ec2 = read_aws_error(
      "<Response><Errors><Error><Code>AuthFailure</Code><Message>a\nb</Message></Error></Errors></Response>");
  EXPECT_EQ(ec2.code, "AuthFailure");
  EXPECT_EQ(ec2.message, "a b");
  EXPECT_EQ(read_aws_error(
                "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidIdentityToken</Code></Error></ErrorResponse>")
                .code,
            "InvalidIdentityToken");
  for (const char* other : {"", "no", "<a/>", "<Error><Code>not a code</Code></Error>"})
    EXPECT_EQ(read_aws_error(other).code, "") << other;
}

TEST(AwsAnswer, ACodeSaysWhatToDo) {
  const auto all_are = [](AwsFault fault, int status, std::initializer_list<const char*> codes) {
    for (const char* code : codes) EXPECT_EQ(aws_fault(code, status), fault) << code << " " << status;
  };
  // The first ones are in botocore's list; some of them end as quotas do.
  all_are(AwsFault::throttled, 503,
          {"RequestLimitExceeded", "Client.RequestLimitExceeded", "Throttling", "ThrottlingException",
           "ThrottledException", "RequestThrottled", "RequestThrottledException", "EC2ThrottledException", "SlowDown",
           "ProvisionedThroughputExceededException", "PriorRequestNotComplete", "Server.Unavailable"});
  all_are(AwsFault::throttled, 400, {"LimitExceededException", "BandwidthLimitExceeded", "TooManyRequestsException"});
  all_are(AwsFault::throttled, 429, {"", "Other"});
  all_are(AwsFault::throttled, 509, {"", "BandwidthLimitExceeded"});
  all_are(AwsFault::configurations, 400,
          {"MaxConfigLimitExceeded", "MaxConfigLimitExceededException", "Client.MaxConfigLimitExceeded"});
  all_are(
      AwsFault::quota, 400,
      {"MaxSpotInstanceCountExceeded", "VcpuLimitExceeded", "InstanceLimitExceeded", "ServiceQuotaExceededException"});
  all_are(AwsFault::credentials, 401, {"AuthFailure", "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId"});
  all_are(AwsFault::denied, 403, {"UnauthorizedOperation", "Client.UnauthorizedOperation", "AccessDeniedException"});
  all_are(AwsFault::failed, 500, {"InternalError", "InternalFailure", "Server.InternalError", "", "Other"});
  all_are(AwsFault::failed, 503, {"ServiceUnavailable", ""});
  all_are(AwsFault::values, 400, {"InvalidParameterValue", "Client.InvalidParameterValue", "UnknownParameter"});
  // A quota of something else is none of these machines.
  all_are(AwsFault::other, 400, {"", "RulesPerSecurityGroupLimitExceeded", "DryRunOperation"});
}

TEST(AwsAnswer, ItsDateShowsAClockThatIsWrong) {
  const auto now = base::parse_rfc3339("2026-11-24T13:22:05Z").value();
  EXPECT_EQ(clock_error("Tue, 24 Nov 2026 13:22:00 GMT", now), "");
  EXPECT_EQ(clock_error("Tue, 24 Nov 2026 13:05:05 GMT", now), "17m ahead of");
  EXPECT_EQ(clock_error("Tue, 24 Nov 2026 14:22:05 GMT", now), "1h behind");
  EXPECT_EQ(clock_error("yesterday", now), "");
}

}  // namespace
}  // namespace probe
