#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "probe/sinfo.hpp"
#include "probe/squeue.hpp"

/// What profiles of a cluster count. Pure and thread-safe.
namespace probe {

/// The unit that a profile counts.
struct What {
  enum class Kind : std::uint8_t { cpus, nodes, gres } kind = Kind::cpus;
  /// Of generic resources, and their type; no type counts all.
  std::string name{};
  std::optional<std::string> type{};
  /// In MiB: what a unit needs to be free. 0: it needs none.
  std::int64_t memory = 0;
  /// Those of the partition.
  Limits limits{};

  /// "a100 GPUs"
  std::string unit() const;
  std::int64_t total(const Nodes& nodes) const;
  /// Whatever memory there is.
  std::int64_t idle(const Nodes& nodes) const;
  /// With the memory that they need.
  std::int64_t free(const Nodes& nodes) const;
  /// In all. A job that names no type may get any.
  std::int64_t asked(const Job& job) const;
};

/// A partition and what is counted in it.
struct Counted {
  std::string_view name;
  const Partition& partition;
  What what{};

  /// Its nodes. Nodes without the resource say nothing about it.
  std::vector<const Nodes*> nodes() const;
};

/// What the profile counts: PARTITION, PARTITION:GPU_TYPE, PARTITION:RESOURCE or PARTITION:RESOURCE:TYPE. Fails with a
/// sentence when the cluster has no such thing. The result refers to `cluster`.
std::expected<Counted, std::string> find_counted(const Cluster& cluster, std::string_view profile,
                                                 const config::SlurmOptions& options);

/// How profiles name the resources of a partition: "a100", "gpu" for GPUs without a type, "shard", "dcu:z100". Amounts
/// too large for units, such as bytes, are not among them.
std::vector<std::string> resource_names(const Partition& partition);

/// May there be nodes that the cluster does not show now?
bool may_have_more(const Partition& partition);

}  // namespace probe
