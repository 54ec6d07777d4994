#pragma once

#include <string>

#include "base/metrics.hpp"
#include "base/runtime.hpp"
#include "board/board.hpp"
#include "config/config.hpp"
#include "feed/event_stream.hpp"
#include "feed/profile_metrics.hpp"
#include "feed/reader.hpp"
#include "http/router.hpp"
#include "portal/api.hpp"
#include "portal/assets.hpp"
#include "portal/badge.hpp"
#include "portal/change_feed.hpp"
#include "portal/cors.hpp"
#include "portal/demand.hpp"
#include "portal/history.hpp"
#include "portal/history_api.hpp"
#include "portal/history_page.hpp"
#include "portal/observations.hpp"
#include "portal/page.hpp"
#include "portal/past_page.hpp"
#include "portal/profile_page.hpp"
#include "portal/set_page.hpp"
#include "portal/sets_api.hpp"
#include "portal/wait.hpp"

namespace portal {

/// The public service: feed reader → board → page, API and events. It never reaches a database or runs slow work.
class Service {
 public:
  /// The references outlive it. REQUIRES: validated config.
  Service(const config::PortalConfig& config, base::Runtime& runtime, base::Metrics& metrics);

  /// All routes of the public port, and those of the admin port beside health and metrics.
  http::Router routes();
  http::Router admin_routes();

  /// Works until stop() was called. On the background thread.
  boost::asio::awaitable<void> run();
  void stop();

  /// Returns when the board was filled, stop() was called, or after first_snapshot_wait. On the background thread.
  boost::asio::awaitable<void> wait_until_ready() { return board_.wait_until_filled(first_snapshot_wait_); }

  /// Ends event streams and answers those that wait. From the background thread.
  void end_streams() { board_.close(); }

  /// Why it should get no requests; "" when it should. Thread-safe.
  std::string problem() const { return board_.filled() ? "" : "no answer of the hardware service yet"; }

 private:
  board::Board board_;
  feed::Reader reader_;
  board::Attention attention_;
  feed::EventStream events_;
  feed::ProfileMetrics profile_metrics_;
  Api api_;
  History history_;
  HistoryApi history_api_;
  HistoryPage history_page_;
  PastPage past_page_;
  Observations observations_;
  ChangeFeed change_feed_;
  Wait wait_;
  Demand demand_;
  Page page_;
  ProfilePage profile_page_;
  SetPage set_page_;
  SetsApi sets_;
  Assets assets_;
  Badge badge_;
  Cors cors_;
  std::string frame_ancestors_;
  base::Duration first_snapshot_wait_;
  std::shared_ptr<void> rows_at_scrape_;
};

}  // namespace portal
