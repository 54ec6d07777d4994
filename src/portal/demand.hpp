#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <vector>

#include "base/event.hpp"
#include "base/metrics.hpp"
#include "board/attention.hpp"
#include "board/board.hpp"
#include "http/replicas.hpp"

namespace portal {

/// Tells the hardware service which profiles readers look at or wait for, so that it measures them more often: when
/// there are others, and again before it forgets. It says nothing about profiles whose probe has one period for all.
/// Used on the background thread.
class Demand {
 public:
  /// The references outlive it; `replicas` belong to the executor.
  Demand(board::Board& board, const board::Attention& attention, http::Replicas& replicas,
         boost::asio::any_io_executor executor, base::Metrics& metrics);

  /// Returns after stop().
  boost::asio::awaitable<void> run();
  void stop() { stopped_.set(); }

 private:
  std::vector<core::ProfileId> wanted() const;
  boost::asio::awaitable<bool> tell(const std::vector<core::ProfileId>& ids);
  boost::asio::awaitable<bool> tell(const std::vector<core::ProfileId>& ids, const http::Replica& replica);

  board::Board& board_;
  const board::Attention& attention_;
  http::Replicas& replicas_;
  boost::asio::any_io_executor executor_;
  prometheus::Gauge& watched_;
  base::Event stopped_;
};

}  // namespace portal
