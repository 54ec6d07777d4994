#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace base {

/// Logs something that fails again and again: one line when it begins, one a minute while it lasts, one when it ends. A
/// fault of many jobs, such as a database that is away, is one fault: it begins with the first job that fails and ends
/// when each of those jobs has succeeded.
///
///     warning fast cannot claim tasks: SQLite: attempt to write a readonly database
///     warning fast cannot claim tasks: SQLite: attempt to write a readonly database (61 failures of 3 jobs in 1m)
///     info the database works again after 1m30s and 92 failures
///
/// A fault that comes and goes is logged twice a minute at most. Thread-safe. `clock` must outlive it.
class Fault {
 public:
  /// `subject` is the subject of the last line: "the database".
  explicit Fault(std::string subject, const Clock& clock = system_clock());

  /// A job failed: `job` is "fast cannot claim tasks", `why` is "Connection refused". The fault lasts from now on, or
  /// `since` the job began when it has waited until now.
  void failed(const std::string& job, std::string_view why, SteadyTime since = SteadyTime::max());
  /// Costs little when nothing failed.
  void succeeded(const std::string& job);
  /// Logs a failure without duration, together with those before it, once a minute at most.
  void happened(const std::string& what, std::string_view why);
  /// `job` will not be tried again.
  void forget(const std::string& job);

  /// When the fault began. Nothing: all is well.
  std::optional<SteadyTime> since() const;
  /// The latest failure while it lasts, "JOB: WHY"; else "".
  std::string text() const;

 private:
  const std::string subject_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::set<std::string, std::less<>> failing_;
  SteadyTime began_;
  /// Failures that no line about an end has counted, and since when.
  std::uint64_t failures_ = 0;
  SteadyTime counted_since_;
  std::string text_;
  /// When the last line about a failure was logged.
  std::optional<SteadyTime> told_at_;
  /// The log knows that it lasts.
  bool told_ = false;
};

}  // namespace base
