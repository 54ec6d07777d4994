#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <optional>
#include <string>

#include "base/fault.hpp"
#include "base/metrics.hpp"
#include "base/offload.hpp"

namespace hardware {

/// Looks after the write-ahead log of a SQLite database: its size is a metric, and when it is large it is emptied; a
/// program that prevents that is told of. Does nothing with other databases. Used on the background thread.
class LogWatch {
 public:
  /// `database_url` is that of the configuration. The references outlive it.
  LogWatch(const std::string& database_url, base::OffloadPool& database, boost::asio::any_io_executor executor,
           base::Metrics& metrics);

  /// Returns when stop() was called.
  boost::asio::awaitable<void> run();
  void stop();

 private:
  boost::asio::awaitable<void> look(const std::string& path);

  const std::optional<std::string> path_;
  base::OffloadPool& database_;
  base::Metrics& metrics_;
  boost::asio::steady_timer timer_;
  base::Fault fault_;
  bool stopped_ = false;
};

}  // namespace hardware
