#include "hardware/descriptors.hpp"

#include "probe/kinds.hpp"

namespace hardware {
namespace {

/// SQLite has the file, the log and its index open, and temporary files.
constexpr std::size_t kOfADatabaseConnection = 6;
/// A handle and two pipes.
constexpr std::size_t kOfAProgram = 3;
/// While it starts: both ends of its pipes, and its input.
constexpr std::size_t kOfAStart = 6;
/// Connecting may try two addresses at once, and looks up a name.
constexpr std::size_t kOfACall = 3;
/// To wake the thread that makes the calls, and connections that are kept.
constexpr std::size_t kOfCalls = 72;

std::size_t descriptors_of(const config::ProbeConfig& probe) {
  if (probe.kind == "exec" || probe.kind == "slurm") return kOfAStart + kOfAProgram * probe::concurrency(probe);
  if (probe.kind == "http") return kOfCalls + kOfACall * probe::concurrency(probe);
  return 0;
}

}  // namespace

std::size_t descriptors_of(const config::Config& config) {
  std::size_t all = kOfADatabaseConnection * config.hardware.database_connections;
  for (const config::ProbeConfig& probe : config.probes) all += descriptors_of(probe);
  return all;
}

}  // namespace hardware
