// Probes of kind azure, against a server that answers as Azure and Entra ID do.
#include <gmock/gmock.h>

#include "support/cloud_test.hpp"

namespace probe {
namespace {

using support::told;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

class AzureTest : public support::CloudTest {
 protected:
  config::AzureOptions options() {
    return {.subscription = "sub-1",
            .regions = {"eastus", "westus"},
            .restrictions_every = base::Duration{0},
            .calls_per_hour = 0,
            .tenant = "tenant",
            .client_id = "client",
            .client_secret_file = file("secret", "open sesame"),
            .endpoint = url(),
            .authority = url()};
  }
  std::unique_ptr<Probe> probe(const config::AzureOptions& options) {
    return make({.kind = "azure", .azure = options});
  }
  static core::Profile profile(const std::string& name, const core::Labels& labels = {}) {
    return {.id = 1, .key = {"Azure", name}, .labels = labels};
  }
  Result one(const config::AzureOptions& options, const core::Profile& profile, Trace* trace = nullptr) {
    const auto probe = this->probe(options);
    return ask(*probe, {profile}, trace).results.at(0);
  }
  static inline const std::string kRefused = "Azure refuses ";
  static inline const std::string kWhyRefused = ": answered 400 Bad Request: InvalidParameter; asked again after 6h";
  auto scores() { return requests("/placementScores/spot/generate"); }
};

TEST_F(AzureTest, OneCallAnswersForManyProfiles) {
  set(R"({"scores":{"Standard_D2@eastus":"Low","Standard_D2@westus":"Medium","Standard_D4@eastus":"DataNotFoundOrStale",
          "Standard_D4@westus":"DataNotFoundOrStale"},"no_quota":["Standard_H8@eastus","Standard_H8@westus"]})");
  const auto probe = this->probe(options());
  const Answer answer = ask(*probe, {profile("Standard_D2"), profile("Standard_D4"), profile("Standard_H8"),
                                     profile("Standard_D2@eastus"), profile("x", {{"instance_type", "Standard_D2"}})});
  EXPECT_EQ(told(answer.results[0]), "MEDIUM: Medium in westus; Low in eastus");
  EXPECT_EQ(told(answer.results[1]), "UNKNOWN: DataNotFoundOrStale in eastus, westus");
  EXPECT_EQ(told(answer.results[2]), "LOW: no quota (High) in eastus, westus");
  EXPECT_EQ(told(answer.results[3]), "LOW: Low in eastus");
  EXPECT_EQ(told(answer.results[4]), told(answer.results[0]));
  EXPECT_TRUE(answer.asked);
  ASSERT_THAT(scores(), SizeIs(1));
  EXPECT_EQ(scores()[0].at("path").as_string(),
            "/subscriptions/sub-1/providers/Microsoft.Compute/locations/eastus/placementScores/spot/generate?"
            "api-version=2025-06-05");
  EXPECT_EQ(scores()[0].at("body").as_string(),
            R"({"desiredLocations":["eastus","westus"],"desiredSizes":[{"sku":"Standard_D2"},{"sku":"Standard_D4"},)"
            R"({"sku":"Standard_H8"}],"desiredCount":1,"availabilityZones":false})");
}

TEST_F(AzureTest, WhatAzureKeepsIsNotAskedForAgainAndHasItsAge) {
  const auto probe = this->probe(options());
  const Answer first = ask(*probe, {profile("Standard_D2")});
  EXPECT_EQ(told(first.results[0]), "HIGH: High in eastus, westus");
  EXPECT_EQ(first.results[0]->age.count(), 0);
  set(R"({"scores":{"Standard_D2@eastus":"Low","Standard_D2@westus":"Low"}})");
  Trace trace;
  const Answer again = ask(*probe, {profile("Standard_D2")}, &trace);
  EXPECT_EQ(told(again.results[0]), "HIGH: High in eastus, westus");
  EXPECT_GT(again.results[0]->age.count(), 0);
  EXPECT_FALSE(again.asked);
  EXPECT_THAT(trace.sent, StartsWith("(nothing: "));
  EXPECT_THAT(scores(), SizeIs(1));
}

TEST_F(AzureTest, ZonesAreAskedForOnDemand) {
  set(R"({"scores":{"Standard_D2@eastus/1":"Low","Standard_D2@eastus/3":"Medium"}})");
  auto zonal = options();
  EXPECT_THAT(told(one(zonal, profile("Standard_D2@eastus", {{"zone", "1"}}))), HasSubstr("need 'zones: true'"));
  zonal.zones = true;
  EXPECT_EQ(told(one(zonal, profile("Standard_D2@eastus"))),
            "HIGH: High in eastus 2; Medium in eastus 3; Low in eastus 1");
  EXPECT_EQ(told(one(zonal, profile("Standard_D2@eastus", {{"zone", "1"}}))), "LOW: Low in eastus 1");
  EXPECT_EQ(told(one(zonal, profile("Standard_D2@eastus", {{"zone", "9"}}))),
            "Azure's answer has no score for this size in this zone");
}

TEST_F(AzureTest, RestrictedSizesAreLowAndNotAskedFor) {
  set(R"({"page":1,"skus":[{"resourceType":"virtualMachines","name":"Standard_D2"},
      {"resourceType":"virtualMachines","name":"Standard_ND96","restrictions":[{"type":"Location",
       "reasonCode":"NotAvailableForSubscription"}]}]})");
  auto with = options();
  with.restrictions_every = std::chrono::hours{6};
  const auto probe = this->probe(with);
  const std::vector<core::Profile> profiles = {profile("Standard_D2@eastus"), profile("Standard_ND96@eastus"),
                                               profile("Standard_X1@eastus")};
  for (int run = 0; run < 2; ++run) {
    const Answer answer = ask(*probe, profiles);
    EXPECT_EQ(told(answer.results[0]), "HIGH: High in eastus");
    EXPECT_EQ(told(answer.results[1]), "LOW: NotAvailableForSubscription in eastus");
    EXPECT_EQ(told(answer.results[2]), "LOW: not offered in eastus");
  }
  EXPECT_THAT(requests("/skus"), SizeIs(2)) << "a page each, once";
  EXPECT_THAT(std::string(scores().at(0).at("body").as_string()), Not(HasSubstr("Standard_ND96")));
}

/// All other sizes would be LOW for hours.
TEST_F(AzureTest, AnUnfinishedListOfSizesSaysNothing) {
  const std::string sizes = R"("value":[{"resourceType":"virtualMachines","name":"Standard_Z"}])";
  auto with = options();
  with.restrictions_every = std::chrono::hours{6};
  const auto level = [&](const std::string& next) {
    set(R"({"answers":[["/skus",200,{},{)" + sizes + R"(,"nextLink":")" + next + R"("}]]})");
    return told(one(with, profile("Standard_D2@eastus")));
  };
  EXPECT_EQ(level("http://127.0.0.1:1/steal"), "HIGH: High in eastus");
  EXPECT_EQ(level("http://user@" + host() + "/skus"), "HIGH: High in eastus");
  EXPECT_EQ(level("https://" + host() + "/skus"), "HIGH: High in eastus");
  EXPECT_EQ(level(url("/skus")), "HIGH: High in eastus") << "its next page is refused";
  EXPECT_EQ(level(""), "LOW: not offered in eastus");
}

TEST_F(AzureTest, AListOfSizesMayHaveManyPages) {
  std::string skus;
  for (int i = 0; i < 25; ++i) skus += fmt::format(R"({{"resourceType":"virtualMachines","name":"Standard_D{}"}},)", i);
  skus.pop_back();
  set(R"({"page":1,"skus":[)" + skus + "]}");
  auto with = options();
  with.restrictions_every = std::chrono::hours{6};
  EXPECT_EQ(told(one(with, profile("Standard_D24@eastus"))), "HIGH: High in eastus");
  EXPECT_EQ(told(one(with, profile("Standard_D25@eastus"))), "LOW: not offered in eastus");
}

TEST_F(AzureTest, AListThatFailsKeepsNoOtherBack) {
  set(R"({"answers":[["eq%20%27aaa%27",500,{},""]],"skus":[{"resourceType":"virtualMachines","name":"Standard_Z"}]})");
  auto with = options();
  with.restrictions_every = std::chrono::hours{6};
  const auto probe = this->probe(with);
  const Answer answer = ask(*probe, {profile("Standard_D2@aaa"), profile("Standard_D2@eastus")});
  EXPECT_EQ(told(answer.results[0]), "HIGH: High in aaa");
  EXPECT_EQ(told(answer.results[1]), "LOW: not offered in eastus");
}

TEST_F(AzureTest, WithoutTheRightToListSizesScoresTellAlone) {
  auto with = options();
  with.restrictions_every = std::chrono::hours{6};
  EXPECT_EQ(told(one(with, profile("Standard_D2@eastus"))), "HIGH: High in eastus");
}

// --- Failures

TEST_F(AzureTest, FaultsAreFailuresAndNeverLevels) {
  const auto error = [&](const std::string& answer) {
    set(R"({"answers":[["/placementScores",)" + answer + "]]}");
    const Result result = one(options(), profile("Standard_D2@eastus"));
    return result ? "a level" : result.error();
  };
  EXPECT_EQ(error(R"(403,{},{"error":{"code":"AuthorizationFailed","message":"no"}})"),
            "answered 403 Forbidden: AuthorizationFailed");
  EXPECT_EQ(error(R"(200,{},{"value":[]})"), "the answer is JSON, but has no list placementScores");
  EXPECT_THAT(error(R"(200,{},"<html>sign in")"), StartsWith("the answer is not JSON"));
  EXPECT_THAT(error(R"(200,{"Content-Length":"999","Connection":"close"},"{\"placementScores\":[")"),
              StartsWith("the answer was cut off"));
  EXPECT_EQ(error(R"(200,{},{"placementScores":[]})"), "Azure's answer has no score for this size");
  EXPECT_EQ(error(R"(500,{},"")"), "answered 500 Internal Server Error");
}

TEST_F(AzureTest, OneWrongSizeDoesNotKeepOtherCallsBack) {
  set(R"({"answers":[["/placementScores",400,{},{"error":{"code":"InvalidParameter"}}]]})");
  const auto probe = this->probe(options());
  const Answer answer = ask(*probe, {profile("Standard_D2@eastus"), profile("Standard_D4@westus")});
  EXPECT_EQ(told(answer.results[0]), kRefused + "Standard_D2 in eastus" + kWhyRefused);
  EXPECT_EQ(told(answer.results[1]), "HIGH: High in westus");
}

TEST_F(AzureTest, OneWrongSizeSpoilsNoneOfItsCall) {
  set(R"({"bad":["Standard_D2"]})");
  const auto probe = this->probe(options());
  std::vector<core::Profile> profiles;
  for (int i = 0; i < 5; ++i) profiles.push_back(profile(fmt::format("Standard_D{}@eastus", i)));
  const Answer answer = ask(*probe, profiles);
  for (std::size_t i = 0; i < 5; ++i)
    EXPECT_EQ(told(answer.results[i]), i == 2 ? kRefused + "Standard_D2" + kWhyRefused : "HIGH: High in eastus");
  const std::size_t calls = scores().size();
  EXPECT_FALSE(ask(*probe, profiles).asked);
  EXPECT_EQ(scores().size(), calls) << "it is left alone";
  Trace trace;
  ask(*probe, {profiles[2]}, &trace);
  EXPECT_THAT(trace.received, HasSubstr("400 Bad Request")) << "who looks at it sees the answer";
}

TEST_F(AzureTest, OneWrongRegionSpoilsNoOther) {
  set(R"({"bad":["eastuss"],"scores":{"Standard_D4@eastus":"Low","Standard_D4@westus":"Medium"}})");
  auto typo = options();
  typo.regions = {"eastus", "eastuss", "westus"};
  const auto probe = this->probe(typo);
  const Answer answer = ask(*probe, {profile("Standard_D2"), profile("Standard_D4"), profile("Standard_D4@westus")});
  EXPECT_EQ(told(answer.results[0]), "HIGH: High in eastus, westus") << "more cannot be";
  EXPECT_EQ(told(answer.results[1]), kRefused + "eastuss" + kWhyRefused);
  EXPECT_EQ(told(answer.results[2]), "MEDIUM: Medium in westus");
}

/// Nine regions are two calls.
TEST_F(AzureTest, HighElsewhereIsMoreThanAFailure) {
  set(R"({"answers":[["locations/r0/placementScores",500,{},""]]})");
  auto many = options();
  many.regions.clear();
  for (int i = 0; i < 9; ++i) many.regions.push_back(fmt::format("r{}", i));
  EXPECT_THAT(told(one(many, profile("Standard_D2"))), StartsWith("HIGH: High in r4, "));
  EXPECT_THAT(scores(), SizeIs(2));
}

TEST_F(AzureTest, OneFaultDoesNotEndARun) {
  set(R"({"answers":[["/placementScores",500,{},""]]})");
  const auto probe = this->probe(options());
  const std::vector<core::Profile> profiles = {profile("Standard_D0@aaa"), profile("Standard_D1@bbb")};
  const Answer answer = ask(*probe, profiles);
  EXPECT_EQ(told(answer.results[0]), "answered 500 Internal Server Error");
  EXPECT_EQ(told(answer.results[1]), "HIGH: High in bbb");
  EXPECT_EQ(told(ask(*probe, profiles).results[0]), "HIGH: High in aaa");
}

TEST_F(AzureTest, FaultsInARowEndARun) {
  set(R"({"answers":[["/placementScores",500,{},""],["/placementScores",503,{},""],["/placementScores",200,{},"<html>"]]})");
  const auto probe = this->probe(options());
  std::vector<core::Profile> profiles;
  for (int i = 0; i < 5; ++i) profiles.push_back(profile(fmt::format("Standard_D{0}@r{0}", i)));
  const Answer answer = ask(*probe, profiles);
  EXPECT_EQ(told(answer.results[1]), "answered 503 Service Unavailable");
  EXPECT_THAT(told(answer.results[4]), StartsWith("the answer is not JSON"));
  EXPECT_THAT(scores(), SizeIs(3));
  for (const Result& result : ask(*probe, profiles).results) EXPECT_THAT(told(result), StartsWith("HIGH"));
}

TEST_F(AzureTest, WhoMayNotAskAsksOnce) {
  const std::string no = R"(["/placementScores",403,{},{"error":{"code":"AuthorizationFailed"}}])";
  set(R"({"answers":[)" + no + "," + no + "]}");
  const auto probe = this->probe(options());
  const Answer answer = ask(*probe, {profile("Standard_D2@eastus"), profile("Standard_D4@westus")});
  for (const Result& result : answer.results) EXPECT_EQ(told(result), "answered 403 Forbidden: AuthorizationFailed");
  EXPECT_THAT(scores(), SizeIs(1));
}

TEST_F(AzureTest, RegionsMayHaveCapitals) {
  auto capitals = options();
  capitals.regions = {"EastUS"};
  EXPECT_EQ(told(one(capitals, profile("Standard_D2"))), "HIGH: High in eastus");
}

// --- Quota

TEST_F(AzureTest, AUsedUpQuotaIsLowWithoutAScore) {
  const std::string skus = R"("skus":[{"resourceType":"virtualMachines","name":"Standard_D2","capabilities":
      [{"name":"vCPUs","value":"2"}]},{"resourceType":"virtualMachines","name":"Standard_D8","capabilities":
      [{"name":"vCPUs","value":"8"}]}])";
  set("{" + skus + R"(,"usages":[["cores",100,100],["lowPriorityCores",97,100]]})");
  auto with = options();
  with.restrictions_every = std::chrono::hours{6};
  const auto probe = this->probe(with);
  const std::vector<core::Profile> profiles = {profile("Standard_D2@eastus"), profile("Standard_D8@eastus")};
  for (int run = 0; run < 2; ++run) {
    const Answer answer = ask(*probe, profiles);
    EXPECT_EQ(told(answer.results[0]), "HIGH: High in eastus");
    EXPECT_EQ(told(answer.results[1]), "LOW: no quota (3 of 100 vCPUs left) in eastus");
  }
  ASSERT_THAT(requests("/usages"), SizeIs(1));
  EXPECT_EQ(requests("/usages")[0].at("path").as_string(),
            "/subscriptions/sub-1/providers/Microsoft.Compute/locations/eastus/usages?api-version=2024-07-01");
  EXPECT_THAT(std::string(scores().at(0).at("body").as_string()), Not(HasSubstr("Standard_D8")));
  with.count = 2;
  EXPECT_EQ(told(one(with, profiles[0])), "LOW: no quota (3 of 100 vCPUs left) in eastus");
  set(R"({"usages":null})");
  EXPECT_EQ(told(one(with, profiles[1])), "HIGH: High in eastus") << "without the right the score tells alone";
}

TEST_F(AzureTest, AnErrorOfQuotaIsAnAnswer) {
  set(R"({"answers":[["/placementScores",409,{},{"error":{"code":"QuotaExceeded","message":"Operation results in …"}}]]})");
  EXPECT_EQ(told(one(options(), profile("Standard_D2@eastus"))), "LOW: no quota (QuotaExceeded) in eastus");
}

TEST_F(AzureTest, AThrottledProbeWaitsAsLongAsAzureSays) {
  set(R"({"answers":[["/placementScores",429,{"Retry-After":"3600"},{"error":{"code":"TooManyRequests"}}]]})");
  const auto probe = this->probe(options());
  const std::string right =
      "Azure wants fewer calls: answered 429 Too Many Requests: TooManyRequests (Retry-After: 1h)";
  const Answer first = ask(*probe, {profile("Standard_D2@eastus"), profile("Standard_D4@westus")});
  EXPECT_EQ(told(first.results[0]), right);
  EXPECT_EQ(told(first.results[1]), right);
  EXPECT_TRUE(first.asked);
  EXPECT_FALSE(ask(*probe, {profile("Standard_D2@eastus")}).asked);
  EXPECT_THAT(scores(), SizeIs(1));
}

TEST_F(AzureTest, ThrottledListsKeepNoScoreBack) {
  set(R"({"answers":[["/skus",429,{"Retry-After":"3600"},""]]})");
  auto with = options();
  with.restrictions_every = std::chrono::hours{6};
  const auto probe = this->probe(with);
  EXPECT_EQ(told(ask(*probe, {profile("Standard_D2@eastus")}).results[0]), "HIGH: High in eastus");
  EXPECT_EQ(told(ask(*probe, {profile("Standard_D4@westus")}).results[0]), "HIGH: High in westus");
  EXPECT_THAT(requests("/skus"), SizeIs(1)) << "they wait as long as Azure says";
}

TEST_F(AzureTest, AfterItsShareOfCallsTheRestWaitsForItsTurn) {
  auto few = options();
  few.calls_per_hour = 1;
  const auto probe = this->probe(few);
  std::vector<core::Profile> profiles;
  for (int i = 0; i < 6; ++i) profiles.push_back(profile(fmt::format("Standard_D{}@eastus", i)));
  const Answer answer = ask(*probe, profiles);
  EXPECT_EQ(told(answer.results[2]), "HIGH: High in eastus");
  EXPECT_THAT(told(answer.results[3]), StartsWith("waits for its turn: calls_per_hour is 1"));
}

TEST_F(AzureTest, WhatIsMissingIsNamed) {
  auto none = options();
  none.regions.clear();
  EXPECT_THAT(told(one(none, profile("Standard_D2"))), StartsWith("no region; give the profile a label 'region'"));
  none.subscription.clear();
  EXPECT_THAT(told(one(none, profile("Standard_D2@eastus"))),
              StartsWith("give 'subscription', or AZURE_SUBSCRIPTION_ID"));
}

// --- Tokens

TEST_F(AzureTest, EveryIdentityGetsIn) {
  const auto level = [&](const config::AzureOptions& options) {
    return told(one(options, profile("Standard_D2@eastus")));
  };
  auto machine = options();
  machine.client_secret_file.clear();
  ::setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", url().c_str(), 1);
  EXPECT_EQ(level(machine), "HIGH: High in eastus");
  ::setenv("IDENTITY_ENDPOINT", url("/msi/token").c_str(), 1);
  ::setenv("IDENTITY_HEADER", "door", 1);
  EXPECT_EQ(level(machine), "HIGH: High in eastus");
  ::setenv("AZURE_FEDERATED_TOKEN_FILE", file("federated", "federated-token").c_str(), 1);
  EXPECT_EQ(level(machine), "HIGH: High in eastus");
  EXPECT_EQ(tokens(), 3);
  EXPECT_THAT(requests("/metadata/identity"), SizeIs(1));
  EXPECT_THAT(requests("/msi/token"), SizeIs(1));
  EXPECT_THAT(requests("/tenant/oauth2"), SizeIs(1));
}

TEST_F(AzureTest, SecretsAreNeitherShownNorPublished) {
  set(R"({"secret":"another"})");
  Trace trace;
  const Result refused = one(options(), profile("Standard_D2@eastus"), &trace);
  EXPECT_EQ(told(refused), "no access token: answered 401 Unauthorized: invalid_client (AADSTS7000215)");
  set(R"({"secret":"open sesame","scores":{"Standard_D2@eastus":"token-1-of-the-cloud"}})");
  const Result echoed = one(options(), profile("Standard_D2@eastus"), &trace);
  const std::string seen = trace.sent + trace.received + told(echoed);
  EXPECT_THAT(seen, AllOf(Not(HasSubstr("open sesame")), Not(HasSubstr("token-1-of-the-cloud"))));
  EXPECT_THAT(trace.sent, HasSubstr("Authorization: …"));
  EXPECT_EQ(told(echoed), "UNKNOWN: … in eastus");
}

TEST_F(AzureTest, ARefusedTokenIsRenewedOnce) {
  const auto probe = this->probe(options());
  EXPECT_EQ(told(ask(*probe, {profile("Standard_D2@eastus")}).results[0]), "HIGH: High in eastus");
  set(R"({"revoke":true})");
  EXPECT_EQ(told(ask(*probe, {profile("Standard_D4@eastus")}).results[0]), "HIGH: High in eastus");
  EXPECT_EQ(tokens(), 2);
  set(R"({"answers":[["/placementScores",401,{},""],["/placementScores",401,{},""]]})");
  EXPECT_EQ(told(ask(*probe, {profile("Standard_D8@eastus")}).results[0]), "answered 401 Unauthorized");
}

/// Credentials that are rotated 100 times under load.
TEST_F(AzureTest, AHundredRotationsUnderLoadFailNoRun) {
  const auto probe = this->probe(options());
  int runs = 0, failures = 0;
  for (int rotation = 0; rotation < 100; ++rotation) {
    set(R"({"revoke":true})");
    std::vector<std::vector<core::Profile>> asked;
    std::vector<std::future<Answer>> answers;
    for (int i = 0; i < 8; ++i) asked.push_back({profile(fmt::format("Standard_D{}@eastus", rotation * 8 + i))});
    for (const auto& profiles : asked) answers.push_back(begin(*probe, profiles));
    for (auto& answer : answers) {
      const Answer got = answer.get();
      ++runs;
      if (!got.results[0]) ++failures;
      EXPECT_EQ(told(got.results[0]), "HIGH: High in eastus");
    }
  }
  EXPECT_EQ(runs, 800);
  EXPECT_EQ(failures, 0);
  EXPECT_GE(tokens(), 100);
}

}  // namespace
}  // namespace probe
