#pragma once

#include <memory>
#include <string>

#include "base/metrics.hpp"
#include "base/runtime.hpp"
#include "base/task_group.hpp"
#include "board/board.hpp"
#include "config/config.hpp"
#include "feed/event_stream.hpp"
#include "feed/list.hpp"
#include "feed/profile_metrics.hpp"
#include "hardware/alerts.hpp"
#include "hardware/alerts_api.hpp"
#include "hardware/demand.hpp"
#include "hardware/follower.hpp"
#include "hardware/history_api.hpp"
#include "hardware/housekeeper.hpp"
#include "hardware/log_watch.hpp"
#include "hardware/observations_api.hpp"
#include "hardware/probe_facts.hpp"
#include "hardware/probes_api.hpp"
#include "hardware/profiles_api.hpp"
#include "http/bearer_token.hpp"
#include "http/router.hpp"
#include "refresh/refresher.hpp"
#include "store/store.hpp"

namespace hardware {

/// The private service: store → refresh → board → feed, and profile administration.
class Service {
 public:
  /// The references outlive it. `history` is the same database, with connections for history alone. Throws
  /// base::UsageError when the admin token cannot be used.
  Service(const config::Config& config, base::Runtime& runtime, base::Metrics& metrics, store::Store& store,
          store::History& history);
  ~Service();

  /// All routes of the service's port, and those of the admin port beside health and metrics.
  http::Router routes();
  http::Router admin_routes();

  /// Works until stop() was called; then gives back its leases. On the background thread.
  boost::asio::awaitable<void> run();
  void stop();

  /// Uses the probes, sets, alerts and retention of `config` from now on, and adds its profiles; other keys need a
  /// restart. On the background thread, one after the other. Throws base::UsageError when the alerts cannot be used;
  /// then all stays.
  boost::asio::awaitable<void> reload(config::Config config);

  /// How long a start may wait for the profiles, so that it serves from the first request on. Longer keeps a replica
  /// whose database is away off the network; clients then hear no 503 from it, but nothing at all.
  static constexpr std::chrono::seconds kFirstLoadWait{3};
  /// Returns when the profiles are loaded, stop() was called, or after kFirstLoadWait. On the background thread.
  boost::asio::awaitable<void> wait_until_ready() { return board_.wait_until_filled(kFirstLoadWait); }

  /// Ends event streams and answers waiting requests. From the background thread.
  void end_streams() { board_.close(); }

  /// Why it should get no requests: the database cannot be read, or the refresh cannot work with it; "" when it should.
  /// Thread-safe.
  std::string problem() const;

 private:
  void keep(const core::Retention& retention);
  /// Makes the follower look, from any thread.
  void poke();

  base::Runtime& runtime_;
  base::Fault fault_{"the database"};
  refresh::DatabaseWatch watch_{fault_};
  store::Store& store_;
  store::Caller caller_;
  refresh::Database database_{caller_, watch_};
  board::Board board_;
  const core::Sets first_sets_;
  feed::List list_;
  feed::EventStream events_;
  feed::ProfileMetrics profile_metrics_;
  /// Names this replica in leases.
  const std::string owner_;
  refresh::Refresher refresher_;
  ProbeFacts facts_;
  Follower follower_;
  const http::BearerToken admin_token_;
  ProfilesApi profiles_;
  ProbesApi probes_;
  ObservationsApi observations_;
  HistoryApi history_;
  LogWatch log_watch_;
  Alerts alerts_;
  AlertsApi alerts_api_;
  Housekeeper housekeeper_;
  Demand demand_;
  std::shared_ptr<void> up_at_scrape_;
  std::shared_ptr<void> rows_at_scrape_;
};

}  // namespace hardware
