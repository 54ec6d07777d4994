#include "hardware/probe_facts.hpp"

#include <gtest/gtest.h>

#include "core/evidence.hpp"
#include "support/rows.hpp"

namespace hardware {
namespace {

core::RowPtr row(const std::string& probe, const std::string& name) {
  core::Row row = support::measured_row(1, name, 1, core::Level::high);
  row.probe = probe;
  return support::share(std::move(row));
}

TEST(ProbeFacts, TellWhatIsCountedAndWhatIsMadeUp) {
  std::vector<config::ProbeConfig> probes(6);
  probes[0].name = "made-up";
  probes[1] = {.name = "cluster", .kind = "slurm"};
  probes[2] = {.name = "nodes", .kind = "slurm"};
  probes[2].slurm.unit = config::Unit::nodes;
  probes[3] = {.name = "quota", .kind = "exec"};
  probes[3].exec.unit = "vCPUs";
  probes[4] = {.name = "plain", .kind = "http"};
  probes[5] = {.name = "k8s", .kind = "kubernetes"};
  ProbeFacts facts(probes);
  std::vector<core::RowPtr> rows{row("made-up", "a"), row("cluster", "gpu"),    row("cluster", "gpu:a100"),
                                 row("nodes", "cpu"), row("quota", "Standard"), row("plain", "b"),
                                 row("gone", "c"),    row("k8s", "p4d"),        row("k8s", "p4d:nvidia.com/gpu")};
  const core::RowPtr plain = rows[5], shared = rows[4];
  facts.add(rows);
  EXPECT_TRUE(rows[0]->simulated);
  EXPECT_EQ(rows[0]->unit, "");
  EXPECT_EQ(rows[1]->unit, "CPUs");
  EXPECT_EQ(rows[2]->unit, "GPUs");
  EXPECT_EQ(rows[3]->unit, "nodes");
  EXPECT_EQ(rows[4]->unit, "vCPUs");
  EXPECT_FALSE(rows[4]->simulated);
  EXPECT_EQ(rows[7]->unit, "CPUs");
  EXPECT_EQ(rows[8]->unit, "nvidia.com/gpu");
  EXPECT_EQ(rows[5], plain) << "nothing to say";
  EXPECT_EQ(shared->unit, "") << "others have it";
  auto launched = std::make_shared<core::Row>(*row("made-up", "a"));
  launched->reading->reason = core::reason_of({.error = "AllocationFailed"});
  rows = {launched};
  facts.add(rows);
  EXPECT_FALSE(rows[0]->simulated) << "a launch is real";
  facts.set({});
  rows = {row("made-up", "a")};
  facts.add(rows);
  EXPECT_FALSE(rows[0]->simulated);
}

}  // namespace
}  // namespace hardware
