#include "hardware/service.hpp"

#include <boost/asio/post.hpp>

#include "base/log.hpp"
#include "base/text.hpp"
#include "board/meters.hpp"

namespace hardware {
namespace asio = boost::asio;
namespace {

/// A feed reader that was away for longer takes a whole snapshot.
constexpr std::chrono::hours kRemovedKept{24};
constexpr std::chrono::hours kHousekeepingPeriod{1};

}  // namespace

Service::Service(const config::Config& config, base::Runtime& runtime, base::Metrics& metrics, store::Store& store,
                 std::string admin_token)
    : runtime_(runtime),
      store_(store),
      caller_(config.hardware.database_connections, metrics),
      board_(runtime),
      list_(board_, runtime.cores()),
      events_(board_, runtime.cores(), metrics, "hardware", feed::kReplicaHeartbeat),
      profile_metrics_(board_),
      owner_(base::random_hex(8)),
      refresher_(config.probes, {.executor = runtime.background().get_executor(),
                                 .plan = store_,
                                 .tasks = store_,
                                 .budgets = store_,
                                 .database = database_,
                                 .metrics = metrics,
                                 .owner = owner_,
                                 .lease = config.hardware.lease,
                                 .written = [this] { follower_.poke(); }}),
      facts_(config.probes),
      follower_(
          store_, caller_, board_, runtime.background().get_executor(), config.hardware.poll_interval,
          [this](std::span<const core::RowPtr> rows, bool all) { refresher_.observe(rows, all); }, fault_, metrics,
          [this](std::vector<core::RowPtr>& rows) { facts_.add(rows); }),
      profiles_(store_, caller_, admin_token,
                [this] { asio::post(runtime_.background(), [this] { follower_.poke(); }); }),
      probes_(refresher_, store_, caller_, board_, runtime.background().get_executor(), std::move(admin_token)),
      log_watch_(config.hardware.database, caller_, runtime.background().get_executor(), metrics),
      stopped_(runtime.background().get_executor()) {
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

std::string Service::problem() const {
  const std::string unread = follower_.problem();
  return unread.empty() ? watch_.problem() : unread;
}

http::Router Service::routes() {
  http::Router router;
  router.add("GET", "/hardware/", [this](const http::Request& request) { return list_.handle(request); });
  router.add("GET", "/hardware/events", [this](const http::Request& request) { return events_.handle(request); });
  profiles_.add_routes(router);
  probes_.add_routes(router);
  return router;
}

asio::awaitable<void> Service::run() {
  spdlog::info("this replica leases tasks as {}", owner_);
  base::TaskGroup group(co_await asio::this_coro::executor);
  group.spawn("ageing", board_.run());
  group.spawn("follower", follower_.run());
  group.spawn("refresh", refresher_.run());
  group.spawn("housekeeping", forget_removed());
  group.spawn("SQLite's log", log_watch_.run());
  co_await group.wait();
  co_await probes_.wait();
}

asio::awaitable<void> Service::reload(config::Config config) {
  auto job = [this, profiles = config.profiles] { store_.add_missing(profiles); };
  co_await caller_.run("profiles", std::move(job));
  co_await refresher_.configure(config.probes);
  facts_.set(config.probes);
  follower_.show_all();
}

void Service::stop() {
  stopped_.set();
  refresher_.stop();
  follower_.stop();
  board_.stop();
  log_watch_.stop();
}

asio::awaitable<void> Service::forget_removed() {
  while (!co_await stopped_.wait_for(kHousekeepingPeriod)) {
    auto job = [this] { store_.forget_removed(kRemovedKept); };
    co_await database_.attempt_once("profiles", "old deletions cannot be forgotten", std::move(job));
  }
}

}  // namespace hardware
