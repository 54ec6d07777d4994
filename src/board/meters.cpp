#include "board/meters.hpp"

#include <array>

namespace board {
namespace {

using core::Freshness;

constexpr std::array kAll{Freshness::pending, Freshness::fresh, Freshness::stale, Freshness::expired};

struct Gauges {
  std::array<prometheus::Gauge*, kAll.size()> rows;
  prometheus::Gauge& oldest;
};

Gauges make_gauges(base::Metrics& metrics, const std::string& server) {
  Gauges gauges{.rows = {},
                .oldest = metrics.gauge("vacancy_oldest_reading_seconds", "Age of the oldest reading of a row",
                                        {{"server", server}})};
  for (std::size_t i = 0; i < kAll.size(); ++i)
    gauges.rows[i] = &metrics.gauge("vacancy_rows", "Rows that a probe measures, by their freshness",
                                    {{"server", server}, {"freshness", std::string(core::to_string(kAll[i]))}});
  return gauges;
}

void show(const Gauges& gauges, const State& state, base::Time now) {
  std::array<std::size_t, kAll.size()> counts{};
  base::Time oldest = now;
  state.snapshot.for_each([&](const core::RowPtr& row) {
    if (row->probe == core::kNoProbe) return;
    ++counts[static_cast<std::size_t>(core::freshness(*row, now))];
    if (row->reading) oldest = std::min(oldest, row->reading->measured_at);
  });
  for (std::size_t i = 0; i < counts.size(); ++i) gauges.rows[i]->Set(static_cast<double>(counts[i]));
  gauges.oldest.Set(std::chrono::duration<double>(now - oldest).count());
}

}  // namespace

std::shared_ptr<void> meter(Board& board, base::Metrics& metrics, const std::string& server, const base::Clock& clock) {
  return metrics.at_scrape([&board, &clock, gauges = make_gauges(metrics, server)] {
    const StatePtr state = board.latest();
    show(gauges, *state, state->now(clock.steady_now()));
  });
}

}  // namespace board
