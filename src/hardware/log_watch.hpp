#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>

#include "base/event.hpp"
#include "base/fault.hpp"
#include "base/metrics.hpp"
#include "store/caller.hpp"

namespace hardware {

/// Watches the write-ahead log of a SQLite database: its size is a metric, and a large one is emptied, or the program
/// that prevents it is logged. Does nothing with other databases. Used on the background thread.
class LogWatch {
 public:
  /// `database_url` is that of the configuration. The references outlive it.
  LogWatch(const std::string& database_url, store::Caller& database, boost::asio::any_io_executor executor,
           base::Metrics& metrics);

  /// Returns when stop() was called.
  boost::asio::awaitable<void> run();
  void stop();

 private:
  boost::asio::awaitable<void> look(const std::string& path);

  const std::optional<std::string> path_;
  store::Caller& database_;
  base::Metrics& metrics_;
  base::Event stopped_;
  base::Fault fault_;
};

}  // namespace hardware
