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
      store_(store, metrics),
      database_("database", config.hardware.database_connections),
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
                                 .watch = watch_,
                                 .metrics = metrics,
                                 .owner = owner_,
                                 .lease = config.hardware.lease,
                                 .written = [this] { follower_.poke(); }}),
      facts_(config.probes),
      follower_(
          store_, database_, board_, runtime.background().get_executor(), config.hardware.poll_interval,
          [this](std::span<const core::RowPtr> rows, bool all) { refresher_.observe(rows, all); }, fault_, metrics,
          [this](std::vector<core::RowPtr>& rows) { facts_.add(rows); }),
      profiles_(store_, database_, admin_token,
                [this] { asio::post(runtime_.background(), [this] { follower_.poke(); }); }),
      probes_(refresher_, store_, database_, board_, runtime.background().get_executor(), std::move(admin_token)),
      log_watch_(config.hardware.database, database_, runtime.background().get_executor(), metrics),
      housekeeping_(runtime.background()) {
  auto& up = metrics.gauge("vacancy_database_up", "1 while the database can be read, and written as far as is needed");
  rows_at_scrape_ = board::meter(board_, metrics, "hardware");
  up_at_scrape_ = metrics.at_scrape([this, &up] { up.Set(problem().empty() ? 1 : 0); });
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
  co_await database_.run(std::move(job));
  co_await refresher_.configure(config.probes);
  facts_.set(config.probes);
  follower_.show_all();
}

void Service::stop() {
  stopped_ = true;
  refresher_.stop();
  follower_.stop();
  board_.stop();
  housekeeping_.cancel();
  log_watch_.stop();
}

asio::awaitable<void> Service::forget_removed() {
  while (!stopped_) {
    co_await base::sleep(housekeeping_, kHousekeepingPeriod);
    if (stopped_) co_return;
    auto job = [this] { store_.forget_removed(kRemovedKept); };
    try {
      co_await database_.run(std::move(job));
    } catch (const base::Lost& lost) {
      spdlog::warn("cannot forget old deletions: {}", lost.what());
    }
  }
}

}  // namespace hardware
