#include "probe/slurm_count.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace probe {
namespace {

constexpr std::string_view kAnyGpu = "gpu";
/// So many names in a sentence.
constexpr std::size_t kMostNames = 8;

std::string names_in(const auto& map) {
  std::string text;
  std::size_t count = 0;
  for (const auto& [name, _] : map) {
    if (count++ == kMostNames) return text + ", …";
    text += fmt::format("{}{}", text.empty() ? "" : ", ", name.empty() ? kAnyGpu : one_line(name));
  }
  return text;
}

/// What a profile counts.
struct What {
  enum class Kind : std::uint8_t { cpus, nodes, gpus } kind;
  /// Of GPUs; kAnyGpu counts all.
  std::string_view type{};

  std::string unit() const {
    if (kind == Kind::cpus) return "CPUs";
    if (kind == Kind::nodes) return "nodes";
    return type == kAnyGpu ? "GPUs" : fmt::format("{} GPUs", one_line(type));
  }
  std::int64_t in(const Gpus& gpus) const {
    std::int64_t sum = 0;
    for (const auto& [each, count] : gpus)
      if (type == kAnyGpu || type == each) sum += count;
    return sum;
  }
  std::int64_t total(const Nodes& nodes) const {
    return kind == Kind::cpus ? nodes.cpus : kind == Kind::nodes ? nodes.count : in(nodes.gpus);
  }
  std::int64_t free(const Nodes& nodes) const {
    return kind == Kind::cpus ? nodes.free_cpus : kind == Kind::nodes ? nodes.idle : in(nodes.free_gpus);
  }
  /// A job that names no type may get any.
  std::int64_t asked(const Demand& demand) const {
    if (kind == Kind::cpus) return demand.cpus;
    if (kind == Kind::nodes) return demand.nodes;
    const auto untyped = demand.gpus.find("");
    return in(demand.gpus) + (type == kAnyGpu || untyped == demand.gpus.end() ? 0 : untyped->second);
  }
};

struct Sums {
  std::int64_t free = 0;
  std::int64_t total = 0;
  std::int64_t nodes = 0;
  /// Nodes that take jobs, and those that have something free.
  std::int64_t in_service = 0;
  std::int64_t with_free = 0;
  /// The others, by reason.
  std::map<std::string_view, std::int64_t> out{};
};

Sums sum_up(const Partition& partition, const What& what) {
  Sums sums;
  for (const Nodes& nodes : partition.nodes) {
    // Nodes without these GPUs say nothing about them.
    if (what.kind == What::Kind::gpus && what.total(nodes) == 0) continue;
    sums.nodes += nodes.count;
    sums.total += what.total(nodes);
    sums.free += what.free(nodes);
    if (what.free(nodes) > 0) sums.with_free += nodes.count;
    if (nodes.out.empty())
      sums.in_service += nodes.count;
    else
      sums.out[nodes.out] += nodes.count;
  }
  return sums;
}

std::string out_text(const Sums& sums) {
  std::string text;
  for (const auto& [why, count] : sums.out) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, why);
  return text;
}

std::string reason(const Sums& sums, const What& what, std::int64_t asked) {
  std::string text = fmt::format("{} of {} {} free", sums.free, sums.total, what.unit());
  if (what.kind != What::Kind::nodes && sums.free > 0)
    text += fmt::format(" on {} of {} nodes", sums.with_free, sums.nodes);
  if (!sums.out.empty()) text += fmt::format("; {}", out_text(sums));
  if (asked > 0) text += fmt::format("; pending jobs ask for {} {}", asked, what.unit());
  return text;
}

std::string state_text(std::string_view state) {
  if (state == "drain") return "the partition is drained";
  return fmt::format("the partition is {}", one_line(state));
}

Observation nothing(const Sums& sums, std::string why) {
  return {.level = core::Level::low, .free = 0, .total = static_cast<double>(sums.total), .reason = std::move(why)};
}

/// The types of a partition's GPUs.
Gpus types_of(const Partition& partition) {
  Gpus gpus;
  for (const Nodes& nodes : partition.nodes) add_gpus(gpus, nodes.gpus, 1);
  return gpus;
}

std::string no_such_gpu(std::string_view name, std::string_view type, const Gpus& types) {
  if (types.empty()) return fmt::format("partition '{}' has no GPUs", one_line(name));
  return fmt::format("partition '{}' has no GPUs of type '{}'; it has: {}", one_line(name), one_line(type),
                     names_in(types));
}

}  // namespace

std::expected<Observation, std::string> observe(const Cluster& cluster, const Demands& pending,
                                                std::string_view profile, config::Unit unit) {
  std::string_view type = profile;
  const std::string_view name = cut(type, ':');
  const auto found = cluster.find(name);
  if (found == cluster.end())
    return std::unexpected(
        fmt::format("the cluster has no partition '{}'; it has: {}", one_line(name), names_in(cluster)));
  const Partition& partition = found->second;
  What what{.kind = unit == config::Unit::nodes ? What::Kind::nodes : What::Kind::cpus};
  if (profile.contains(':')) {
    what = {.kind = What::Kind::gpus, .type = type};
    const Gpus types = types_of(partition);
    if (types.empty() || type.empty() || (type != kAnyGpu && !types.contains(type)))
      return std::unexpected(no_such_gpu(name, type, types));
  }
  const Sums sums = sum_up(partition, what);
  if (partition.state != "up") return nothing(sums, state_text(partition.state));
  if (sums.in_service == 0) return nothing(sums, fmt::format("no node is in service: {}", out_text(sums)));
  const auto demand = pending.find(name);
  const std::int64_t asked = demand != pending.end() ? what.asked(demand->second) : 0;
  return Observation{.free = static_cast<double>(std::max<std::int64_t>(0, sums.free - asked)),
                     .total = static_cast<double>(sums.total),
                     .reason = reason(sums, what, asked)};
}

std::vector<std::string> profile_names(const Cluster& cluster) {
  std::vector<std::string> names;
  for (const auto& [name, partition] : cluster) {
    names.push_back(name);
    for (const auto& [type, _] : types_of(partition))
      names.push_back(fmt::format("{}:{}", name, type.empty() ? kAnyGpu : std::string_view(type)));
  }
  return names;
}

}  // namespace probe
