#include "feed/history_meters.hpp"

#include <array>
#include <string_view>

namespace feed {
namespace {

/// In the order of HistoryOutcome.
constexpr std::array<std::string_view, 5> kOutcomes{"answered", "cached", "refused", "late", "failed"};

}  // namespace

HistoryMeters::HistoryMeters(base::Metrics& metrics, std::string server)
    : metrics_(metrics),
      server_(std::move(server)),
      seconds_(metrics.seconds("vacancy_history_seconds", "How long questions about the past took that were not cached",
                               {{"server", server_}})) {
  for (std::size_t i = 0; i < kOutcomes.size(); ++i) requests(static_cast<HistoryOutcome>(i));
}

void HistoryMeters::count(HistoryOutcome outcome) {
  requests(outcome).Increment();
}

void HistoryMeters::finished(int status, base::SteadyTime begin) {
  seconds_.Observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  count(status == 504 ? HistoryOutcome::late : status >= 500 ? HistoryOutcome::failed : HistoryOutcome::answered);
}

prometheus::Counter& HistoryMeters::requests(HistoryOutcome outcome) {
  return metrics_.counter(
      "vacancy_history_requests_total", "Questions about the past, by outcome",
      {{"server", server_}, {"outcome", std::string(kOutcomes[static_cast<std::size_t>(outcome)])}});
}

}  // namespace feed
