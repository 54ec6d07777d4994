#pragma once

#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "base/fault.hpp"

namespace refresh {

/// Whether the refresh can work with the database. Late tasks are no problem here: a replica whose fleet is too small
/// works. One whose calls fail, or do not return, does not. Thread-safe; `fault` and `clock` outlive it.
class DatabaseWatch {
 public:
  explicit DatabaseWatch(base::Fault& fault, const base::Clock& clock = base::system_clock());

  /// A call of the database, from its begin until the end of the scope.
  class Call {
   public:
    /// `job` says what is not done when it fails: "fast cannot claim tasks".
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

  /// "", or what has failed, or not returned, for longer than kPatience.
  std::string problem() const;
  /// Tells the fault of calls that do not return: call it every second.
  void look();
  /// A restart of the database, or a failover, takes less.
  static constexpr std::chrono::seconds kPatience{10};

  /// What another process, or an administrator, did to this one's tasks; of all probes once a minute.
  void interfered(const std::string& what, std::string_view why) { interference_.happened(what, why); }

  /// There is nothing to do for the job now, so it does not fail.
  void settle(const std::string& job) { fault_.succeeded(job); }
  /// No call of the job will follow.
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
