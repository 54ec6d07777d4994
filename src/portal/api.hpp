#pragma once

#include <vector>

#include "board/board.hpp"
#include "board/state.hpp"
#include "feed/cache.hpp"
#include "http/client.hpp"
#include "http/message.hpp"

namespace portal {

/// The reason why there is no answer before the first snapshot: the side that is away, if that is known.
std::string why_not_filled(const board::State& state);

/// 503 for that reason.
http::Reply not_filled(const board::State& state);

/// 404, with what to do.
http::Reply no_such_profile();

/// The sentence of the hardware service's answer in application/problem+json, in one line; "" of another one.
std::string detail_of(const http::ClientHead& head, std::string_view body);

/// The public API's answers. Called on every core; `board` outlives it.
class Api {
 public:
  Api(board::Board& board, std::size_t cores);

  /// `GET /api/v1/hardware?q=&…` (feed/selection_query.hpp):
  /// {"version","now","total","offset","limit","next","counts","outage","hardware":[rows]}; total and counts of all
  /// that match. `next` goes on behind the last row, whatever comes and goes.
  http::Reply list(const http::Request& request);
  /// `GET /api/v1/hardware.csv?q=&…`: the same as a file, without a limit unless one is given. With `raw=1` no text
  /// is changed that a spreadsheet would take for a formula.
  http::Reply csv(const http::Request& request);
  /// `GET /api/v1/hardware/{provider}/{name}`: one row.
  http::Reply one(const http::Request& request);

 private:
  struct Core {
    feed::Cache cache{feed::kTellsTime};
  };

  board::Board& board_;
  std::vector<Core> cores_;
};

}  // namespace portal
