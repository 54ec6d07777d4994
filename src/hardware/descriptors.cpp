#include "hardware/descriptors.hpp"

#include "alert/sender.hpp"
#include "hardware/history_pool.hpp"
#include "probe/kinds.hpp"

namespace hardware {

std::size_t descriptors_of(const config::Config& config) {
  /// SQLite has the file, the log and its index open, and temporary files.
  constexpr std::size_t kOfADatabaseConnection = 6;
  std::size_t all = kOfADatabaseConnection * (config.hardware.database_connections + HistoryPool::kThreads);
  for (const config::ProbeConfig& probe : config.probes) all += probe::descriptors(probe);
  return all + alert::descriptors(config.alerts.receivers);
}

}  // namespace hardware
