#include "hardware/probe_facts.hpp"

#include "core/evidence.hpp"
#include "probe/kube_count.hpp"

namespace hardware {
namespace {

std::string unit(const config::SlurmOptions& options, const std::string& profile) {
  if (profile.contains(':')) return "GPUs";
  return options.unit == config::Unit::nodes ? "nodes" : "CPUs";
}

std::string unit(const config::KubernetesOptions&, const std::string& profile) {
  return probe::unit_of_resource(profile);
}

template <class Options>
std::string unit(const Options& options, const std::string&) {
  if constexpr (requires { options.unit; }) return options.unit;
  return {};
}

std::string unit_of(const config::ProbeConfig& probe, const std::string& profile) {
  return config::with_options(probe, [&](const auto& options) { return unit(options, profile); });
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
    const auto probe = probes_.find(row->probe.text());
    if (probe == probes_.end()) continue;
    // All of a large board need not be copied: nobody else has these rows yet.
    auto told = row.use_count() == 1 ? std::const_pointer_cast<core::Row>(std::exchange(row, nullptr))
                                     : std::make_shared<core::Row>(*row);
    told->simulated = probe->second.kind == "simulated" && !(told->reading && core::is_launch(*told->reading));
    told->unit = unit_of(probe->second, told->profile.key.name);
    row = std::move(told);
  }
}

}  // namespace hardware
