#include "probe/slurm_count.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

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

std::int64_t of_all(const Nodes& nodes, std::int64_t each) {
  return std::min(kMostUnits, nodes.count * std::min(kMostUnits, each));
}

/// The unit that a profile counts.
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
    if (kind == Kind::cpus) return nodes.cpus;
    return kind == Kind::nodes ? nodes.count : of_all(nodes, in(nodes.gpus));
  }
  /// GPUs in use whose type is not known may be of this one.
  std::int64_t free(const Nodes& nodes) const {
    if (kind == Kind::cpus) return nodes.free_cpus;
    if (kind == Kind::nodes) return nodes.idle;
    return of_all(nodes, std::max<std::int64_t>(0, in(nodes.free_gpus.by_type) - nodes.free_gpus.unplaced));
  }
  /// A job that names no type may get any.
  std::int64_t asked(const Job& job) const {
    if (kind == Kind::cpus) return job.cpus;
    if (kind == Kind::nodes) return job.nodes;
    const auto untyped = job.gpus.find("");
    return in(job.gpus) + (type == kAnyGpu || untyped == job.gpus.end() ? 0 : untyped->second);
  }
};

/// The nodes of a partition that a profile counts.
std::vector<const Nodes*> counted(const Partition& partition, const What& what) {
  std::vector<const Nodes*> all;
  for (const Nodes& nodes : partition.nodes)
    // Nodes without these GPUs say nothing about them.
    if (what.kind != What::Kind::gpus || what.total(nodes) > 0) all.push_back(&nodes);
  return all;
}

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
  for (const Nodes* nodes : counted(partition, what)) {
    sums.nodes += nodes->count;
    sums.total += what.total(*nodes);
    sums.free += what.free(*nodes);
    if (what.free(*nodes) > 0) sums.with_free += nodes->count;
    if (nodes->out.empty())
      sums.in_service += nodes->count;
    else
      sums.out[nodes->out] += nodes->count;
  }
  if (partition.unseen > 0) sums.out["not shown"] += partition.unseen;
  return sums;
}

// --- Pending jobs

/// Is there, among the nodes that a job may run on, all that it needs, once others have ended?
bool can_run(const Job& job, const Partition& partition) {
  Nodes sum{.count = 0};
  std::int64_t required = 0;
  for (const Nodes& nodes : partition.nodes) {
    if (!may_run_on(job, nodes)) continue;
    sum.count += nodes.count;
    sum.cpus += nodes.cpus;
    add_gpus(sum.gpus, nodes.gpus, nodes.count);
    required += std::ranges::count_if(nodes.names, [&](const auto& name) { return job.required.contains(name); });
  }
  return job.nodes <= sum.count && job.cpus <= sum.cpus && has_gpus(sum.gpus, job.gpus) &&
         std::cmp_equal(required, job.required.size());
}

bool waits_in(const Job& job, std::string_view partition) {
  return std::ranges::find(job.partitions, partition) != job.partitions.end();
}

/// The capacity left on nodes, in their order, after jobs have taken their part.
class Rest {
 public:
  Rest(const Partition& partition, const What& what) : partition_(partition), what_(what) {
    for (const Nodes* nodes : counted(partition, what)) {
      const std::int64_t free = what.free(*nodes);
      sum_ += free;
      if (free > 0) left_.emplace_back(nodes, free);
    }
  }

  void take(const Job& job) {
    std::int64_t wanted = std::min(kMostUnits, job.count * what_.asked(job));
    if (sum_ == 0 || wanted == 0 || !can_run(job, partition_)) return;
    for (auto& [nodes, free] : left_) {
      if (free == 0 || !may_run_on(job, *nodes)) continue;
      const std::int64_t taken = std::min(free, wanted);
      free -= taken;
      sum_ -= taken;
      wanted -= taken;
    }
  }

  std::int64_t sum() const { return sum_; }

  /// On one node. Nodes that are alike are known by their sum: one of them has its share of it at least.
  std::int64_t largest() const {
    std::int64_t most = 0;
    for (const auto& [nodes, free] : left_) most = std::max(most, (free + nodes->count - 1) / nodes->count);
    return most;
  }

 private:
  const Partition& partition_;
  const What& what_;
  std::vector<std::pair<const Nodes*, std::int64_t>> left_;
  std::int64_t sum_ = 0;
};

// --- Words

std::string out_text(const Sums& sums) {
  std::string text;
  std::size_t count = 0;
  for (const auto& [why, nodes] : sums.out) {
    if (count++ == kMostNames) return text + ", …";
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", nodes, why);
  }
  return text;
}

std::string reason(const Sums& sums, const What& what, const Rest& rest) {
  std::string text = fmt::format("{} of {} {} free", sums.free, sums.total, what.unit());
  if (what.kind != What::Kind::nodes && sums.free > 0) {
    text += fmt::format(" on {} of {} nodes", sums.with_free, sums.nodes);
    if (sums.with_free > 1) text += fmt::format(", at most {} on one", rest.largest());
  }
  if (!sums.out.empty()) text += fmt::format("; {}", out_text(sums));
  if (const auto taken = sums.free - rest.sum(); taken > 0) text += fmt::format("; pending jobs take {}", taken);
  return text;
}

std::string no_service(const Sums& sums) {
  return sums.out.empty() ? "no node in service" : fmt::format("no node in service: {}", out_text(sums));
}

std::string state_text(std::string_view state) {
  if (state == "drain") return "the partition is drained";
  return fmt::format("the partition is {}", one_line(state));
}

Unjudged nothing(const Sums& sums, std::string why) {
  return {{.free = 0, .total = static_cast<double>(sums.total), .largest = 0, .reason = std::move(why)},
          core::Level::low};
}

/// The types of a partition's GPUs.
Gpus types_of(const Partition& partition) {
  Gpus gpus;
  for (const Nodes& nodes : partition.nodes) add_gpus(gpus, nodes.gpus, 1);
  return gpus;
}

/// May there be GPUs that the cluster does not show now?
bool may_have_more(const Partition& partition) {
  return partition.unseen > 0 || partition.nodes.empty();
}

std::string no_such_gpu(std::string_view name, std::string_view type, const Gpus& types) {
  if (types.empty()) return fmt::format("partition '{}' has no GPUs", one_line(name));
  return fmt::format("partition '{}' has no GPUs of type '{}'; it has: {}", one_line(name), one_line(type),
                     names_in(types));
}

/// By its name, or as the default, which some of sinfo's fields mark with a star.
Cluster::const_iterator find(const Cluster& cluster, std::string_view name) {
  const auto found = cluster.find(name);
  return found != cluster.end() ? found : cluster.find(std::string(name) + "*");
}

/// Is a partition, or a type of its GPUs, among what is to be discovered? "gpu*" covers partitions with their types.
bool covers(const config::Globs& globs, std::string_view partition, std::string_view name) {
  return std::ranges::any_of(globs.patterns, [&](const std::string& pattern) {
    return base::glob_match(pattern, name) || (!pattern.contains(':') && base::glob_match(pattern, partition));
  });
}

std::vector<std::string> names_of(const std::string& name, const Partition& partition) {
  std::vector<std::string> names = {name};
  for (const auto& [type, _] : types_of(partition))
    names.push_back(fmt::format("{}:{}", name, type.empty() ? kAnyGpu : std::string_view(type)));
  return names;
}

}  // namespace

std::expected<Unjudged, std::string> observe(const Cluster& cluster, const Jobs& pending, std::string_view profile,
                                             config::Unit unit) {
  std::string_view type = profile;
  const std::string_view name = cut(type, ':');
  const auto found = find(cluster, name);
  if (found == cluster.end())
    return std::unexpected(
        fmt::format("the cluster has no partition '{}'; it has: {}", one_line(name), names_in(cluster)));
  const Partition& partition = found->second;
  What what{.kind = unit == config::Unit::nodes ? What::Kind::nodes : What::Kind::cpus};
  if (profile.contains(':')) {
    what = {.kind = What::Kind::gpus, .type = type};
    const Gpus types = types_of(partition);
    const bool known = type == kAnyGpu ? !types.empty() : !type.empty() && types.contains(type);
    if (!known && !may_have_more(partition)) return std::unexpected(no_such_gpu(name, type, types));
  }
  const Sums sums = sum_up(partition, what);
  if (partition.state != "up") return nothing(sums, state_text(partition.state));
  if (sums.in_service == 0) return nothing(sums, no_service(sums));
  Rest rest(partition, what);
  for (const Job& job : pending)
    if (waits_in(job, found->first)) rest.take(job);
  const std::int64_t largest = what.kind == What::Kind::nodes ? rest.sum() : rest.largest();
  return Unjudged{{.free = static_cast<double>(rest.sum()),
                   .total = static_cast<double>(sums.total),
                   .largest = static_cast<double>(largest),
                   .reason = reason(sums, what, rest)}};
}

std::vector<std::string> profile_names(const Cluster& cluster) {
  std::vector<std::string> all;
  for (const auto& [name, partition] : cluster)
    for (std::string& each : names_of(name, partition)) all.push_back(std::move(each));
  return all;
}

std::vector<std::string> discovered_names(const Cluster& cluster, const config::SlurmOptions& options,
                                          std::span<const core::Profile> known) {
  std::map<std::string_view, std::vector<std::string_view>> known_of;
  for (const core::Profile& profile : known) {
    std::string_view rest = profile.key.name;
    known_of[cut(rest, ':')].push_back(profile.key.name);
  }
  std::vector<std::string> all;
  for (const auto& [name, partition] : cluster) {
    std::vector<std::string> names = names_of(name, partition);
    const auto& kept = known_of[name];
    const auto is_kept = [&](const std::string& each) { return std::ranges::find(kept, each) != kept.end(); };
    if (may_have_more(partition))
      for (const std::string_view each : kept)
        if (std::ranges::find(names, each) == names.end()) names.emplace_back(each);
    for (std::string& each : names)
      if (covers(options.discover, name, each) && (!partition.hidden || options.discover_hidden || is_kept(each)))
        all.push_back(std::move(each));
  }
  return all;
}

}  // namespace probe
