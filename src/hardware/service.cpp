#include "hardware/service.hpp"

#include <boost/asio/post.hpp>

#include "base/log.hpp"
#include "base/text.hpp"
#include "board/meters.hpp"
#include "hardware/admin_request.hpp"

namespace hardware {
namespace asio = boost::asio;

Service::Service(const config::Config& config, base::Runtime& runtime, base::Metrics& metrics, store::Store& store,
                 store::History& history)
    : runtime_(runtime),
      store_(store),
      caller_(config.hardware.database_connections, metrics),
      board_(runtime),
      first_sets_(config::sets_of(config)),
      list_(board_, runtime.cores()),
      events_(board_, runtime.cores(), metrics, "hardware", feed::kReplicaHeartbeat),
      profile_metrics_(board_),
      owner_(base::random_hex(8)),
      refresher_(config.probes, {.executor = runtime.background().get_executor(),
                                 .plan = store_,
                                 .tasks = store_,
                                 .budgets = store_,
                                 .demand = store_,
                                 .database = database_,
                                 .metrics = metrics,
                                 .owner = owner_,
                                 .lease = config.hardware.lease,
                                 .written = [this] { follower_.poke(); }}),
      facts_(config.probes),
      follower_(
          store_, caller_, board_, runtime.background().get_executor(), config.hardware.poll_interval,
          [this](std::span<const core::RowPtr> rows, bool all) {
            refresher_.observe(rows, all);
            alerts_.poke();
          },
          fault_, metrics, [this](std::vector<core::RowPtr>& rows) { facts_.add(rows); }),
      admin_token_({.opens = "administration", .name = "admin", .file = config.hardware.admin_token_file}),
      profiles_(store_, caller_, [this] { poke(); }),
      probes_(refresher_, store_, caller_, board_, runtime.background().get_executor()),
      observations_(config, admin_token_, store_, caller_, board_, metrics, runtime.background().get_executor(),
                    [this] { poke(); }),
      history_(board_, history, metrics),
      log_watch_(config.hardware.database, caller_, runtime.background().get_executor(), metrics),
      alerts_(config, store_, caller_, board_, runtime.background().get_executor(), metrics, owner_),
      alerts_api_(alerts_, store_, caller_, history, history_, board_, runtime.background().get_executor()),
      housekeeper_(store_, database_, runtime.background().get_executor(), metrics),
      demand_(store_, database_, board_, refresher_, runtime.background().get_executor()) {
  keep(config.hardware.history);
  auto& up = metrics.gauge("vacancy_database_up", "1 while the database can be read, and written as far as is needed");
  rows_at_scrape_ = board::meter(board_, metrics, "hardware");
  auto& last_write = metrics.gauge("vacancy_database_last_write_timestamp_seconds",
                                   "When this process last wrote to the database; 0 before it did");
  up_at_scrape_ = metrics.at_scrape([this, &up, &last_write] {
    up.Set(problem().empty() ? 1 : 0);
    last_write.Set(std::chrono::duration<double>(store_.last_write().time_since_epoch()).count());
  });
}

Service::~Service() = default;

void Service::keep(const core::Retention& retention) {
  store_.keep(retention);
  history_.keep(retention);
}

void Service::poke() {
  asio::post(runtime_.background(), [this] { follower_.poke(); });
}

std::string Service::problem() const {
  const std::string unread = follower_.problem();
  return unread.empty() ? watch_.problem() : unread;
}

http::Router Service::routes() {
  http::Router router;
  const http::RouteOptions administers = admin_token_.route(), with_body = admin_token_.route(http::kAnyBody);
  router.add("GET", "/hardware/", http::to(list_, &feed::List::handle));
  router.add("GET", "/hardware/events", http::to(events_, &feed::EventStream::handle));
  router.add("GET", "/hardware/{id}/history", http::to(history_, &HistoryApi::history));
  router.add("GET", "/hardware/at", http::to(history_, &HistoryApi::at));
  router.add("GET", "/hardware/transitions", http::to(history_, &HistoryApi::transitions));
  router.add("POST", "/hardware/demand", http::to(demand_, &Demand::take),
             http::RouteOptions{.max_body_bytes = Demand::kMostBytes});
  router.add("GET", "/hardware/calibration", http::to(history_, &HistoryApi::calibration));
  router.add("POST", "/api/v1/observations", explained(http::to(observations_, &ObservationsApi::add)),
             observations_.route());
  router.add("GET", "/hardware/profiles", explained(http::to(profiles_, &ProfilesApi::list)), administers);
  router.add("POST", "/hardware/", explained(http::to(profiles_, &ProfilesApi::add)), with_body);
  router.add("PUT", "/hardware/{id}", explained(http::to(profiles_, &ProfilesApi::replace)), with_body);
  router.add("DELETE", "/hardware/{id}", explained(http::to(profiles_, &ProfilesApi::remove)), administers);
  router.add("GET", "/hardware/probes", explained(http::to(probes_, &ProbesApi::list)), administers);
  router.add("POST", "/hardware/probes/test", explained(http::to(probes_, &ProbesApi::test)),
             admin_token_.route(ProbesApi::kMostTestBytes));
  const http::RouteOptions of_alerts = admin_token_.route(AlertsApi::kMostBytes);
  router.add("GET", "/hardware/alerts", explained(http::to(alerts_api_, &AlertsApi::list)), administers);
  router.add("POST", "/hardware/alerts/test", explained(http::to(alerts_api_, &AlertsApi::test)), of_alerts);
  router.add("POST", "/hardware/alerts/replay", explained(http::to(alerts_api_, &AlertsApi::replay)), of_alerts);
  router.add("POST", "/hardware/alerts/retry", explained(http::to(alerts_api_, &AlertsApi::retry)), of_alerts);
  return router;
}

http::Router Service::admin_routes() {
  return http::Router().add("GET", "/metrics/profiles", http::to(profile_metrics_, &feed::ProfileMetrics::handle));
}

asio::awaitable<void> Service::run() {
  spdlog::info("this replica leases tasks as {}", owner_);
  board_.set_sets(first_sets_);
  base::TaskGroup group(co_await asio::this_coro::executor);
  group.spawn("ageing", board_.run());
  group.spawn("follower", follower_.run());
  group.spawn("refresh", refresher_.run());
  group.spawn("housekeeping", housekeeper_.run());
  group.spawn("SQLite's log", log_watch_.run());
  group.spawn("alerts", alerts_.run());
  group.spawn("demand", demand_.run());
  co_await group.wait();
  co_await probes_.wait();
  co_await observations_.wait();
  co_await alerts_api_.wait();
}

asio::awaitable<void> Service::reload(config::Config config) {
  alert::Plan plan = alert::plan_of(config);
  auto job = [this, profiles = config.profiles] { store_.add_missing(profiles); };
  co_await caller_.run("profiles", std::move(job));
  co_await refresher_.configure(config.probes);
  facts_.set(config.probes);
  observations_.set(config.probes);
  keep(config.hardware.history);
  board_.set_sets(config::sets_of(config));
  alerts_.configure(std::move(config), std::move(plan));
  follower_.show_all();
}

void Service::stop() {
  demand_.stop();
  housekeeper_.stop();
  refresher_.stop();
  follower_.stop();
  board_.stop();
  log_watch_.stop();
  alerts_.stop();
}

}  // namespace hardware
