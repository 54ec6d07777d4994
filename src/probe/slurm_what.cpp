#include "probe/slurm_what.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "probe/judge.hpp"

namespace probe {
namespace {

std::int64_t of_all(std::int64_t nodes, std::int64_t each) {
  return std::min(kMostUnits, nodes * std::min(kMostUnits, each));
}

std::int64_t sum_of(const Counts& counts, const std::optional<std::string>& type) {
  std::int64_t sum = 0;
  for (const auto& [each, count] : counts)
    if (!type || *type == each) sum += count;
  return sum;
}

/// "GPUs", "shards", "mps".
std::string plural(const std::string& name) {
  if (name == kGpu) return "GPUs";
  return one_line(name) + (name.ends_with('s') ? "" : "s");
}

Resources resources_of(const Partition& partition) {
  Resources all;
  for (const Nodes& nodes : partition.nodes) add_resources(all, nodes.gres, 1);
  return all;
}

bool has(const Resources& all, std::string_view name, std::string_view type) {
  const auto found = all.find(name);
  return found != all.end() && found->second.contains(type);
}

/// "a100", "gpu", "shard", "dcu:z100". What is no name of a resource is a type of GPUs.
What read_what(std::string_view text, const Resources& all) {
  const std::string_view whole = text;
  const std::string name(cut(text, ':'));
  if (whole.contains(':')) return {.kind = What::Kind::gres, .name = name, .type = std::string(text)};
  const bool is_name = name == kGpu || (all.contains(name) && !has(all, kGpu, name));
  if (is_name) return {.kind = What::Kind::gres, .name = name};
  return {.kind = What::Kind::gres, .name = std::string(kGpu), .type = name};
}

bool is_known(const What& what, const Resources& all) {
  if (!what.type) return all.contains(what.name);
  return !what.type->empty() && has(all, what.name, *what.type);
}

std::string not_known(std::string_view partition, const What& what, const std::vector<std::string>& names) {
  const std::string has_no = fmt::format("partition '{}' has no {}", one_line(partition), plural(what.name));
  if (names.empty()) return has_no;
  return fmt::format("{}{}; it has: {}", has_no, what.type ? fmt::format(" of type '{}'", one_line(*what.type)) : "",
                     listed(names));
}

/// By its name, or as the default, which some of sinfo's fields mark with a star.
Cluster::const_iterator find(const Cluster& cluster, std::string_view name) {
  const auto found = cluster.find(name);
  return found != cluster.end() ? found : cluster.find(std::string(name) + "*");
}

/// Some source does not say how much memory is free.
bool lacks_memory(const Partition& partition) {
  return std::ranges::any_of(partition.nodes,
                             [](const Nodes& nodes) { return nodes.out.empty() && !nodes.free_memory; });
}

}  // namespace

std::string What::unit() const {
  if (kind == Kind::cpus) return "CPUs";
  if (kind == Kind::nodes) return "nodes";
  return type ? fmt::format("{} {}", one_line(*type), plural(name)) : plural(name);
}

std::int64_t What::total(const Nodes& nodes) const {
  if (kind == Kind::cpus) return std::min(nodes.cpus, of_all(nodes.count, limits.cpus_per_node));
  if (kind == Kind::nodes) return nodes.count;
  const auto found = nodes.gres.find(name);
  return found == nodes.gres.end() ? 0 : of_all(nodes.count, sum_of(found->second, type));
}

std::int64_t What::idle(const Nodes& nodes) const {
  const std::int64_t open = limits.idle_nodes_only ? nodes.idle : nodes.count;
  if (kind == Kind::cpus) return std::min(nodes.free_cpus, of_all(open, limits.cpus_per_node));
  if (kind == Kind::nodes) return nodes.idle;
  const auto found = nodes.free_gres.find(name);
  if (found == nodes.free_gres.end()) return 0;
  // Units in use whose type is not known may be of this one.
  return of_all(open, std::max<std::int64_t>(0, sum_of(found->second.by_type, type) - found->second.unplaced));
}

std::int64_t What::free(const Nodes& nodes) const {
  if (memory == 0) return idle(nodes);
  return std::min(idle(nodes), of_all(nodes.count, nodes.free_memory.value_or(0) / memory));
}

std::int64_t What::asked(const Job& job) const {
  if (kind == Kind::cpus) return job.cpus;
  if (kind == Kind::nodes) return job.nodes;
  const auto found = job.gres.find(name);
  if (found == job.gres.end()) return 0;
  const auto untyped = found->second.find("");
  const bool any = type && !type->empty() && untyped != found->second.end();
  return sum_of(found->second, type) + (any ? untyped->second : 0);
}

std::vector<const Nodes*> Counted::nodes() const {
  std::vector<const Nodes*> all;
  for (const Nodes& nodes : partition.nodes)
    if (what.kind != What::Kind::gres || what.total(nodes) > 0) all.push_back(&nodes);
  return all;
}

std::expected<Counted, std::string> find_counted(const Cluster& cluster, std::string_view profile,
                                                 const config::SlurmOptions& options) {
  std::string_view rest = profile;
  const std::string_view name = cut(rest, ':');
  const auto found = find(cluster, name);
  if (found == cluster.end()) {
    std::vector<std::string> names;
    for (const auto& [each, _] : cluster) names.push_back(each);
    return std::unexpected(fmt::format("the cluster has no partition '{}'; it has: {}", one_line(name), listed(names)));
  }
  Counted counted{.name = found->first, .partition = found->second};
  counted.what.kind = options.unit == config::Unit::nodes ? What::Kind::nodes : What::Kind::cpus;
  if (profile.contains(':')) {
    const Resources all = resources_of(counted.partition);
    counted.what = read_what(rest, all);
    if (!is_known(counted.what, all) && !may_have_more(counted.partition))
      return std::unexpected(not_known(name, counted.what, resource_names(counted.partition)));
  }
  counted.what.limits = counted.partition.limits;
  counted.what.memory = static_cast<std::int64_t>(options.memory_per_unit.count >> 20);
  if (counted.what.memory > 0 && lacks_memory(counted.partition))
    return std::unexpected(std::string(
        "memory_per_unit needs the free memory of each node, which the source does not give; let 'scontrol' say it"));
  return counted;
}

std::vector<std::string> resource_names(const Partition& partition) {
  std::vector<std::string> names;
  for (const auto& [name, counts] : resources_of(partition))
    for (const auto& [type, count] : counts) {
      if (name == kGpu)
        names.push_back(type.empty() ? name : type);
      else if (count < kMostUnits)
        names.push_back(type.empty() ? name : fmt::format("{}:{}", name, type));
    }
  return names;
}

bool may_have_more(const Partition& partition) {
  return partition.unseen > 0 || partition.nodes.empty();
}

}  // namespace probe
