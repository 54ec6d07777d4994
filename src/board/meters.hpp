#pragma once

#include <memory>
#include <string>

#include "base/metrics.hpp"
#include "board/board.hpp"

namespace board {

/// Sets at each scrape the age of the rows of `board`, by its own clock: vacancy_rows by freshness and
/// vacancy_oldest_reading_seconds, with the label `server`. Leaves out rows that no probe measures. Ends with the
/// returned object; the references outlive it.
[[nodiscard]] std::shared_ptr<void> meter(Board& board, base::Metrics& metrics, const std::string& server,
                                          const base::Clock& clock = base::system_clock());

}  // namespace board
