#include "hardware/alerts.hpp"

#include "base/log.hpp"

namespace hardware {
namespace asio = boost::asio;
namespace {

const std::string kProblem = "alerts cannot be evaluated";
/// How often it looks for rows that aged.
constexpr std::chrono::seconds kLookPeriod{1};
/// The least between two looks, so that others have their turn on the thread whatever is due.
constexpr std::chrono::milliseconds kShortestPause{1};
/// How often each replica counts the dead letters that the page shows.
constexpr std::chrono::seconds kCountPeriod{5};

/// There may be many.
config::Config without_profiles(config::Config config) {
  config.profiles.clear();
  return config;
}

}  // namespace

Alerts::Alerts(const config::Config& config, store::Store& store, store::Caller& caller, board::Board& board,
               asio::any_io_executor executor, base::Metrics& metrics, std::string owner)
    : store_(store),
      caller_(caller),
      board_(board),
      metrics_(metrics),
      config_(without_profiles(config)),
      plan_(alert::plan_of(config)),
      engine_(store, store, store, plan_),
      woken_(executor),
      lease_(executor, store, caller, fault_, std::move(owner), config.hardware.lease,
             [this] {
               sender_.wake();
               woken_.set();
             }),
      sender_(
          config_.alerts.receivers, {.store = store, .caller = caller, .fault = fault_, .lease = lease_},
          [this](const std::string& receiver) { return engine_.firing(receiver); }, metrics, executor),
      group_(executor),
      sending_(executor),
      stopped_(executor),
      evaluated_(metrics.gauge("vacancy_alert_evaluated_timestamp_seconds",
                               "When this replica last evaluated alerts; 0 before it did")) {}

asio::awaitable<void> Alerts::run() {
  while (!stopped_.is_set()) {
    if (!started_ && !is_idle()) {
      started_ = true;
      group_.spawn("lease of alerts", lease_.run());
      sending_.spawn("alerts' sender", sender_.run());
      group_.spawn("dead letters", count_dead());
    }
    const auto turn = lease_.turn();
    if (turn && std::chrono::steady_clock::now() >= paused_until_)
      co_await look(*turn);
    else if (!turn)
      rest();
    const base::Time now = board_.now();
    const base::Duration pause =
        due_ ? std::clamp<base::Duration>(*due_ - now, kShortestPause, kLookPeriod) : kLookPeriod;
    co_await woken_.take(std::max(std::chrono::steady_clock::now() + pause, paused_until_));
  }
  // What was delivered at last is still to be written.
  co_await sending_.wait();
  lease_.stop();
  co_await group_.wait();
}

void Alerts::stop() {
  stopped_.set();
  sender_.stop();
  woken_.set();
}

/// The lease is another replica's. What was due, or failed, is no longer this one's.
void Alerts::rest() {
  turn_.reset();
  due_.reset();
  fault_.forget(kProblem);
  show({});
}

void Alerts::configure(config::Config config, alert::Plan plan) {
  config_ = without_profiles(std::move(config));
  plan_ = std::move(plan);
  engine_.configure(plan_);
  sender_.configure(config_.alerts.receivers);
  turn_.reset();
  woken_.set();
}

asio::awaitable<base::Result<void>> Alerts::test(std::string receiver) {
  co_return co_await sender_.test(std::move(receiver), board_.now());
}

/// On every replica, since each has readers.
asio::awaitable<void> Alerts::count_dead() {
  do {
    const auto job = [this] { return store_.outbox(); };
    try {
      std::int64_t dead = 0;
      for (const store::OutboxCount& count : (co_await caller_.run("alert_count", job)).counts)
        if (count.state == store::MessageState::dead) dead += count.count;
      board_.set_dead_letters(static_cast<std::size_t>(dead));
    } catch (const base::Lost&) {
      // Others say so. The number stays.
    }
  } while (!co_await stopped_.wait_for(kCountPeriod));
}

bool Alerts::has_news(const alert::Turn& turn, const board::State& state) const {
  return turn_ != turn.turn || sequence_ != state.sequence || (due_ && *due_ <= board_.now());
}

alert::Look Alerts::look_at(const board::State& state) const {
  alert::Look look{.version = state.version, .snapshot = state.snapshot, .now = board_.now()};
  const auto updates = state.updates_after(sequence_);
  look.all = !turn_ || !updates;
  if (look.all) return look;
  std::map<core::ProfileId, core::RowPtr> latest;
  for (const board::UpdatePtr& update : *updates) {
    look.all = look.all || update->reset;
    for (const core::RowPtr& row : update->change.rows) latest[row->profile.id] = row;
    for (const core::Removed& removed : update->change.removed) latest[removed.id] = nullptr;
  }
  for (auto& [profile, row] : latest) {
    if (row)
      look.rows.push_back(std::move(row));
    else
      look.gone.push_back(profile);
  }
  return look;
}

asio::awaitable<void> Alerts::look(const alert::Turn& turn) {
  const board::StatePtr state = board_.state();
  if (!state->filled) co_return;
  if (!has_news(turn, *state)) co_return evaluated_.SetToCurrentTime();
  auto job = [this, turn = turn.turn, look = look_at(*state)] { return engine_.step(turn, look); };
  // Another configuration may come meanwhile.
  turn_ = turn.turn;
  sequence_ = state->sequence;
  try {
    const auto done = co_await caller_.run("alerts", std::move(job));
    fault_.succeeded(kProblem);
    backoff_.reset();
    took(turn, done);
  } catch (const base::Lost& lost) {
    fault_.failed(kProblem, lost.what());
    turn_.reset();
    paused_until_ = std::chrono::steady_clock::now() + backoff_.next();
  }
}

void Alerts::took(const alert::Turn& turn, const alert::Engine::Done& done) {
  due_ = done.due;
  if (!done.kept) {
    turn_.reset();
    return lease_.lose(turn.turn);
  }
  if (done.sent) sender_.wake();
  show(done.counts);
  evaluated_.SetToCurrentTime();
}

/// Other replicas than the one that evaluates show zeros, so that sums are right.
void Alerts::show(const std::vector<alert::Engine::Count>& counts) {
  for (auto& [rule, meters] : meters_)
    for (prometheus::Gauge* gauge : {&meters.pending, &meters.firing}) gauge->Set(0);
  for (const auto& [rule, pending, firing] : counts) {
    auto found = meters_.find(rule);
    if (found == meters_.end()) {
      const auto gauge = [&](const char* state) -> prometheus::Gauge& {
        return metrics_.gauge("vacancy_alerts", "Alerts of each rule, on the replica that evaluates them",
                              {{"rule", rule}, {"state", state}});
      };
      found = meters_.emplace(rule, Meters{gauge("pending"), gauge("firing")}).first;
    }
    found->second.pending.Set(static_cast<double>(pending));
    found->second.firing.Set(static_cast<double>(firing));
  }
}

}  // namespace hardware
