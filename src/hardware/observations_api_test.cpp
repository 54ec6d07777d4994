// Launches over HTTP, on a store in memory.
#include "hardware/observations_api.hpp"

#include <gmock/gmock.h>

#include "support/eventually.hpp"
#include "support/hardware_service.hpp"

namespace hardware {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kPath = "/api/v1/observations";

class ObservationsApiTest : public ServiceTest {
 protected:
  ObservationsApiTest() {
    for (const char* name : {"c5", "p5"}) EXPECT_TRUE(store_.add({"Amazon", name}));
    EXPECT_TRUE(support::eventually([&] { return measured("c5") && measured("p5"); }));
  }

  bool measured(std::string_view name) {
    const std::string rows = ask("GET", "/hardware/");
    const auto row = rows.find(fmt::format("\"name\":\"{}\"", name));
    return row != std::string::npos && !rows.substr(row, rows.find('}', row) - row).contains("\"measured_at\":null");
  }
  std::string tell(std::string_view body, std::string_view token = kToken) { return ask("POST", kPath, body, token); }
  std::string failed(std::string_view error, std::string_view more = "") {
    return tell(fmt::format(R"({{"profile":"Amazon/c5","outcome":"failed","error":"{}"{}}})", error, more));
  }
};

TEST_F(ObservationsApiTest, AFailureMakesTheRowLow) {
  EXPECT_THAT(
      failed("InsufficientInstanceCapacity", R"(,"where":"eu-1","source":"karpenter")"),
      AllOf(HasSubstr("HTTP/1.1 200"), HasSubstr(R"({"provider":"Amazon","name":"c5","effect":"applied","said":")")));
  EXPECT_TRUE(lists(R"("reason":"launch failed in eu-1: InsufficientInstanceCapacity (reported by karpenter))"));
}

TEST_F(ObservationsApiTest, ManyAreAnsweredInTheirOrder) {
  const std::string answer = tell(R"([{"profile":"Amazon/p5","outcome":"failed","error":"UnauthorizedOperation"},
    {"profile":"Amazon/p5","outcome":"launched","took":"42s","id":"x"},
    {"profile":"Amazon/p5","outcome":"launched","id":"x"},
    {"profile":"Amazon/c5","outcome":"failed","error":"AllocationFailed","at":")" +
                                  base::to_rfc3339(base::system_clock().wall_now() - std::chrono::hours{1}) + "\"}]");
  std::vector<std::string> effects;
  for (auto at = answer.find("effect\":\""); at != std::string::npos; at = answer.find("effect\":\"", at + 1))
    effects.push_back(answer.substr(at + 9, answer.find('"', at + 9) - at - 9));
  EXPECT_THAT(effects, testing::ElementsAre("ignored", "applied", "repeated", "counted")) << answer;
  EXPECT_THAT(answer, HasSubstr("the error is about neither capacity nor a quota"));
}

TEST_F(ObservationsApiTest, OfThoseWithoutATimeTheOneThatFailedWins) {
  EXPECT_THAT(tell(R"([{"profile":"Amazon/c5","outcome":"failed","error":"AllocationFailed"},
    {"profile":"Amazon/c5","outcome":"launched"}])"),
              HasSubstr(R"("effect":"counted")"));
  EXPECT_THAT(tell(R"([{"profile":"Amazon/p5","outcome":"launched"},
    {"profile":"Amazon/p5","outcome":"failed","error":"AllocationFailed"}])"),
              Not(HasSubstr(R"("effect":"counted")")));
  for (const core::RowPtr& row : store_.load().rows) EXPECT_EQ(row->reading->level, core::Level::low);
}

TEST_F(ObservationsApiTest, WhatItDoesNotTakeIsExplained) {
  const auto at = [](std::chrono::seconds later) {
    return fmt::format(R"(,"at":"{}")", base::to_rfc3339(base::system_clock().wall_now() + later));
  };
  EXPECT_THAT(failed("AllocationFailed", at(std::chrono::minutes{2})),
              AllOf(HasSubstr("HTTP/1.1 400"), HasSubstr("'at' is in the future of this service")));
  EXPECT_THAT(failed("AllocationFailed", at(std::chrono::hours{-200})),
              AllOf(HasSubstr("HTTP/1.1 400"), HasSubstr("more than 7 days ago")));
  EXPECT_THAT(tell(R"({"profile":"Amazon/c6","outcome":"launched"})"),
              AllOf(HasSubstr("HTTP/1.1 404"), HasSubstr("there is no profile 'Amazon/c6'")));
  EXPECT_THAT(
      tell(R"([{"profile":"Amazon/c5","outcome":"launched","id":"x"},{"profile":"Amazon/c6","outcome":"launched"}])"),
      AllOf(HasSubstr("HTTP/1.1 404"), HasSubstr("element 1 of the array: there is no profile")));
  EXPECT_THAT(ask("GET", "/hardware/calibration"), HasSubstr(R"("profiles":[])")) << "all or nothing";
  EXPECT_THAT(tell("{"), HasSubstr("HTTP/1.1 400"));
  EXPECT_THAT(ask("POST", "/api/v1/observations?source=me", "{}"), HasSubstr("HTTP/1.1 400"));
  EXPECT_THAT(tell(std::string(600 << 10, ' ')), HasSubstr("HTTP/1.1 413"));
  store_.lose(true);
  EXPECT_THAT(failed("AllocationFailed"), HasSubstr("HTTP/1.1 503"));
  store_.lose(false);
}

TEST_F(ObservationsApiTest, NobodyElseMayTell) {
  EXPECT_THAT(tell("{}", "another-token-of-some-length"), HasSubstr("HTTP/1.1 401"));
  EXPECT_THAT(tell("{}", ""), HasSubstr("HTTP/1.1 401"));
}

TEST_F(ObservationsApiTest, TheCalibrationCountsThem) {
  failed("AllocationFailed");
  failed("UnauthorizedOperation");
  tell(R"({"profile":"Amazon/p5","outcome":"launched"})");
  tell(R"({"profile":"Amazon/p5","outcome":"launched"})");
  const std::string all = ask("GET", "/hardware/calibration");
  EXPECT_THAT(all, AllOf(HasSubstr("HTTP/1.1 200"), HasSubstr("\"more\":false")));
  EXPECT_LT(all.find("\"name\":\"p5\""), all.find("\"name\":\"c5\"")) << "most launches first";
  EXPECT_THAT(ask("GET", "/hardware/calibration?since=1x"), HasSubstr("HTTP/1.1 400"));
  EXPECT_THAT(ask("GET", "/hardware/calibration?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z"),
              HasSubstr(R"("profiles":[])"));
  EXPECT_THAT(ask("GET", "/hardware/1/history"), HasSubstr(R"("calibration":{"HIGH":{"launched":)"));
  EXPECT_THAT(metrics_.text(), HasSubstr(R"(vacancy_launches_total{outcome="failed",said=")"));
}

TEST_F(ObservationsApiTest, LaunchesAreTrustedAsLongAsMeasurements) {
  ASSERT_TRUE(store_.add({"bad", "x"}));
  ASSERT_TRUE(lists(R"("name":"x","availability":"UNKNOWN","freshness":"PENDING","measured_at":null)"));
  ASSERT_TRUE(lists("\"probe\":\"fails\""));
  tell(R"({"profile":"bad/x","outcome":"failed","error":"AllocationFailed"})");
  const core::RowPtr row = store_.load().rows.back();
  ASSERT_TRUE(row->reading);
  EXPECT_EQ(row->reading->reason, "launch failed: AllocationFailed");
  EXPECT_EQ(row->reading->stale_at - row->reading->measured_at, kHour + kTick);
}

}  // namespace
}  // namespace hardware
