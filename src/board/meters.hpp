#pragma once

#include <memory>
#include <string>

#include "base/metrics.hpp"
#include "board/board.hpp"

namespace board {

/// Shows at each scrape how old the rows of `board` are, by its own clock: vacancy_rows by freshness and
/// vacancy_oldest_reading_seconds, with the label `server`. Rows that no probe measures are left out. Until what it
/// returns is gone; the references outlive that.
[[nodiscard]] std::shared_ptr<void> meter(Board& board, base::Metrics& metrics, const std::string& server,
                                          const base::Clock& clock = base::system_clock());

}  // namespace board
