// Errors of clouds, tokens that they give, and what a profile wants of them.
#include "probe/cloud_error.hpp"

#include <gmock/gmock.h>

#include "probe/access_token.hpp"
#include "probe/cloud_place.hpp"

namespace probe {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

TEST(CloudError, OfAzure) {
  const auto error = read_cloud_error(403, R"({"error":{"code":"AuthorizationFailed","message":"The client 'x' …"}})");
  EXPECT_EQ(error.word, "AuthorizationFailed");
  EXPECT_FALSE(error.throttled);
  EXPECT_TRUE(read_cloud_error(429, R"({"error":{"code":"TooManyRequests"}})").throttled);
  EXPECT_TRUE(read_cloud_error(429, "<html>").throttled);
  const auto hour = read_cloud_error(
      400, R"({"error":{"code":"BadRequest","message":"You have reached the maximum number of requests allowed."}})");
  EXPECT_TRUE(hour.throttled);
  EXPECT_EQ(hour.wait, 1h);
  const auto text = [](const std::string& sentence) {
    const auto error = read_cloud_error(429, "You have reached the maximum number of requests allowed." + sentence);
    return error.throttled ? error.wait : base::Duration{0};
  };
  EXPECT_EQ(text(" Please try again after 1800 seconds."), 30min);
  EXPECT_EQ(text(" Please try again after 0 seconds."), 1h);
  EXPECT_EQ(text(" Please try again after 4000000000 seconds."), 24h);
  EXPECT_EQ(text(" Please try again after 40000000000000000000 seconds."), 1h);
  EXPECT_EQ(text(" Please try again after "), 1h);
  EXPECT_EQ(read_cloud_error(429, "after 3600 seconds").wait, 0h);
}

TEST(CloudError, OfServersOfTokens) {
  const auto error = read_cloud_error(
      401, R"({"error":"invalid_client","error_description":"AADSTS7000215: Invalid secret hunter22"})");
  EXPECT_EQ(error.word, "invalid_client (AADSTS7000215)");
  EXPECT_EQ(read_cloud_error(400, R"({"error":"invalid_grant","error_description":"Bad Request"})").word,
            "invalid_grant");
}

TEST(CloudError, OfGoogleIsARateOrAQuotaOfMachines) {
  const auto reason = [](int status, const std::string& reason, const std::string& message) {
    return read_cloud_error(status, R"({"error":{"code":403,"message":")" + message + R"(","errors":[{"reason":")" +
                                        reason + R"("}],"status":"PERMISSION_DENIED"}})");
  };
  const auto rate = reason(403, "rateLimitExceeded", "Quota exceeded for quota metric 'Read requests'");
  EXPECT_EQ(rate.word, "rateLimitExceeded");
  EXPECT_TRUE(rate.throttled);
  EXPECT_FALSE(rate.no_quota);
  const auto quota = reason(403, "quotaExceeded", "Quota 'PREEMPTIBLE_CPUS' exceeded.  Limit: 0.0 in region us-east1.");
  EXPECT_TRUE(quota.no_quota);
  EXPECT_EQ(quota.quota, "PREEMPTIBLE_CPUS");
  EXPECT_FALSE(quota.throttled);
  EXPECT_TRUE(reason(429, "quotaExceeded", "Quota exceeded for quota metric 'Queries' of service x").throttled);
  for (const auto& [status, message] : std::initializer_list<std::pair<int, const char*>>{
           {429, "Quota exceeded"},
           {429, "Quota 'Queries' exceeded"},
           {403, "Quota exceeded for quota group 'default' and limit 'Requests per day' of service 'compute'"},
           {403, "Quota exceeded for quota metric 'Queries' of service x"}}) {
    const auto of_calls = reason(status, "quotaExceeded", message);
    EXPECT_TRUE(of_calls.throttled && !of_calls.no_quota) << status << message;
  }
  EXPECT_TRUE(reason(403, "dailyLimitExceeded", "Daily Limit Exceeded").throttled);
  EXPECT_FALSE(reason(403, "forbidden", "Required 'compute.advice.capacity' permission").throttled);
  EXPECT_TRUE(
      read_cloud_error(403, R"({"error":{"code":403,"details":[{"reason":"RATE_LIMIT_EXCEEDED"}]}})").throttled);
}

TEST(CloudError, WithoutAWordHasNone) {
  for (const char* body : {"", "<html>", "[]", "7", R"({"error":{"code":7}})", R"({"error":"a sentence, and more"})",
                           R"({"error":{"code":"not one word"}})", R"({"error":{"errors":[]}})"})
    EXPECT_EQ(read_cloud_error(500, body).word, "") << body;
}

TEST(AccessTokens, OfEveryForm) {
  const base::Time now{1'000'000'000s};
  const auto seconds = [&](const std::string& text) {
    const auto token = read_access_token(text, now);
    return token && token->token == "t" ? std::chrono::duration_cast<std::chrono::seconds>(token->lifetime).count()
                                        : -1;
  };
  EXPECT_EQ(seconds(R"({"token_type":"Bearer","expires_in":3599,"access_token":"t"})"), 3599);
  EXPECT_EQ(seconds(R"({"access_token":"t","expires_in":"86399","expires_on":"1000086399"})"), 86399);
  EXPECT_EQ(seconds(R"({"access_token":"t","expires_on":"1000000060"})"), 60);
  EXPECT_EQ(seconds(R"({"accessToken":"t","expireTime":"2001-09-09T01:47:40Z"})"), 60);
  EXPECT_EQ(seconds(R"({"access_token":"t"})"), 3600);
  EXPECT_EQ(seconds(R"({"access_token":"t","expires_in":60.0})"), 60);
  EXPECT_EQ(seconds(R"({"access_token":"t","expires_in":2.5})"), 2);
  EXPECT_EQ(seconds(R"({"access_token":"t","expires_in":"2.5"})"), 2);
  EXPECT_EQ(seconds(R"({"access_token":"t","expires_in":0.5})"), -1) << "it has ended";
  EXPECT_EQ(seconds(R"({"access_token":"t","expires_in":"soon"})"), 3600);
  for (const char* long_life : {"9000000000000000000", "18000000000000000000", "1e300", "\"inf\""})
    EXPECT_EQ(seconds(fmt::format(R"({{"access_token":"t","expires_in":{}}})", long_life)), 366 * 86'400) << long_life;
}

TEST(AccessTokens, OthersAreExplainedWithoutTheToken) {
  const auto error = [](const std::string& text) {
    const auto token = read_access_token(text, base::Time{1'000'000'000s});
    return token ? "none" : token.error();
  };
  EXPECT_EQ(error("<html>"), "the answer is not JSON (syntax error)");
  EXPECT_EQ(error("[]"), "the answer is not a JSON object");
  EXPECT_EQ(error(R"({"expires_in":3599})"), "the answer has no access_token");
  EXPECT_EQ(error(R"({"access_token":7})"), "the answer has no access_token");
  EXPECT_EQ(error(R"({"access_token":"hunter22","token_type":"mac"})"), "the token is not a bearer token");
  EXPECT_EQ(error("{\"access_token\":\"a\\r\\nX: secret\"}"), "the token has signs that no token has");
  EXPECT_THAT(error(R"({"access_token":"hunter22","expires_in":0})"),
              AllOf(HasSubstr("has ended before it came"), Not(HasSubstr("hunter22"))));
  EXPECT_THAT(error(R"({"access_token":"t","expires_on":"999999999"})"), HasSubstr("has ended before it came"));
  EXPECT_THAT(error(R"({"access_token":"t","expires_on":"-9000000000000000000"})"), HasSubstr("has ended before"));
}

TEST(CloudPlaces, ComeFromLabelsOrTheName) {
  const auto place = [](const std::string& name, const core::Labels& labels = {}) {
    const CloudPlace found = place_of({.id = 1, .key = {"Azure", name}, .labels = labels});
    return fmt::format("{}|{}|{}", found.type, found.region, found.zone);
  };
  EXPECT_EQ(place("Standard_D2_v2"), "Standard_D2_v2||");
  EXPECT_EQ(place("Standard_D2_v2@eastus"), "Standard_D2_v2|eastus|");
  EXPECT_EQ(place("Standard_D2_v2@", {{"zone", "1"}}), "Standard_D2_v2||1");
  EXPECT_EQ(place("d2", {{"instance_type", "Standard_D2_v2"}, {"region", " East US "}}), "Standard_D2_v2|eastus|");
  EXPECT_EQ(place("a@b", {{"region", "westus"}}), "a|westus|");
}

}  // namespace
}  // namespace probe
