#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "probe/sinfo.hpp"

/// Reads the output of squeue about pending jobs. Pure and thread-safe; takes any bytes.
namespace probe {

/// What squeue must print, one line for each pending job and for each task of an array. Lines may end after Reason. The
/// last field may hold the separator.
inline constexpr std::string_view kSqueueFormat =
    "Partition:|,NumNodes:|,NumCPUs:|,NumTasks:|,tres-per-job:|,tres-per-node:|,tres-per-task:|,Reason:|,ArrayJobID:|,"
    "ReqNodes:|,Reservation:|,tres-per-socket:|,Sockets:|,Feature:|";

/// What squeue must print about the nodes that jobs exclude: in --Format, old versions have no such field.
inline constexpr std::string_view kExcludedFormat = "%F|%x|";

/// Jobs that wait for resources and ask for the same.
struct Job {
  std::vector<std::string> partitions{};
  /// How many such jobs there are. The figures are those of one of them.
  std::int64_t count = 0;
  std::int64_t cpus = 0;
  std::int64_t nodes = 0;
  /// In all, and of each node at least.
  Resources gres{};
  Resources gres_per_node{};
  /// It needs all of these nodes, and none of those.
  Names required{};
  Names excluded{};
  /// The features that a node must have: all of one of these sets. Empty: none.
  std::vector<Names> features{};
};

using Jobs = std::vector<Job>;

/// A source's facts about a job. Lists are as Slurm writes them.
struct RawJob {
  std::string_view partitions{};
  std::int64_t nodes = 0;
  std::int64_t cpus = 0;
  std::int64_t tasks = 0;
  std::string_view gres_per_job{};
  std::string_view gres_per_node{};
  std::string_view gres_per_task{};
  std::string_view gres_per_socket{};
  /// Of each node; 0 when it does not ask for a number.
  std::int64_t sockets = 0;
  std::string_view reason{};
  std::string_view reservation{};
  std::string_view required{};
  std::string_view excluded{};
  std::string_view features{};
};

/// Does a job wait for free resources, or for its turn? Not so for another job, a limit, a reservation or a node that
/// is away.
bool wants_resources(const RawJob& raw);

/// What one such job asks for.
Job judge_job(const RawJob& raw);

/// Reads lines in kSqueueFormat and in kExcludedFormat. Jobs for which wants_resources() does not hold are left out.
/// Fails with a sentence.
std::expected<Jobs, std::string> read_squeue(std::string_view output, std::string_view excluded);

/// Are there so many of each type? Those without a type may be of any.
bool has_all(const Resources& all, const Resources& wanted);

/// Could a node of these be among those of such a job?
bool may_run_on(const Job& job, const Nodes& nodes);

}  // namespace probe
