#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "probe/slurm_text.hpp"

/// What sinfo prints about nodes and partitions. Pure and thread-safe; takes any bytes.
namespace probe {

/// What sinfo must print, one line for each node of each partition. No field that people write, which could hold the
/// separator or a new line. StateLong instead of StateComplete is understood, too.
inline constexpr std::string_view kSinfoFormat =
    "NodeList:|,PartitionName:|,Available:|,StateComplete:|,CPUsState:|,Gres:|,GresUsed:|";

/// One node of a partition, or several that are alike. What is free is 0 when they are out of service.
struct Nodes {
  std::int64_t count = 1;
  /// Why they take no jobs, such as "drained"; "" when they do, or would if they were not full.
  std::string_view out{};
  /// Nodes without any job.
  std::int64_t idle = 0;
  std::int64_t cpus = 0;
  std::int64_t free_cpus = 0;
  /// The same types in both.
  Gpus gpus{};
  Gpus free_gpus{};
};

struct Partition {
  /// In lower case. All but "up" start no jobs.
  std::string state = "up";
  std::vector<Nodes> nodes{};
};

/// Partitions by name.
using Cluster = std::map<std::string, Partition, std::less<>>;

/// Reads what sinfo printed: text in kSinfoFormat, or the JSON of `sinfo --json` from 22.05 on. Fails with a sentence
/// when it is neither, when it says that the controller does not answer, and when it names no node.
std::expected<Cluster, std::string> read_sinfo(std::string_view output, const config::SlurmOptions& options);

}  // namespace probe
