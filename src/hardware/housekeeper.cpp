#include "hardware/housekeeper.hpp"

#include <algorithm>

namespace hardware {
namespace asio = boost::asio;
namespace {

using Clock = std::chrono::steady_clock;

/// A feed reader that was away for longer takes a whole snapshot.
constexpr std::chrono::hours kRemovedKept{24};
constexpr std::chrono::minutes kPeriod{1};
/// A turn ends before the next one begins.
constexpr std::chrono::seconds kTurn{50};
/// After a step, twice as long as it took, and at least this.
constexpr std::chrono::milliseconds kPause{25};

}  // namespace

Housekeeper::Housekeeper(store::Store& store, refresh::Database& database, asio::any_io_executor executor,
                         base::Metrics& metrics)
    : store_(store),
      database_(database),
      stopped_(executor),
      rows_(metrics.counter("vacancy_history_pruned_rows_total", "Rows of old history that this process deleted")),
      behind_(metrics.gauge("vacancy_history_behind",
                            "1 while this process's latest turn of pruning did not finish its round")),
      last_(metrics.gauge("vacancy_history_pruned_timestamp_seconds",
                          "When this process last had a turn of pruning; 0 before it had one")) {}

asio::awaitable<void> Housekeeper::run() {
  do {
    auto job = [this] { return store_.take_turn(kPeriod); };
    const auto turn = co_await database_.attempt_once("history", "there is no turn of housekeeping", std::move(job));
    if (turn.value_or(false)) co_await take_turn();
  } while (!co_await stopped_.wait_for(kPeriod));
}

asio::awaitable<void> Housekeeper::take_turn() {
  auto job = [this] { store_.forget_removed(kRemovedKept); };
  co_await database_.attempt_once("profiles", "old deletions cannot be forgotten", std::move(job));
  const auto end = Clock::now() + kTurn;
  std::optional<bool> more = true;
  while (more.value_or(false) && Clock::now() < end && !stopped_.is_set()) more = co_await prune();
  behind_.Set(more.value_or(true) ? 1 : 0);
  if (more) last_.SetToCurrentTime();
}

/// One step and a pause; returns whether there is more to do. Nothing: it failed.
asio::awaitable<std::optional<bool>> Housekeeper::prune() {
  auto job = [this] { return store_.prune(); };
  const auto begin = Clock::now();
  const auto step = co_await database_.attempt_once("history", "old history cannot be deleted", std::move(job));
  if (!step) co_return std::nullopt;
  rows_.Increment(static_cast<double>(step->rows));
  const auto took = std::chrono::duration_cast<base::Duration>(Clock::now() - begin);
  if (step->more) co_await stopped_.wait_for(std::max<base::Duration>(2 * took, kPause));
  co_return step->more;
}

}  // namespace hardware
