#pragma once

#include <string>

#include "base/clock.hpp"
#include "base/metrics.hpp"

namespace feed {

/// How a question about the past ended.
enum class HistoryOutcome : std::uint8_t {
  answered,  ///< also: there is nothing of it
  cached,    ///< answered without another question
  refused,   ///< too many were under way
  late,      ///< no answer within the deadline
  failed,
};

/// The metrics of questions about the past. Thread-safe.
class HistoryMeters {
 public:
  /// `server`: their label, "hardware" or "portal". `metrics` outlives it.
  HistoryMeters(base::Metrics& metrics, std::string server);

  void count(HistoryOutcome outcome);
  /// Of one that took until now; `status` is that of its reply.
  void finished(int status, base::SteadyTime begin);

 private:
  prometheus::Counter& requests(HistoryOutcome outcome);

  base::Metrics& metrics_;
  std::string server_;
  prometheus::Histogram& seconds_;
};

}  // namespace feed
