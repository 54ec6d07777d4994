#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "probe/slurm_what.hpp"
#include "probe/squeue.hpp"

/// When Slurm expects jobs to start and to end. Pure and thread-safe; takes any bytes.
namespace probe {

/// What squeue must print, one line for each job that runs or waits. Times are seconds since 1970, as
/// SLURM_TIME_FORMAT=%s has them; any other text is a time that is not known.
inline constexpr std::string_view kTurnsFormat =
    "StateCompact:|,Partition:|,NumNodes:|,NumCPUs:|,NumTasks:|,tres-per-job:|,tres-per-node:|,tres-per-task:|,"
    "StartTime:|,EndTime:|,NodeList:|,tres-per-socket:|,Sockets:|";

/// A job that runs until its time limit at most, or waits and has an estimated start.
struct Turn {
  Job job{};
  bool runs = false;
  /// Of one that runs.
  Names nodes{};
  base::Time at{};
};

using Turns = std::vector<Turn>;

/// Reads lines in kTurnsFormat, which may end after NodeList. Jobs without the time are left out. Fails with a
/// sentence.
std::expected<Turns, std::string> read_turns(std::string_view output);

/// The pending jobs of a cluster, and the turns of all.
struct Queue {
  Jobs pending{};
  Turns turns{};
};

/// Reads the JSON of slurmrestd's jobs, from v0.0.38 on. Fails with a sentence.
std::expected<Queue, std::string> read_jobs_json(std::string_view answer);

/// When a running job that has some of the units ends at the latest, and when a job that waits for them is to start:
/// "; a running job ends by …". "" when Slurm does not say, or says a time that is over.
std::string expected_text(const Counted& counted, const Turns& turns, base::Time now);

}  // namespace probe
