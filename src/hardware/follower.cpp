#include "hardware/follower.hpp"

#include "base/log.hpp"
#include "base/task_group.hpp"

namespace hardware {
namespace asio = boost::asio;

Follower::Follower(store::Store& store, base::OffloadPool& database, board::Board& board,
                   asio::any_io_executor executor, base::Duration period, Observer observer, base::Metrics& metrics)
    : store_(store),
      database_(database),
      board_(board),
      period_(period),
      observer_(std::move(observer)),
      timer_(executor),
      up_(metrics.gauge("vacancy_database_up", "1 when the latest look at the database succeeded")),
      profiles_(metrics.gauge("vacancy_profiles", "Profiles on the board")),
      revision_(metrics.gauge("vacancy_board_revision", "The latest revision on the board")) {}

asio::awaitable<void> Follower::run() {
  while (!stopped_) {
    poked_ = false;
    try {
      if (loaded_)
        co_await poll();
      else
        co_await load();
      set_problem("");
    } catch (const base::Lost& lost) {
      set_problem(fmt::format("the database is not reachable: {}", lost.what()));
    }
    const auto& state = *board_.state();
    profiles_.Set(static_cast<double>(state.snapshot.size()));
    revision_.Set(static_cast<double>(state.version.revision));
    if (!poked_ && !stopped_) co_await base::sleep(timer_, period_);
  }
}

void Follower::stop() {
  stopped_ = true;
  timer_.cancel();
}

void Follower::poke() {
  poked_ = true;
  timer_.cancel();
}

void Follower::show_all() {
  show_all_ = true;
  poke();
}

std::string Follower::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

void Follower::set_problem(std::string problem) {
  up_.Set(problem.empty() ? 1 : 0);
  const std::lock_guard lock(mutex_);
  if (problem == problem_) return;
  if (problem.empty())
    spdlog::info("following the database");
  else
    spdlog::warn("{}", problem);
  problem_ = std::move(problem);
}

asio::awaitable<void> Follower::load() {
  auto job = [this] { return store_.load(); };
  store::Loaded loaded = co_await database_.run(std::move(job));
  const std::vector<core::RowPtr> rows = loaded.rows;
  seen_ = loaded.version.revision;
  loaded_ = true;
  board_.fill({.version = std::move(loaded.version),
               .now = loaded.now,
               .rows = std::move(loaded.rows),
               .removed = std::move(loaded.removed),
               .removed_since = loaded.removed_since,
               .gaps = std::move(loaded.gaps)});
  observer_(rows, true);
}

asio::awaitable<void> Follower::poll() {
  const bool all = std::exchange(show_all_, false);
  auto job = [this] { return store_.poll(seen_); };
  store::Polled polled;
  try {
    polled = co_await database_.run(std::move(job));
  } catch (const base::Lost&) {
    show_all_ = show_all_ || all;
    throw;
  }
  if (polled.epoch != board_.state()->version.epoch) {
    spdlog::warn("the database is another one now; loading it anew");
    loaded_ = false;
    poked_ = true;
    co_return;
  }
  apply(std::move(polled));
  if (!all) co_return;
  std::vector<core::RowPtr> rows;
  board_.state()->snapshot.for_each([&](const core::RowPtr& row) { rows.push_back(row); });
  observer_(rows, true);
}

void Follower::apply(store::Polled polled) {
  if (polled.change.empty()) return board_.set_clock(polled.now);
  const core::Revision revision = polled.change.revision();
  const std::vector<core::RowPtr> rows = polled.change.rows;
  seen_ = revision;
  board_.apply(std::move(polled.change), revision, polled.now);
  observer_(rows, false);
}

}  // namespace hardware
