#pragma once

#include <string_view>

#include "base/clock.hpp"
#include "board/board.hpp"

namespace feed {

/// Fills a board from a service that has no events and no ages: the original system's `GET /hardware/`, one whole
/// answer at a time. The board gets an epoch of this process's own. Used on the background thread.
class PollFolder {
 public:
  /// `period`: how often an answer is expected.
  PollFolder(board::Board& board, base::Duration period);

  /// Folds in an answer that arrived now and took `took`. Throws std::exception when it is no answer of the original
  /// system; then nothing was changed.
  void fold(std::string_view json, base::Duration took);

 private:
  board::Board& board_;
  base::Duration period_;
  std::string epoch_;
};

}  // namespace feed
