#include "feed/launch_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace feed {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

std::string mistake(std::string_view json) {
  const auto launches = parse_launches(json);
  return launches ? "none" : launches.error().message;
}

TEST(Launches, OneIsRead) {
  EXPECT_THAT(
      *parse_launches(R"({"profile":"Amazon/p5.48xlarge","outcome":"failed","error":"InsufficientInstanceCapacity",
                                 "at":"2026-11-24T13:00:00Z","where":"eu-1","source":"karpenter","id":"a1"})"),
      ElementsAre(
          SentLaunch{{"Amazon", "p5.48xlarge"},
                     {.error = "InsufficientInstanceCapacity", .took = {}, .where = "eu-1", .source = "karpenter"},
                     std::chrono::sys_days{2026y / 11 / 24} + 13h,
                     "a1"}));
  EXPECT_THAT(*parse_launches(R"({"provider":"our/cluster","name":"a/b","outcome":"launched","took":"1m30s"})"),
              ElementsAre(SentLaunch{{"our/cluster", "a/b"}, {.error = "", .took = 90s}}));
  EXPECT_THAT(*parse_launches(R"({"profile":"p/a/b","outcome":"launched"})"),
              ElementsAre(SentLaunch{{"p", "a/b"}, {}}));
}

TEST(Launches, ManyAreReadUpToALimit) {
  const std::string one = R"({"profile":"p/a","outcome":"launched"})";
  std::string many = "[" + one;
  for (std::size_t i = 1; i < kMostLaunches; ++i) many += "," + one;
  EXPECT_THAT(*parse_launches(many + "]"), SizeIs(kMostLaunches));
  EXPECT_THAT(mistake(many + "," + one + "]"), HasSubstr("101 launches in one request; from 1 to 100 may be"));
  EXPECT_THAT(mistake("[]"), HasSubstr("0 launches in one request"));
  EXPECT_THAT(mistake("[" + one + ",7]"), HasSubstr("element 1 of the array: it is not a JSON object"));
}

TEST(Launches, TextsAreOneLine) {
  const auto launches = parse_launches(
      "{\"profile\":\"p/a\",\"outcome\":\"failed\",\"error\":\" No\\ncapacity \\u202e\",\"source\":\"a\\tb\"}");
  ASSERT_TRUE(launches) << launches.error().message;
  EXPECT_EQ(launches->front().launch.error, "No capacity ?");
  EXPECT_EQ(launches->front().launch.source, "a b");
}

TEST(Launches, MistakesAreNamed) {
  for (const auto& [json, what] : std::vector<std::pair<std::string, std::string>>{
           {"", "the body"},
           {"{", "the body"},
           {"7", "not a JSON object"},
           {R"({"outcome":"launched"})", "give either 'profile', or 'provider' and 'name'"},
           {R"({"profile":"p/a","name":"a","outcome":"launched"})", "give either 'profile'"},
           {R"({"profile":"p","outcome":"launched"})", "'profile' is not PROVIDER/NAME"},
           {R"({"profile":"p/","outcome":"launched"})", "name"},
           {R"({"profile":7,"outcome":"launched"})", "'profile' is not a string"},
           {R"({"provider":"p","outcome":"launched"})", "name"},
           {R"({"profile":"p/a"})", "'outcome' is neither launched nor failed"},
           {R"({"profile":"p/a","outcome":"worked"})", "'outcome' is neither launched nor failed"},
           {R"({"profile":"p/a","outcome":"failed"})", "'error' is missing"},
           {R"({"profile":"p/a","outcome":"launched","error":"x"})", "a launch that worked has no 'error'"},
           {R"({"profile":"p/a","outcome":"launched","took":"42"})", "'took' is no duration"},
           {R"({"profile":"p/a","outcome":"launched","took":42})", "'took' is not a string"},
           {R"({"profile":"p/a","outcome":"launched","took":"2d"})", "'took' is longer than 1d"},
           {R"({"profile":"p/a","outcome":"launched","at":"yesterday"})", "'at' is not an RFC 3339 time"},
           {R"({"profile":"p/a","outcome":"launched","when":"now"})", "key 'when' is unknown; the keys are profile, "},
           {R"({"profile":"p/a","outcome":"launched","outcome":"failed"})", "the body"},
           {R"({"profile":"p/a","outcome":"launched","id":")" + std::string(192, 'x') + "\"}",
            "'id' is longer than 191 bytes"},
           {R"({"profile":"p/a","outcome":"launched","where":")" + std::string(65, 'x') + "\"}",
            "'where' is longer than 64 bytes"}})
    EXPECT_THAT(mistake(json), HasSubstr(what)) << json;
}

TEST(Calibration, NamesAllLevels) {
  core::Calibration calibration;
  calibration[core::Level::high] = {41, 2};
  std::string out;
  append_calibration(out, calibration);
  EXPECT_EQ(out, R"({"HIGH":{"launched":41,"failed":2},"MEDIUM":{"launched":0,"failed":0},)"
                 R"("LOW":{"launched":0,"failed":0},"UNKNOWN":{"launched":0,"failed":0}})");
}

}  // namespace
}  // namespace feed
