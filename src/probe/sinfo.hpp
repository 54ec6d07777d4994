#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "probe/slurm_text.hpp"

/// Reads the output of sinfo about nodes and partitions. Pure and thread-safe; takes any bytes.
namespace probe {

/// What sinfo must print, one line for each node of each partition. No field that people write, which could hold the
/// separator or a new line. Lines may end after GresUsed. StateLong is read where StateComplete is empty, as in 20.11.
inline constexpr std::string_view kSinfoFormat =
    "NodeList:|,PartitionName:|,Available:|,StateComplete:|,CPUsState:|,Gres:|,GresUsed:|,Features_act:|,StateLong:|";

/// One node of a partition, or several that are alike. What is free is 0 when they are out of service.
struct Nodes {
  Names names{};
  std::int64_t count = 1;
  /// Why they take no jobs, such as "drained"; "" when they do, or would if they were not full.
  std::string out{};
  /// Nodes without any job.
  std::int64_t idle = 0;
  /// Of all of them together.
  std::int64_t cpus = 0;
  std::int64_t free_cpus = 0;
  /// The source has taken off the CPUs that no job gets (CoreSpecCount, CpuSpecList).
  bool cpus_are_effective = false;
  /// Generic resources of each of them. What is free has the same names and types.
  Resources gres{};
  LeftOf free_gres{};
  /// Of each of them, in MiB: memory that no job has. Not given where the source does not say.
  std::optional<std::int64_t> free_memory{};
  /// Features that jobs may demand of a node; not given where the source has none.
  std::optional<Names> features{};
};

/// What the configuration of a partition allows; kMostUnits is no limit.
struct Limits {
  /// Jobs start only on nodes without any job.
  bool idle_nodes_only = false;
  std::int64_t cpus_per_node = kMostUnits;
  std::int64_t nodes_per_job = kMostUnits;
};

/// The state of a partition that is up and takes jobs of root alone.
inline constexpr std::string_view kRootOnly = "open to root only";

struct Partition {
  /// In lower case. All but "up" start no jobs.
  std::string state = "up";
  /// Users see it only when they ask for all.
  bool hidden = false;
  Limits limits{};
  /// Nodes that it has and sinfo does not show: cloud nodes that are switched off.
  std::int64_t unseen = 0;
  std::vector<Nodes> nodes{};
};

/// Partitions by name.
using Cluster = std::map<std::string, Partition, std::less<>>;

/// Reads what sinfo printed: text in kSinfoFormat, or the JSON of `sinfo --json` from 22.05 on. Fails with a sentence
/// when it is neither, when it has been cut to a width, and when it says that the controller does not answer.
std::expected<Cluster, std::string> read_sinfo(std::string_view output, const config::SlurmOptions& options);

/// The same of JSON alone, which may be that of slurmrestd; `source` is what sentences call it.
std::expected<Cluster, std::string> read_sinfo_json(std::string_view output, const config::SlurmOptions& options,
                                                    std::string_view source = "the output of sinfo");

/// A source's facts about a node, or about each node of a group; CPUs and idle nodes are those of the whole group.
struct RawNodes {
  Names names{};
  std::set<std::string, std::less<>> states{};
  std::int64_t count = 1;
  std::int64_t idle = 0;
  std::int64_t cpus = 0;
  std::int64_t free_cpus = 0;
  bool cpus_are_effective = false;
  std::string_view gres{};
  std::string_view gres_used{};
  std::optional<std::int64_t> free_memory{};
  std::optional<Names> features{};
};

/// What they have for jobs. Nothing when their generic resources cannot be read.
std::optional<Nodes> judge_nodes(RawNodes raw, const config::SlurmOptions& options);

/// The names in "big,fast".
Names read_features(std::string_view list);

}  // namespace probe
