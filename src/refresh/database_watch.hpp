#pragma once

#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "base/fault.hpp"

namespace refresh {

/// Decides whether the refresh can work with the database: not while its calls fail, or do not return. Late tasks alone
/// are no problem: a fleet may be too small. Thread-safe. `fault` and `clock` outlive it.
class DatabaseWatch {
 public:
  explicit DatabaseWatch(base::Fault& fault, const base::Clock& clock = base::system_clock());

  /// A call of the database, from its begin until the end of the scope.
  class Call {
   public:
    /// `job` is the log's text for a failure: "fast cannot claim tasks".
    Call(DatabaseWatch& watch, std::string job);
    ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    void succeeded();
    void failed(std::string_view why);

   private:
    DatabaseWatch& watch_;
    const std::string job_;
    std::multiset<base::SteadyTime>::iterator begun_;
  };

  /// "", or a sentence about calls that have failed, or not returned, for longer than kPatience.
  std::string problem() const;
  /// Reports calls that do not return to the fault. Call it every second.
  void look();
  /// Longer than a restart of the database, or a failover.
  static constexpr std::chrono::seconds kPatience{10};

  /// Logs that another process, or an administrator, took tasks from this one; once a minute for all probes.
  void interfered(const std::string& what, std::string_view why) { interference_.happened(what, why); }

  /// The job has nothing to do now: it no longer counts as failing.
  void settle(const std::string& job) { fault_.succeeded(job); }
  /// The job is over: no call of it will follow.
  void forget(const std::string& job) { fault_.forget(job); }

 private:
  /// How long calls have waited while none succeeded.
  base::SteadyTime::duration waiting() const;

  base::Fault& fault_;
  base::Fault interference_;
  const base::Clock& clock_;
  mutable std::mutex mutex_;
  /// When the calls under way began.
  std::multiset<base::SteadyTime> under_way_;
  base::SteadyTime last_success_;
};

}  // namespace refresh
