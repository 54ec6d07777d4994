#include "probe/squeue.hpp"

#include <algorithm>

namespace probe {
namespace {

/// How the reasons begin that only resources can end. There are many others, for limits of users and for holds.
constexpr std::string_view kWantsResources[] = {"Resources", "Priority", "None", "ReqNodeNotAvail", "Nodes required"};

bool wants_resources(std::string_view reason) {
  return std::ranges::any_of(kWantsResources, [&](std::string_view start) { return reason.starts_with(start); });
}

void add_demand(Demand& sum, const Demand& more) {
  sum.cpus = std::min(kMostUnits, sum.cpus + more.cpus);
  sum.nodes = std::min(kMostUnits, sum.nodes + more.nodes);
  add_gpus(sum.gpus, more.gpus, 1);
}

}  // namespace

std::expected<Demands, std::string> read_squeue(std::string_view output) {
  Demands demands;
  while (const auto line = next_line(output)) {
    const auto read = fields<8>(*line);
    const auto nodes = read ? number((*read)[1]) : std::nullopt;
    const auto cpus = read ? number((*read)[2]) : std::nullopt;
    const auto tasks = read ? number((*read)[3]) : std::nullopt;
    if (!nodes || !cpus || !tasks) return std::unexpected(bad_line("squeue", kSqueueFormat, *line));
    if (!wants_resources((*read)[7])) continue;
    Demand job{.cpus = *cpus, .nodes = *nodes};
    add_gpus(job.gpus, read_gpus((*read)[4]), 1);
    add_gpus(job.gpus, read_gpus((*read)[5]), *nodes);
    add_gpus(job.gpus, read_gpus((*read)[6]), *tasks);
    for (std::string_view partitions = (*read)[0]; !partitions.empty();)
      add_demand(demands[std::string(cut(partitions, ','))], job);
  }
  return demands;
}

}  // namespace probe
