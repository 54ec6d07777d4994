#include "hardware/database.hpp"

#include <thread>

#include "base/log.hpp"
#include "hardware/history_pool.hpp"
#include "sql/error.hpp"

namespace hardware {
namespace {

constexpr std::chrono::milliseconds kRetry{250};
/// A thread of history is free again after that.
constexpr std::chrono::seconds kHistoryTimeout{2};

sql::Location location_of(const config::HardwareConfig& config) {
  return {config.database, config.database_password_file, config.database_ssl_ca};
}

}  // namespace

store::Opened open_database(const config::HardwareConfig& config, store::FirstContent content,
                            std::span<const core::NewProfile> profiles) {
  const sql::Location location = location_of(config);
  const auto deadline = std::chrono::steady_clock::now() + config.database_wait;
  store::Opened opened;
  for (bool told = false;; told = true) {
    try {
      store::open_store(opened, location, config.database_connections, base::system_clock(), content);
      opened.store->add_missing(profiles);
      return opened;
    } catch (const sql::Error& error) {
      const bool may_pass = error.kind() == sql::ErrorKind::lost || error.kind() == sql::ErrorKind::busy;
      if (!may_pass || std::chrono::steady_clock::now() >= deadline) throw;
      if (!told) spdlog::warn("waiting for the database: {}", error.what());
    }
    std::this_thread::sleep_for(kRetry);
  }
}

std::unique_ptr<store::Store> open_history(const config::HardwareConfig& config) {
  sql::Location location = location_of(config);
  location.statement_timeout = kHistoryTimeout;
  return store::open_further(location, HistoryPool::kThreads, base::system_clock());
}

}  // namespace hardware
