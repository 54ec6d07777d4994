#pragma once

#include <expected>

#include "probe/slurm_text.hpp"

/// What squeue prints about pending jobs. Pure and thread-safe; takes any bytes.
namespace probe {

/// What squeue must print, one line for each pending job and for each task of an array.
inline constexpr std::string_view kSqueueFormat =
    "Partition:|,NumNodes:|,NumCPUs:|,NumTasks:|,tres-per-job:|,tres-per-node:|,tres-per-task:|,Reason:|";

/// What the pending jobs of a partition ask for.
struct Demand {
  std::int64_t cpus = 0;
  std::int64_t nodes = 0;
  Gpus gpus{};
};

/// By the partition's name.
using Demands = std::map<std::string, Demand, std::less<>>;

/// Reads lines in kSqueueFormat. A job that waits for something else than resources, as for another job or its own
/// user's limit, asks for nothing. One that waits in several partitions asks in each. Fails with a sentence.
std::expected<Demands, std::string> read_squeue(std::string_view output);

}  // namespace probe
