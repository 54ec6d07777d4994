#include "hardware/follower.hpp"

#include "base/log.hpp"

namespace hardware {
namespace asio = boost::asio;
namespace {

/// The log's texts while the database cannot be read, and when it was replaced.
const std::string kJob = "the board cannot follow the database";
const std::string kOther = "the database is another one now";
constexpr std::chrono::minutes kToldEvery{1};

}  // namespace

Follower::Follower(store::Changes& store, store::Caller& database, board::Board& board, asio::any_io_executor executor,
                   base::Duration period, Observer observer, base::Fault& fault, base::Metrics& metrics,
                   Completer complete)
    : store_(store),
      database_(database),
      board_(board),
      period_(period),
      observer_(std::move(observer)),
      complete_(std::move(complete)),
      fault_(fault),
      poked_(executor),
      profiles_(metrics.gauge("vacancy_profiles", "Profiles on the board")),
      revision_(metrics.gauge("vacancy_board_revision", "The latest revision on the board")),
      clock_steps_(metrics.counter("vacancy_database_clock_steps_total",
                                   "Steps of the database's clock against this machine's steady one")) {}

asio::awaitable<void> Follower::run() {
  while (!stopped_) {
    co_await look();
    const auto& state = *board_.state();
    profiles_.Set(static_cast<double>(state.snapshot.size()));
    revision_.Set(static_cast<double>(state.version.revision));
    const bool failed = !problem().empty();
    // A failed look is repeated after the pause, however often somebody poked meanwhile.
    if (failed && !stopped_) poked_.reset();
    co_await poked_.take(std::chrono::steady_clock::now() + (failed ? std::max(period_, backoff_.next()) : period_));
  }
}

asio::awaitable<void> Follower::look() {
  try {
    if (loaded_)
      co_await poll();
    else
      co_await load();
    backoff_.reset();
    fault_.succeeded(kJob);
    set_problem("");
  } catch (const base::Lost& lost) {
    fault_.failed(kJob, lost.what());
    set_problem(fmt::format("the database cannot be read: {}", lost.what()));
  }
}

void Follower::stop() {
  stopped_ = true;
  poked_.set();
}

void Follower::poke() {
  poked_.set();
}

void Follower::show_all() {
  show_all_ = true;
  poke();
}

std::string Follower::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

void Follower::tell_outage(bool away) {
  if (!away) {
    away_since_.reset();
    return board_.set_outage({});
  }
  const auto now = std::chrono::steady_clock::now();
  if (!away_since_) away_since_ = now;
  if (now - *away_since_ >= board::kOutageGrace) board_.set_outage(board::Outage{board::Side::database, *away_since_});
}

void Follower::set_problem(std::string problem) {
  tell_outage(!problem.empty());
  const std::lock_guard lock(mutex_);
  problem_ = std::move(problem);
}

asio::awaitable<void> Follower::load() {
  auto job = [this] { return store_.load(); };
  core::Contents loaded = co_await database_.run("load", std::move(job));
  complete_(loaded.rows);
  const std::vector<core::RowPtr> rows = loaded.rows;
  seen_ = loaded.version.revision;
  loaded_ = true;
  if (!board_.filled()) spdlog::info("following the database");
  board_.fill(std::move(loaded));
  observer_(rows, true);
}

asio::awaitable<void> Follower::poll() {
  const bool all = std::exchange(show_all_, false);
  auto job = [this] { return store_.poll(seen_); };
  store::Polled polled;
  try {
    polled = co_await database_.run("poll", std::move(job));
  } catch (const base::Lost&) {
    show_all_ = show_all_ || all;
    throw;
  }
  tell(polled.clock_steps);
  if (polled.more) poked_.set();
  if (polled.epoch != board_.state()->version.epoch) {
    fault_.failed(kOther, "loading it again");
    loaded_ = false;
    co_return;
  }
  fault_.succeeded(kOther);
  apply(std::move(polled));
  if (!all) co_return;
  std::vector<core::RowPtr> rows;
  board_.state()->snapshot.for_each([&](const core::RowPtr& row) { rows.push_back(row); });
  observer_(rows, true);
}

/// Logs steps once a minute at most: a connection may lead to servers whose clocks differ, one after the other.
void Follower::tell(const store::ClockWatch::Steps& steps) {
  if (steps.count == 0) return;
  clock_steps_.Increment(static_cast<double>(steps.count));
  const auto now = std::chrono::steady_clock::now();
  if (told_steps_ && now - *told_steps_ < kToldEvery) return;
  told_steps_ = now;
  const double seconds = std::chrono::duration<double>(steps.by).count();
  spdlog::warn("the database's clock stepped {} by {:.1f} s; leases, due times and readings are corrected",
               seconds < 0 ? "back" : "forward", std::abs(seconds));
}

void Follower::apply(store::Polled polled) {
  if (polled.change.empty()) return board_.set_clock(polled.now);
  const core::Revision revision = polled.change.revision();
  complete_(polled.change.rows);
  const std::vector<core::RowPtr> rows = polled.change.rows;
  seen_ = revision;
  board_.apply(std::move(polled.change), revision, polled.now);
  observer_(rows, false);
}

}  // namespace hardware
