#include "hardware/log_watch.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.hpp"
#include "sql/open.hpp"
#include "sql/sqlite_log.hpp"

namespace hardware {
namespace asio = boost::asio;
namespace {

constexpr std::chrono::seconds kPeriod{5};
/// SQLite itself empties the log long before.
constexpr std::uintmax_t kLargeBytes = 64 << 20;

/// Empties a large log; returns "", or what prevents it.
std::string tidy(const std::string& path) {
  if (sql::log_bytes(path) < kLargeBytes || sql::empty_log(path)) return "";
  const auto readers = sql::log_readers(path);
  return fmt::format("'{}-wal' has {} MB and grows, since {} goes on reading; end that program or its transaction",
                     path, sql::log_bytes(path) >> 20,
                     readers.empty() ? "a program" : fmt::format("{}", fmt::join(readers, ", ")));
}

}  // namespace

LogWatch::LogWatch(const std::string& database_url, store::Caller& database, asio::any_io_executor executor,
                   base::Metrics& metrics)
    : path_(sql::sqlite_path(database_url)),
      database_(database),
      metrics_(metrics),
      stopped_(executor),
      fault_("emptying SQLite's log") {}

asio::awaitable<void> LogWatch::run() {
  if (!path_) co_return;
  auto& bytes = metrics_.gauge("vacancy_database_wal_bytes", "Size of SQLite's write-ahead log");
  do {
    bytes.Set(static_cast<double>(sql::log_bytes(*path_)));
    co_await look(*path_);
  } while (!co_await stopped_.wait_for(kPeriod));
}

asio::awaitable<void> LogWatch::look(const std::string& path) {
  constexpr const char* kJob = "SQLite";
  std::string problem;
  auto job = [path] { return tidy(path); };
  try {
    problem = co_await database_.run("log", std::move(job));
  } catch (const std::exception& error) {
    problem = error.what();
  }
  if (problem.empty())
    fault_.succeeded(kJob);
  else
    fault_.failed(kJob, problem);
}

void LogWatch::stop() {
  stopped_.set();
}

}  // namespace hardware
