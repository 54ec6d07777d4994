#include "autoscale/swarm_service.hpp"

#include <gmock/gmock.h>

#include <boost/json.hpp>

namespace autoscale {
namespace {

using testing::HasSubstr;

/// As Docker 20.10 answers, shortened.
constexpr std::string_view kService = R"({
  "ID": "y4kd1r7", "Version": {"Index": 4294967297}, "CreatedAt": "2026-01-01T00:00:00Z",
  "Spec": {"Name": "vacancy_portal", "Labels": {"a": "b"},
           "TaskTemplate": {"ContainerSpec": {"Image": "vacancy/portal:1", "StopGracePeriod": 10000000000},
                            "Resources": {"Limits": {"MemoryBytes": 268435456}}, "ForceUpdate": 0},
           "Mode": {"Replicated": {"Replicas": 3}}, "UpdateConfig": {"MaxFailureRatio": 0.25}},
  "Endpoint": {}})";

std::string with_update(std::string_view state) {
  std::string text(kService);
  text.insert(1, "\"UpdateStatus\": {\"State\": \"" + std::string(state) + "\"},");
  return text;
}

TEST(SwarmService, IsReadFromTheEnginesAnswer) {
  const auto service = read_service(kService);
  ASSERT_TRUE(service) << service.error().message;
  EXPECT_EQ(service->replicas, 3U);
  EXPECT_EQ(service->version, 4294967297U);
  EXPECT_EQ(service->update, "");
}

TEST(SwarmService, AnUpdateThatHasNotEndedIsSeen) {
  for (const char* state : {"updating", "paused", "rollback_started", "rollback_paused"})
    EXPECT_EQ(read_service(with_update(state))->update, state);
  for (const char* state : {"completed", "rollback_completed", ""})
    EXPECT_EQ(read_service(with_update(state))->update, "");
}

TEST(SwarmService, ANewNumberLeavesTheRestOfTheSpec) {
  const auto service = read_service(kService);
  boost::json::value wanted = boost::json::parse(kService).at("Spec");
  wanted.at("Mode").at("Replicated").as_object()["Replicas"] = 7;
  EXPECT_EQ(boost::json::parse(spec_with(*service, 7)), wanted);
}

TEST(SwarmService, WhatCannotBeScaledIsNamed) {
  EXPECT_THAT(read_service(R"({"Version":{"Index":1},"Spec":{"Mode":{"Global":{}}}})").error().message,
              HasSubstr("not replicated"));
  for (const char* text : {"", "[]", "{}", R"({"Spec":{"Mode":{"Replicated":{}}}})",
                           R"({"Version":{"Index":1},"Spec":{"Mode":{"Replicated":{"Replicas":-1}}}})",
                           R"({"Version":{"Index":1},"Spec":{"Mode":[]}})"})
    EXPECT_THAT(read_service(text).error().message, HasSubstr("not a service")) << text;
}

}  // namespace
}  // namespace autoscale
