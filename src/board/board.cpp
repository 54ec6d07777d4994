#include "board/board.hpp"

#include <malloc.h>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace board {
namespace asio = boost::asio;
namespace {

/// A subscriber that is further behind starts again from the current state, which costs it less than the detours.
constexpr std::size_t kRecentUpdates = 256;
/// The number of remembered deletions. A reader that missed more takes a whole snapshot.
constexpr std::size_t kRemovedKept = 10'000;
constexpr std::size_t kLargeRows = 10'000;
/// Rows that turn within this time after others make one update with them.
constexpr std::chrono::milliseconds kAgeingStep{50};
/// A smaller difference of the clock is ignored.
constexpr std::chrono::milliseconds kSameTime{2};
/// A clock that goes back further was set back. By less, its message was only delayed on its way.
constexpr std::chrono::seconds kStepBack{30};

}  // namespace

Board::Board(base::Runtime& runtime, const base::Clock& clock)
    : runtime_(runtime),
      clock_(clock),
      ageing_(runtime.background(), base::SteadyTime::max()),
      filled_or_stopped_(runtime.background().get_executor()) {
  for (std::size_t i = 0; i < runtime.cores(); ++i)
    cores_.push_back(std::make_shared<CoreBoard>(runtime.core(i).get_executor()));
}

Board::~Board() = default;

void Board::fill(core::Contents contents) {
  auto state = std::make_shared<State>();
  state->version = std::move(contents.version);
  state->snapshot = core::Snapshot(std::move(contents.rows));
  state->sequence = state_->sequence + 1;
  state->filled = true;
  state->removed = std::make_shared<const std::vector<core::Removed>>(std::move(contents.removed));
  state->removed_since = contents.removed_since;
  state->gaps = std::make_shared<const std::vector<core::Gap>>(std::move(contents.gaps));
  state->sets = state_->sets;
  state->dead_letters = state_->dead_letters;
  state->outage = state_->outage;
  state->recent = state_->recent;
  state->source_now = contents.now;
  state->steady_now = clock_.steady_now();
  aged_until_ = contents.now;
  auto update = std::make_shared<Update>();
  update->reset = true;
  const bool large = state->snapshot.size() > kLargeRows;
  publish(std::move(state), std::move(update));
  // Memory that reading so many rows took does not go back to the system by itself.
  if (large) malloc_trim(0);
  filled_ = true;
  filled_or_stopped_.set();
}

void Board::apply(core::Change change, core::Revision revision, base::Time now) {
  if (change.empty()) return set_clock(now);
  const bool stepped_back = steps_back_to(now);
  auto state = std::make_shared<State>(*state_);
  state->version.revision = std::max(state->version.revision, revision);
  auto update = std::make_shared<Update>();
  state->snapshot = state_->snapshot.with(change, &update->steps);
  ++state->sequence;
  state->source_now = now;
  state->steady_now = clock_.steady_now();
  if (!change.removed.empty()) {
    auto removed = *state_->removed;
    removed.insert(removed.end(), change.removed.begin(), change.removed.end());
    if (removed.size() > kRemovedKept) {
      const auto forgotten = removed.end() - static_cast<std::ptrdiff_t>(kRemovedKept);
      state->removed_since = std::max(state->removed_since, std::prev(forgotten)->revision);
      removed.erase(removed.begin(), forgotten);
    }
    state->removed = std::make_shared<const std::vector<core::Removed>>(std::move(removed));
  }
  update->reset = stepped_back;
  if (stepped_back)
    aged_until_ = now;
  else
    update->change = std::move(change);
  publish(std::move(state), std::move(update));
}

void Board::set_clock(base::Time now) {
  if (std::chrono::abs(now - this->now()) < kSameTime) return;
  const bool stepped_back = steps_back_to(now);
  auto state = std::make_shared<State>(*state_);
  state->source_now = now;
  state->steady_now = clock_.steady_now();
  if (!stepped_back) return publish(std::move(state), nullptr);
  aged_until_ = now;
  ++state->sequence;
  auto update = std::make_shared<Update>();
  update->reset = true;
  publish(std::move(state), std::move(update));
}

bool Board::steps_back_to(base::Time now) const {
  return state_->filled && now < this->now() - kStepBack;
}

void Board::set_outage(std::optional<Outage> outage) {
  if (outage == state_->outage) return;
  auto state = std::make_shared<State>(*state_);
  state->outage = outage;
  ++state->sequence;
  publish(std::move(state), std::make_shared<Update>());
}

void Board::set_sets(core::Sets sets) {
  if (sets == *state_->sets) return;
  auto state = std::make_shared<State>(*state_);
  state->sets = std::make_shared<const core::Sets>(std::move(sets));
  ++state->sequence;
  publish(std::move(state), std::make_shared<Update>());
}

void Board::set_dead_letters(std::size_t number) {
  if (number == state_->dead_letters) return;
  auto state = std::make_shared<State>(*state_);
  state->dead_letters = number;
  ++state->sequence;
  publish(std::move(state), std::make_shared<Update>());
}

StatePtr Board::latest() const {
  const std::lock_guard lock(latest_mutex_);
  return state_;
}

void Board::publish(std::shared_ptr<State> state, std::shared_ptr<Update> update) {
  if (update) {
    update->sequence = state->sequence;
    update->version = state->version;
  }
  // The plan for other chunks, or of the time before the clock was set back, is no longer right.
  if (update && update->reset) turns_.clear();
  const base::Time aged_before = aged_until_;
  // A row that comes now has not turned: neither stale since the last time, nor known because its time has come.
  if (const base::Time now = state->now(state->steady_now); !first_turn_ || now < *first_turn_)
    aged_until_ = std::max(aged_until_, now);
  state->aged_until = aged_until_;
  if (update) {
    if (!update->aged) update->aged_before = aged_before;
    update->aged_until = aged_until_;
    count(*state, *update);
    auto recent = std::make_shared<std::vector<UpdatePtr>>();
    const std::size_t forgotten = state->recent->size() < kRecentUpdates ? 0 : 1;
    recent->assign(state->recent->begin() + static_cast<std::ptrdiff_t>(forgotten), state->recent->end());
    recent->push_back(update);
    state->recent = std::move(recent);
  }
  // The old snapshot stays alive until the plan is made: the addresses of its chunks name them.
  StatePtr old = std::move(state);
  {
    const std::lock_guard lock(latest_mutex_);
    std::swap(old, state_);
  }
  plan_ageing();
  for (std::size_t i = 0; i < cores_.size(); ++i)
    asio::post(runtime_.core(i), [core = cores_[i], state = state_, update]() mutable {
      core->deliver(std::move(state), std::move(update));
    });
}

void Board::count(State& state, const Update& update) {
  if (update.reset) {
    tally_ = {};
    state.snapshot.for_each([&](const core::RowPtr& row) { tally_.add(*row, aged_until_); });
  } else {
    for (const auto& [before, after] : update.steps) {
      if (before) tally_.remove(*before, update.aged_before);
      if (after) tally_.add(*after, update.aged_until);
    }
  }
  state.overview = tally_.overview();
}

void Board::plan_ageing() {
  const auto& chunks = state_->snapshot.chunks();
  std::vector<ChunkTurn> turns;
  turns.reserve(chunks.size());
  std::optional<base::Time> first;
  // Both lists are in the order of their first keys. The keys of chunks that stay are not looked at.
  auto known = turns_.cbegin();
  for (const auto& chunk : chunks) {
    const auto is_before = [&chunk](const core::Snapshot::Chunk& other) {
      return &other != chunk.get() && other.rows.front()->profile.key < chunk->rows.front()->profile.key;
    };
    while (known != turns_.cend() && is_before(*known->chunk)) ++known;
    const bool stays = known != turns_.cend() && known->chunk == chunk.get();
    turns.push_back(stays ? *known++ : ChunkTurn{chunk.get(), core::next_turn(*chunk, aged_until_)});
    if (const auto& at = turns.back().at; at && (!first || *at < *first)) first = at;
  }
  turns_ = std::move(turns);
  first_turn_ = first;
  if (!first) return;
  // Counted from the last time, and never put off: changes that come faster than the step must not keep the timer from
  // firing. One that fires early finds nothing and plans anew.
  const auto at = std::max(std::chrono::steady_clock::now() + (*first - now()), last_ageing_ + kAgeingStep);
  if (at < ageing_.expiry()) ageing_.expires_at(at);
}

void Board::age() {
  const base::Time now = this->now();
  last_ageing_ = std::chrono::steady_clock::now();
  ageing_.expires_at(asio::steady_timer::time_point::max());
  auto update = std::make_shared<Update>();
  update->aged = true;
  for (auto& [chunk, turn] : turns_) {
    if (!turn || *turn > now) continue;
    for (const core::RowPtr& row : chunk->rows) {
      if (const auto at = core::next_turn(*row, aged_until_); !at || *at > now) continue;
      update->change.rows.push_back(row);
      update->steps.push_back({.before = row, .after = row});
    }
    turn = core::next_turn(*chunk, now);
  }
  update->aged_before = std::exchange(aged_until_, std::max(aged_until_, now));
  if (update->change.rows.empty()) return plan_ageing();
  auto state = std::make_shared<State>(*state_);
  ++state->sequence;
  publish(std::move(state), std::move(update));
}

asio::awaitable<void> Board::run() {
  while (!stopped_) {
    boost::system::error_code error;
    co_await ageing_.async_wait(asio::redirect_error(asio::use_awaitable, error));
    // An error means that the plan was changed: wait for the new one.
    if (!error && !stopped_) age();
  }
}

void Board::stop() {
  stopped_ = true;
  ageing_.cancel();
  filled_or_stopped_.set();
}

asio::awaitable<void> Board::wait_until_filled(base::Duration longest) {
  co_await filled_or_stopped_.wait_for(longest);
}

void Board::close() {
  for (std::size_t i = 0; i < cores_.size(); ++i) asio::post(runtime_.core(i), [core = cores_[i]] { core->close(); });
}

}  // namespace board
