// Quotas of regions of Google Cloud, and the calls of a day.
#include "probe/gcp_quota.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "probe/kinds.hpp"

namespace probe {
namespace {

using testing::StartsWith;

TEST(GcpQuota, NamesOfMachineTypesTellWhatTheyNeed) {
  const auto need = [](std::string_view machine_type) {
    const auto found = gcp_need(machine_type);
    return found ? fmt::format("{} {} {}", found->spot, found->other, found->amount) : "nothing known";
  };
  EXPECT_EQ(need("n2-standard-16"), "CPUS N2_CPUS 16");
  EXPECT_EQ(need("c2d-highcpu-112"), "CPUS C2D_CPUS 112");
  EXPECT_EQ(need("e2-highmem-8"), "CPUS CPUS 8");
  EXPECT_EQ(need("n1-standard-96"), "CPUS CPUS 96");
  EXPECT_EQ(need("c3-standard-8-lssd"), "CPUS C3_CPUS 8");
  EXPECT_EQ(need("n2-custom-6-3072"), "CPUS N2_CPUS 6");
  EXPECT_EQ(need("a2-highgpu-1g"), "NVIDIA_A100_GPUS NVIDIA_A100_GPUS 1");
  EXPECT_EQ(need("a2-megagpu-16g"), "NVIDIA_A100_GPUS NVIDIA_A100_GPUS 16");
  EXPECT_EQ(need("a2-ultragpu-4g"), "NVIDIA_A100_80GB_GPUS NVIDIA_A100_80GB_GPUS 4");
  EXPECT_EQ(need("a3-highgpu-8g"), "NVIDIA_H100_GPUS NVIDIA_H100_GPUS 8");
  EXPECT_EQ(need("a3-megagpu-8g"), "NVIDIA_H100_MEGA_GPUS NVIDIA_H100_MEGA_GPUS 8");
  for (const auto& [cpus, gpus] : {std::pair(4, 1), {12, 1}, {16, 1}, {24, 2}, {32, 1}, {48, 4}, {96, 8}})
    EXPECT_EQ(need(fmt::format("g2-standard-{}", cpus)), fmt::format("NVIDIA_L4_GPUS NVIDIA_L4_GPUS {}", gpus));
  for (const char* unknown : {"", "-", "--", "a3", "e2-medium", "f1-micro", "custom-4-16384", "e2-custom-medium-2048",
                              "ct5lp-hightpu-8t", "a9-newgpu-8g", "g4-standard-48", "a3-highgpu-8", "a3-highgpu-g",
                              "g2-standard-4g", "n2-standard-0", "n2-standard--8", "n2-standard-99999999999"})
    EXPECT_EQ(need(unknown), "nothing known") << unknown;
}

TEST(GcpQuota, IsUsedUpWhenTheMachinesDoNotFit) {
  const GcpQuotas h100 = {{"PREEMPTIBLE_NVIDIA_H100_GPUS", {24, 8}}};
  EXPECT_EQ(gcp_used_up(h100, "a3-highgpu-8g", 2), "");
  EXPECT_EQ(gcp_used_up(h100, "a3-highgpu-8g", 3), "PREEMPTIBLE_NVIDIA_H100_GPUS");
  EXPECT_EQ(gcp_used_up(h100, "a3-megagpu-8g", 3), "") << "another metric";
  EXPECT_EQ(gcp_used_up({{"PREEMPTIBLE_NVIDIA_H100_GPUS", {0, 0}}}, "a3-highgpu-8g", 1),
            "PREEMPTIBLE_NVIDIA_H100_GPUS");
  EXPECT_EQ(gcp_used_up({{"PREEMPTIBLE_CPUS", {64, 100}}}, "n2-standard-16", 1), "PREEMPTIBLE_CPUS")
      << "the limit was lowered";
  EXPECT_EQ(gcp_used_up({}, "n2-standard-16", 1), "");
  EXPECT_EQ(gcp_used_up({{"PREEMPTIBLE_CPUS", {0, 0}}}, "e2-medium", 1), "");
}

TEST(GcpQuota, WithoutOneOfTheirOwnSpotMachinesCountAsOthers) {
  const auto used_up = [](GcpQuota spot, GcpQuota cpus, GcpQuota n2, const char* machine_type) {
    return gcp_used_up({{"PREEMPTIBLE_CPUS", spot}, {"CPUS", cpus}, {"N2_CPUS", n2}}, machine_type, 1);
  };
  EXPECT_EQ(used_up({0, 0}, {24, 0}, {24, 16}, "e2-standard-16"), "");
  EXPECT_EQ(used_up({0, 0}, {24, 16}, {24, 0}, "e2-standard-16"), "CPUS");
  EXPECT_EQ(used_up({0, 0}, {24, 16}, {24, 0}, "n2-standard-16"), "");
  EXPECT_EQ(used_up({0, 0}, {24, 0}, {24, 16}, "n2-standard-16"), "N2_CPUS");
  EXPECT_EQ(used_up({32, 0}, {24, 16}, {24, 16}, "n2-standard-16"), "") << "its own counts alone";
  EXPECT_EQ(used_up({0, 0}, {0, 0}, {0, 0}, "n2-standard-16"), "PREEMPTIBLE_CPUS");
  EXPECT_EQ(used_up({0, 0}, {0, 0}, {0, 0}, "c4-standard-16"), "") << "a series whose quota is elsewhere";
  const GcpQuota none{0, 0}, eight{8, 0};
  EXPECT_EQ(gcp_used_up({{"PREEMPTIBLE_NVIDIA_L4_GPUS", none}, {"NVIDIA_L4_GPUS", eight}}, "g2-standard-96", 1), "");
  EXPECT_EQ(gcp_used_up({{"PREEMPTIBLE_NVIDIA_L4_GPUS", none}, {"NVIDIA_L4_GPUS", none}}, "g2-standard-4", 1),
            "PREEMPTIBLE_NVIDIA_L4_GPUS");
}

TEST(GcpQuota, IsReadAsFarAsItHasNumbers) {
  const auto quotas = read_gcp_quotas(R"({"quotas":[{"metric":"CPUS","limit":24.0,"usage":8.5},{"metric":"N2_CPUS",
      "limit":7},{"metric":"A","limit":"x"},{"metric":"B","limit":-1,"usage":0},{"metric":"C","limit":1,"usage":null},
      {"limit":1e300,"usage":1},7]})");
  ASSERT_TRUE(quotas) << quotas.error();
  EXPECT_EQ(quotas->size(), 3);
  EXPECT_EQ(quotas->at("CPUS").limit, 24);
  EXPECT_EQ(quotas->at("CPUS").usage, 8.5);
  EXPECT_EQ(quotas->at("N2_CPUS").usage, 0);
  for (const char* text : {"{}", R"({"quotas":7})", R"({"error":{"code":403}})"})
    EXPECT_EQ(read_gcp_quotas(text).error(), "the answer has no list of quotas") << text;
  EXPECT_THAT(read_gcp_quotas("<html>").error(), StartsWith("the answer is not JSON"));
}

// --- Calls of a day

DailyCalls daily(const config::ProbeConfig& config, const std::vector<core::Profile>& profiles) {
  std::vector<const core::Profile*> pointers;
  for (const auto& each : profiles) pointers.push_back(&each);
  return daily_calls(config, pointers);
}

/// The figure of the documents: 300 machine types in 20 regions, every 15 minutes.
TEST(GcpCalls, ThreeHundredTypesInTwentyRegionsStayWithinHalfOfTheLimit) {
  config::ProbeConfig config{.name = "google", .kind = "gcp", .ttl = std::chrono::minutes{15}};
  for (int i = 0; i < 20; ++i) config.gcp.regions.push_back(fmt::format("us-east{}", i));
  std::vector<core::Profile> profiles;
  for (int i = 0; i < 300; ++i) profiles.push_back({.id = i, .key = {"Google", fmt::format("n2-standard-{}", i + 1)}});
  const DailyCalls calls = daily(config, profiles);
  // 6,000 advices a run, and the quotas of 20 regions.
  EXPECT_EQ(calls.calls, 96 * 6000 + 96 * 20);
  EXPECT_EQ(calls.most, 20 * 1500 * 1440);
  EXPECT_LE(calls.calls, calls.most / 2);
}

TEST(GcpCalls, ReservationsAndUnknownTypesNeedNoQuota) {
  config::ProbeConfig config{.name = "google", .kind = "gcp", .ttl = std::chrono::hours{1}};
  EXPECT_EQ(daily(config, {{.id = 1, .key = {"Google", "e2-medium@us-east1"}}}).calls, 24);
  EXPECT_EQ(daily(config, {{.id = 1, .key = {"Google", "e2-standard-2@us-east1"}}}).calls, 48);
  const core::Labels all = {{"reservation", "*"}};
  EXPECT_EQ(daily(config, {{.id = 1, .key = {"Google", "e2-standard-2@us-east1-b"}, .labels = all}}).calls, 24);
  const DailyCalls nowhere = daily(config, {{.id = 1, .key = {"Google", "e2-standard-2"}}});
  EXPECT_EQ(nowhere.calls, 0);
  EXPECT_EQ(nowhere.most, 0);
}

}  // namespace
}  // namespace probe
