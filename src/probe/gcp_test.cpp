// Probes of kind gcp, against a server that answers as Google Cloud does and checks signatures with openssl.
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

class GcpTest : public support::CloudTest {
 protected:
  void SetUp() override {
    CloudTest::SetUp();
    if (IsSkipped()) return;
    const std::string make_key =
        fmt::format("openssl genrsa -out {0} 2048 2>/dev/null && openssl rsa -in {0} -pubout -out {1} 2>/dev/null",
                    directory_ / "key.pem", directory_ / "public.pem");
    ASSERT_EQ(std::system(make_key.c_str()), 0);
    serve({"--public-key", directory_ / "public.pem"});
    ::setenv("GCE_METADATA_HOST", host().c_str(), 1);
  }

  config::GcpOptions options() const {
    return {.project = "my-project", .regions = {"us-central1", "us-east1"}, .endpoint = url()};
  }
  std::unique_ptr<Probe> probe(const config::GcpOptions& options, const config::Levels& levels = {}) {
    return make({.kind = "gcp", .levels = levels, .gcp = options});
  }
  static core::Profile profile(const std::string& name, const core::Labels& labels = {}) {
    return {.id = 1, .key = {"Google", name}, .labels = labels};
  }
  Result one(const config::GcpOptions& options, const core::Profile& profile, Trace* trace = nullptr) {
    const auto probe = this->probe(options);
    return ask(*probe, {profile}, trace).results.at(0);
  }
  std::string by(const std::string& credentials) {
    auto with = options();
    with.credentials_file = file("credentials.json", credentials);
    return told(one(with, profile("a3@us-east1")));
  }
  /// A service account's key.
  std::string key() {
    std::ifstream file(directory_ / "key.pem");
    const std::string pem{std::istreambuf_iterator<char>(file), {}};
    return boost::json::serialize(boost::json::object{{"type", "service_account"},
                                                      {"client_email", "probe@my-project.iam.gserviceaccount.com"},
                                                      {"private_key", pem},
                                                      {"private_key_id", "key-1"},
                                                      {"token_uri", url("/google/token")}});
  }
};

constexpr const char* kScores = R"({"obtainability":{"a3@us-central1":0.9,"a3@us-east1":0.5,"a3@us-east1-b":0.1}})";

TEST_F(GcpTest, AdviceIsJudgedByGooglesBands) {
  set(kScores);
  EXPECT_EQ(told(one(options(), profile("a3"))),
            "HIGH: obtainability 0.9 in us-central1 (us-central1-c, up 3600s); 0.5 in us-east1 (us-east1-c, up 3600s) "
            "(HIGH: score >= 0.7)");
  EXPECT_THAT(told(one(options(), profile("a3@us-east1"))), StartsWith("MEDIUM: obtainability 0.5 in us-east1"));
  EXPECT_EQ(told(one(options(), profile("a3@us-east1-b"))),
            "LOW: obtainability 0.1 in us-east1-b (up 3600s) (LOW: not score >= 0.4)");
  EXPECT_EQ(told(one(options(), profile("t2@us-east1"))), "UNKNOWN: no advice in us-east1");
  EXPECT_EQ(requests("/advice/")[0].at("path").as_string(), "/projects/my-project/regions/us-central1/advice/capacity");
}

TEST_F(GcpTest, ReservationsAreCounted) {
  set(R"({"page":1,"reservations":[
    {"name":"r1","status":"READY","specificReservation":{"count":"16","inUseCount":"10","instanceProperties":{"machineType":"a3"}}},
    {"name":"r2","status":"READY","specificReservation":{"count":"4","instanceProperties":{"machineType":"a3"}}}]})");
  const Result all = one(options(), profile("a3@us-east1-b", {{"reservation", "*"}}));
  EXPECT_EQ(told(all), "HIGH: 10 of 20 reserved are free in us-east1-b (HIGH: free >= 1 and free/total >= 0.25)");
  EXPECT_EQ(*all->free, 10);
  EXPECT_EQ(*all->total, 20);
  EXPECT_EQ(*one(options(), profile("a3@us-east1-b", {{"reservation", "r1"}}))->free, 6);
  EXPECT_EQ(told(one(options(), profile("a3@us-east1-b", {{"reservation", "r9"}}))),
            "no reservation 'r9' of a3 is ready in us-east1-b");
  EXPECT_EQ(told(one(options(), profile("a3@us-east1", {{"reservation", "*"}}))),
            "a reservation is in a zone, and us-east1 is a region");
}

TEST_F(GcpTest, SharedReservationsAreThoseOfTheirOwner) {
  set(R"({"reservations":[{"name":"r1","status":"UPDATING","specificReservation":{"count":"8","instanceProperties":
      {"machineType":"n1-standard-8","guestAccelerators":[{"acceleratorType":"nvidia-tesla-t4","acceleratorCount":1}]}}}]})");
  const auto with = [&](core::Labels labels) {
    labels["reservation"] = "projects/owner/reservations/r1";
    return told(one(options(), profile("n1-standard-8@us-east1-b", labels)));
  };
  EXPECT_THAT(with({{"accelerator", "nvidia-tesla-t4:1"}}), StartsWith("HIGH: 8 of 8 reserved are free"));
  EXPECT_EQ(with({{"accelerator", "nvidia-tesla-t4:2"}}),
            "no reservation 'r1' of n1-standard-8 with nvidia-tesla-t4:2 is ready in us-east1-b");
  EXPECT_EQ(requests("/reservations").at(0).at("path").as_string(),
            "/projects/owner/zones/us-east1-b/reservations?maxResults=500");
  EXPECT_EQ(told(one(options(), profile("a3@us-east1-b", {{"reservation", "owner/r1"}}))),
            "the label 'reservation' is 'owner/r1'; give a name, or * for all, or projects/OWNER/reservations/NAME");
}

// --- Quotas

constexpr const char* kSpotScores = R"({"obtainability":{"n2-standard-8@us-central1":0.9,"n2-standard-8@us-east1":0.8,
    "n2-standard-8@us-east1-b":0.8,"n2-standard-4@us-east1":0.8}})";

TEST_F(GcpTest, AQuotaThatIsUsedUpIsLowWithoutAdvice) {
  set(kSpotScores);
  set(R"({"quotas":{"CPUS":[24,0],"PREEMPTIBLE_CPUS":[64,60]}})");
  const auto probe = this->probe(options());
  const auto told_of = [&](const std::string& name) { return told(ask(*probe, {profile(name)}).results.at(0)); };
  EXPECT_EQ(told_of("n2-standard-8@us-east1"), "LOW: no quota: PREEMPTIBLE_CPUS in us-east1");
  EXPECT_EQ(told_of("n2-standard-8@us-east1-b"), "LOW: no quota: PREEMPTIBLE_CPUS in us-east1-b");
  EXPECT_THAT(requests("/advice/"), SizeIs(0));
  EXPECT_THAT(told_of("n2-standard-4@us-east1"), StartsWith("HIGH: obtainability 0.8 in us-east1"));
  EXPECT_THAT(requests("?fields=quotas"), SizeIs(1)) << "for all of the region";
  EXPECT_EQ(requests("?fields=quotas").at(0).at("path").as_string(),
            "/projects/my-project/regions/us-east1?fields=quotas");
  EXPECT_EQ(told_of("n2-standard-8"),
            "LOW: no quota: PREEMPTIBLE_CPUS in us-central1; no quota: PREEMPTIBLE_CPUS in us-east1");
}

TEST_F(GcpTest, AQuotaElsewhereLeavesAGoodPlaceGood) {
  set(kSpotScores);
  set(R"({"answers":[["us-central1?fields=quotas",200,{},{"quotas":[{"metric":"PREEMPTIBLE_CPUS","limit":7}]}],
                     ["us-east1?fields=quotas",200,{},{"quotas":[{"metric":"PREEMPTIBLE_CPUS","limit":8}]}]]})");
  EXPECT_THAT(told(one(options(), profile("n2-standard-8"))),
              StartsWith("HIGH: obtainability 0.8 in us-east1 (us-east1-c, up 3600s); no quota: PREEMPTIBLE_CPUS in "
                         "us-central1"));
}

TEST_F(GcpTest, AQuotaThatCannotBeReadChangesNothing) {
  set(kSpotScores);
  for (const char* answer : {R"(403,{},{"error":{"code":403,"errors":[{"reason":"forbidden"}]}})", R"(200,{},{})",
                             R"(200,{},"<html>")", R"(429,{"Retry-After":"60"},"")", R"(500,{},"")"}) {
    set(fmt::format(R"({{"answers":[["fields=quotas",{}]]}})", answer));
    const auto probe = this->probe(options());
    Trace trace;
    const std::size_t before = requests("fields=quotas").size();
    for (int run = 0; run < 2; ++run)
      EXPECT_THAT(told(ask(*probe, {profile("n2-standard-8@us-east1")}, &trace).results.at(0)),
                  StartsWith("HIGH: obtainability 0.8 in us-east1"))
          << answer;
    EXPECT_THAT(trace.read, StartsWith("quotas of us-east1 are unknown: ")) << answer;
    EXPECT_EQ(requests("fields=quotas").size(), before + 1) << "not again in every run";
  }
}

TEST_F(GcpTest, QuotasThatNeverComeLeaveTimeForTheAdvice) {
  set(kSpotScores);
  set(R"({"answers":[["fields=quotas",200,{"Content-Length":"999"},"{"]]})");
  const auto probe = this->probe(options());
  const std::vector<core::Profile> profiles = {profile("n2-standard-8@us-east1")};
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{4};
  auto answer = support::start(runtime_.background(), probe->measure(profiles, {deadline, stop_.get_token()}));
  EXPECT_THAT(told(answer.get().results.at(0)), StartsWith("HIGH: obtainability 0.8 in us-east1"));
}

TEST_F(GcpTest, RunsAtOnceShareTheQuotasOfARegion) {
  set(kSpotScores);
  set(R"({"quotas":{"PREEMPTIBLE_CPUS":[4,0]}})");
  const auto probe = this->probe(options());
  const std::vector<core::Profile> profiles = {profile("n2-standard-8@us-east1")};
  std::vector<std::future<Answer>> answers;
  for (int i = 0; i < 16; ++i) answers.push_back(begin(*probe, profiles));
  for (auto& answer : answers)
    EXPECT_EQ(told(answer.get().results.at(0)), "LOW: no quota: PREEMPTIBLE_CPUS in us-east1");
  EXPECT_THAT(requests("fields=quotas"), SizeIs(1));
}

// --- Failures

TEST_F(GcpTest, AQuotaOfMachinesIsLowAndARateIsThrottling) {
  set(kScores);
  set(R"json({"answers":[["/advice/",403,{},{"error":{"code":403,"message":"Quota 'PREEMPTIBLE_CPUS' exceeded.  Limit: 0.0",
      "errors":[{"reason":"quotaExceeded"}]}}]]})json");
  EXPECT_EQ(told(one(options(), profile("a3@us-east1"))), "LOW: no quota: PREEMPTIBLE_CPUS in us-east1");
  set(R"({"answers":[["/advice/",403,{},{"error":{"code":403,"errors":[{"reason":"rateLimitExceeded"}]}}]]})");
  const auto probe = this->probe(options());
  const std::string right = "Google wants fewer calls in us-east1: answered 403 Forbidden: rateLimitExceeded";
  EXPECT_EQ(told(ask(*probe, {profile("a3@us-east1")}).results[0]), right);
  const Answer paused = ask(*probe, {profile("a3@us-east1")});
  EXPECT_EQ(told(paused.results[0]), right);
  EXPECT_FALSE(paused.asked);
  EXPECT_THAT(told(ask(*probe, {profile("a3@us-central1")}).results[0]), StartsWith("HIGH")) << "each region by itself";
}

TEST_F(GcpTest, FaultsAreFailuresAndNeverLevels) {
  set(kScores);
  const auto error = [&](const std::string& answer) {
    set(R"({"answers":[["/advice/",)" + answer + "]]}");
    const Result result = one(options(), profile("a3@us-east1"));
    return result ? "a level" : result.error();
  };
  EXPECT_EQ(error(R"(403,{},{"error":{"code":403,"errors":[{"reason":"forbidden"}],"message":"x"}})"),
            "answered 403 Forbidden: forbidden");
  EXPECT_EQ(error(R"(200,{},{"recommendations":7})"), "in the answer, recommendations is no list");
  EXPECT_EQ(error(R"(200,{},{"error":{"code":503,"status":"UNAVAILABLE"}})"), "the answer is an error: UNAVAILABLE");
  EXPECT_THAT(error(R"(200,{},"<html>sign in")"), StartsWith("the answer is not JSON"));
  EXPECT_THAT(error(R"(200,{"Content-Length":"999","Connection":"close"},"{\"recommendations\":[")"),
              StartsWith("the answer was cut off"));
}

TEST_F(GcpTest, APlaceThatFailsLeavesAGoodOneGood) {
  set(kScores);
  set(R"({"answers":[["us-east1/advice/",503,{},""]]})");
  EXPECT_THAT(told(one(options(), profile("a3"))), StartsWith("HIGH: obtainability 0.9 in us-central1"));
  set(R"({"answers":[["us-central1/advice/",503,{},""]]})");
  EXPECT_EQ(told(one(options(), profile("a3"))), "answered 503 Service Unavailable");
}

TEST_F(GcpTest, WhatIsMissingIsNamed) {
  auto none = options();
  none.regions.clear();
  EXPECT_THAT(told(one(none, profile("a3"))), StartsWith("no place; give the profile a label 'region' or 'zone'"));
  none.project.clear();
  EXPECT_THAT(told(one(none, profile("a3@us-east1"))), StartsWith("give 'project', or GOOGLE_CLOUD_PROJECT"));
  none = options();
  none.credentials_file = "/none";
  EXPECT_EQ(told(one(none, profile("a3"))), "no access token: the credentials '/none': No such file or directory");
}

// --- Tokens

TEST_F(GcpTest, EveryIdentityGetsIn) {
  set(kScores);
  const std::string in = "MEDIUM: obtainability 0.5";
  EXPECT_THAT(told(one(options(), profile("a3@us-east1"))), StartsWith(in)) << "the metadata server";
  EXPECT_THAT(by(key()), StartsWith(in));
  EXPECT_THAT(
      by(fmt::format(R"({{"type":"authorized_user","client_id":"c","client_secret":"s","refresh_token":"long-lived",
                             "token_uri":"{}"}})",
                     url("/google/token"))),
      StartsWith(in));
  const auto federated = [&](const std::string& source, const std::string& more) {
    return fmt::format(
        R"({{"type":"external_account","audience":"//iam/pool","subject_token_type":"jwt","token_url":"{}",
                       "credential_source":{}{}}})",
        url("/google/sts"), source, more);
  };
  const std::string by_file = fmt::format(R"({{"file":"{}"}})", file("subject", "federated-token\n"));
  EXPECT_THAT(by(federated(by_file, "")), StartsWith(in));
  const std::string by_url = fmt::format(
      R"({{"url":"{}","headers":{{"X-Door":"open"}},"format":{{"type":"json","subject_token_field_name":"value"}}}})",
      url("/google/subject"));
  EXPECT_THAT(
      by(federated(by_url, fmt::format(R"(,"service_account_impersonation_url":"{}")", url("/google/impersonate")))),
      StartsWith(in));
  EXPECT_EQ(by(federated(R"({"file":"/none"})", "")),
            "no access token: the subject token '/none': No such file or directory");
}

TEST_F(GcpTest, AWrongClockIsSetByGooglesAnswer) {
  set(kScores);
  for (const char* clock : {R"({"clock":86400})", R"({"clock":-86400})", R"({"clock":4000})"}) {
    set(clock);
    EXPECT_THAT(by(key()), StartsWith("MEDIUM: ")) << clock;
  }
  EXPECT_THAT(requests("/google/token"), SizeIs(6)) << "one in vain, and one with the right time";
  set(R"({"clock":0})");
  EXPECT_THAT(by(key()), StartsWith("MEDIUM: "));
  EXPECT_THAT(requests("/google/token"), SizeIs(7));
}

TEST_F(GcpTest, SecretsAreNeitherShownNorPublished) {
  set(kScores);
  auto with = options();
  std::string wrong = key();
  wrong.replace(wrong.find("key-1"), 5, "key-2");
  with.credentials_file = file("wrong.json", wrong);
  Trace trace;
  const Result refused = one(with, profile("a3@us-east1"), &trace);
  EXPECT_EQ(told(refused), "no access token: answered 400 Bad Request: invalid_grant");
  EXPECT_TRUE(one(options(), profile("a3@us-east1"), &trace));
  EXPECT_THAT(trace.sent + trace.received, AllOf(Not(HasSubstr("of-the-cloud")), HasSubstr("Authorization: …")));
}

/// Credentials that are rotated 100 times under load.
TEST_F(GcpTest, AHundredRotationsUnderLoadFailNoRun) {
  set(kScores);
  auto with = options();
  with.credentials_file = file("credentials.json", key());
  const auto probe = this->probe(with);
  const std::vector<core::Profile> profiles = {profile("a3@us-central1")};
  int runs = 0, failures = 0;
  for (int rotation = 0; rotation < 100; ++rotation) {
    set(R"({"revoke":true})");
    std::vector<std::future<Answer>> answers;
    for (int i = 0; i < 8; ++i) answers.push_back(begin(*probe, profiles));
    for (auto& answer : answers) {
      ++runs;
      if (!answer.get().results[0]) ++failures;
    }
  }
  EXPECT_EQ(runs, 800);
  EXPECT_EQ(failures, 0);
  EXPECT_GE(tokens(), 100);
}

}  // namespace
}  // namespace probe
