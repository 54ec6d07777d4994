#include "hardware/probe_facts.hpp"

namespace hardware {
namespace {

std::string unit_of(const config::ProbeConfig& probe, const std::string& profile) {
  if (probe.kind == "exec") return probe.exec.unit;
  if (probe.kind == "http") return probe.http.unit;
  if (probe.kind != "slurm") return "";
  if (profile.contains(':')) return "GPUs";
  return probe.slurm.unit == config::Unit::nodes ? "nodes" : "CPUs";
}

}  // namespace

void ProbeFacts::set(const std::vector<config::ProbeConfig>& probes) {
  probes_.clear();
  for (const config::ProbeConfig& probe : probes)
    if (probe.kind == "simulated" || !unit_of(probe, "").empty()) probes_.emplace(probe.name, probe);
}

void ProbeFacts::add(std::vector<core::RowPtr>& rows) const {
  if (probes_.empty()) return;
  for (core::RowPtr& row : rows) {
    const auto probe = probes_.find(row->probe);
    if (probe == probes_.end()) continue;
    auto told = std::make_shared<core::Row>(*row);
    told->simulated = probe->second.kind == "simulated";
    told->unit = unit_of(probe->second, row->profile.key.name);
    row = std::move(told);
  }
}

}  // namespace hardware
