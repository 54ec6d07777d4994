#include "probe/slurm_count.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "probe/slurm_what.hpp"

namespace probe {
namespace {

struct Sums {
  std::int64_t free = 0;
  /// These would be free if their nodes had the memory for them.
  std::int64_t without_memory = 0;
  std::int64_t total = 0;
  std::int64_t nodes = 0;
  /// Nodes that take jobs.
  std::int64_t in_service = 0;
  /// The others, by reason.
  std::map<std::string_view, std::int64_t> out{};
};

Sums sum_up(const Counted& counted) {
  Sums sums;
  for (const Nodes* nodes : counted.nodes()) {
    const std::int64_t free = counted.what.free(*nodes);
    sums.nodes += nodes->count;
    sums.total += counted.what.total(*nodes);
    sums.free += free;
    sums.without_memory += counted.what.idle(*nodes) - free;
    if (nodes->out.empty())
      sums.in_service += nodes->count;
    else
      sums.out[nodes->out] += nodes->count;
  }
  if (counted.partition.unseen > 0) sums.out["not shown"] += counted.partition.unseen;
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
    add_resources(sum.gres, nodes.gres, nodes.count);
    required += std::ranges::count_if(nodes.names, [&](const auto& name) { return job.required.contains(name); });
  }
  return job.nodes <= sum.count && job.cpus <= sum.cpus && has_all(sum.gres, job.gres) &&
         std::cmp_equal(required, job.required.size());
}

bool waits_in(const Job& job, std::string_view partition) {
  return std::ranges::find(job.partitions, partition) != job.partitions.end();
}

/// The capacity left on nodes, in their order, after jobs have taken their part.
class Rest {
 public:
  explicit Rest(const Counted& counted) : counted_(counted) {
    for (const Nodes* nodes : counted.nodes()) {
      const std::int64_t free = counted.what.free(*nodes);
      sum_ += free;
      const std::int64_t each = counted.what.limits.idle_nodes_only ? on_one(*nodes, free) : 1;
      if (free > 0) left_.push_back({nodes, free, each});
    }
  }

  void take(const Job& job) {
    // Jobs that get whole nodes leave nothing on them, whatever they ask for.
    const bool whole = counted_.what.limits.idle_nodes_only;
    const std::int64_t asked = whole ? std::max<std::int64_t>(1, job.nodes) : counted_.what.asked(job);
    std::int64_t wanted = std::min(kMostUnits, job.count * asked);
    if (sum_ == 0 || wanted == 0 || !can_run(job, counted_.partition)) return;
    for (auto& [nodes, free, each] : left_) {
      if (free == 0 || wanted == 0 || !may_run_on(job, *nodes)) continue;
      const std::int64_t taken = std::min(free, wanted * each);
      free -= taken;
      sum_ -= taken;
      wanted -= (taken + each - 1) / each;
    }
  }

  std::int64_t sum() const { return sum_; }

  /// How many nodes have something of it.
  std::int64_t nodes() const {
    std::int64_t sum = 0;
    for (const Left& left : left_) sum += std::min(left.nodes->count, left.free);
    return sum;
  }

  /// On one node.
  std::int64_t largest() const {
    std::int64_t most = 0;
    for (const Left& left : left_) most = std::max(most, on_one(*left.nodes, left.free));
    return most;
  }

 private:
  struct Left {
    const Nodes* nodes;
    std::int64_t free;
    /// So much of it goes with each unit, or node, that a job takes.
    std::int64_t each;
  };

  /// Nodes that are alike are known by their sum: one of them has its share of it at least.
  static std::int64_t on_one(const Nodes& nodes, std::int64_t free) { return (free + nodes.count - 1) / nodes.count; }

  const Counted& counted_;
  std::vector<Left> left_;
  std::int64_t sum_ = 0;
};

// --- Words

std::string out_text(const Sums& sums) {
  return listed(sums.out, [](const auto& entry) { return fmt::format("{} {}", entry.second, entry.first); });
}

std::string reason(const Sums& sums, const What& what, const Rest& rest) {
  std::string text = fmt::format("{} of {} {} free", rest.sum(), sums.total, what.unit());
  if (what.kind != What::Kind::nodes && rest.sum() > 0) {
    text += fmt::format(" on {} of {} nodes", rest.nodes(), sums.nodes);
    if (rest.nodes() > 1) text += fmt::format(", at most {} on one", rest.largest());
  }
  if (what.limits.idle_nodes_only && what.kind != What::Kind::nodes) text += "; only nodes without a job count";
  if (sums.without_memory > 0) text += fmt::format("; {} more without memory", sums.without_memory);
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

/// Is a partition, or one of its resources, among what is to be discovered? "gpu*" covers partitions with their types.
bool covers(const config::Globs& globs, std::string_view partition, std::string_view name) {
  return std::ranges::any_of(globs.patterns, [&](const std::string& pattern) {
    return base::glob_match(pattern, name) || (!pattern.contains(':') && base::glob_match(pattern, partition));
  });
}

std::vector<std::string> names_of(const std::string& name, const Partition& partition) {
  std::vector<std::string> names = {name};
  for (const std::string& resource : resource_names(partition)) names.push_back(fmt::format("{}:{}", name, resource));
  return names;
}

}  // namespace

std::expected<Unjudged, std::string> observe(const Cluster& cluster, const Jobs& pending, std::string_view profile,
                                             const config::SlurmOptions& options) {
  const auto counted = find_counted(cluster, profile, options);
  if (!counted) return std::unexpected(counted.error());
  const What& what = counted->what;
  const Sums sums = sum_up(*counted);
  if (counted->partition.state != "up") return nothing(sums, state_text(counted->partition.state));
  if (sums.in_service == 0) return nothing(sums, no_service(sums));
  Rest rest(*counted);
  for (const Job& job : pending)
    if (waits_in(job, counted->name)) rest.take(job);
  const bool nodes = what.kind == What::Kind::nodes;
  const std::int64_t largest = nodes ? std::min(rest.sum(), what.limits.nodes_per_job) : rest.largest();
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
