#pragma once

#include <boost/asio/steady_timer.hpp>
#include <list>
#include <memory>
#include <optional>

#include "base/metrics.hpp"
#include "board/attention.hpp"
#include "board/core_board.hpp"
#include "feed/view.hpp"
#include "http/message.hpp"

namespace feed {

class Stream;

/// The streams of one core, and what they share. Touched on that core only.
class StreamCore : public std::enable_shared_from_this<StreamCore> {
 public:
  StreamCore(board::CoreBoard& board, prometheus::Gauge& streams, base::Duration heartbeat,
             board::Attention* attention = nullptr)
      : board(board), heartbeat(heartbeat), attention(attention), streams_(streams), timer_(board.executor()) {}

  board::CoreBoard& board;
  const base::Duration heartbeat;
  /// Where streams of single profiles count. May be null.
  board::Attention* const attention;
  Finder finder;

  std::list<Stream*>::iterator add(Stream& stream);
  void remove(std::list<Stream*>::iterator place);

  /// A stream must be looked at then, whatever happens until then.
  void look_at(base::SteadyTime due);

  /// The text of an update for streams of everything, made once for all streams of the core.
  const http::Text& text_of(const board::Update& update, base::Time now);

 private:
  void look_at_all();
  void go_on();

  prometheus::Gauge& streams_;
  std::list<Stream*> all_;
  bool listens_ = false;
  /// The next of a round through all streams.
  std::optional<std::list<Stream*>::iterator> next_;
  /// Something happened since the round began.
  bool again_ = false;
  boost::asio::steady_timer timer_;
  base::SteadyTime due_ = base::SteadyTime::max();
  std::uint64_t text_sequence_ = 0;
  http::Text update_text_;
};

}  // namespace feed
