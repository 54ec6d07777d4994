#include "alert/engine.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/json.hpp>
#include <span>
#include <unordered_set>
#include <utility>

#include "alert/json.hpp"

namespace alert {
namespace {

/// Transitions that are read together.
constexpr std::size_t kPage = 5'000;
/// What happened without evaluation, by replicas that were all down, is told if it is no more and no older than this.
constexpr std::size_t kMostMissed = 200'000;
constexpr std::chrono::hours kOldestMissed{24};
constexpr std::chrono::seconds kBudgetPeriod{30};
/// How far the store may be behind while nothing happens to alerts: what comes again changes nothing.
constexpr std::chrono::seconds kCommitPeriod{10};

/// Is it long ago, or in the future of a clock that was set back?
bool is_over(base::Time since, base::Duration period, base::Time now) {
  return now < since || now >= since + period;
}

/// Was the first of these written before `time`? A loss of freshness is written long after it happened.
bool is_older(std::span<const core::LoggedTransition> transitions, base::Time time) {
  const auto is_reading = [](const auto& logged) { return logged.transition.freshness == core::Freshness::fresh; };
  const auto first = std::ranges::find_if(transitions, is_reading);
  return first != transitions.end() && first->transition.at < time;
}

/// Messages about one group stay in order.
std::string order_of(const Message& message) {
  return message.rule + '/' + boost::json::serialize(to_object(message.group));
}

}  // namespace

Engine::Engine(store::Alerts& alerts, store::History& history, store::Budgets& budgets, Plan plan)
    : alerts_(alerts), history_(history), budgets_(budgets), plan_(std::move(plan)) {}

void Engine::configure(Plan plan) {
  const std::lock_guard lock(next_mutex_);
  next_ = std::move(plan);
}

void Engine::take_plan() {
  const std::lock_guard lock(next_mutex_);
  if (!next_) return;
  evaluator_.reset();
  plan_ = *std::exchange(next_, std::nullopt);
}

Engine::Done Engine::step(const store::AlertTurn& turn, const Look& look) {
  const std::lock_guard lock(mutex_);
  take_plan();
  try {
    const bool follows = evaluator_ && turn == turn_ && !look.all;
    turn_ = turn;
    if (follows)
      follow(look);
    else
      begin(look);
    look_at_budgets(look.now);
    evaluator_->advance(look.now);
    return commit(turn, look.now);
  } catch (...) {
    evaluator_.reset();
    throw;
  }
}

void Engine::begin(const Look& look) {
  const store::AlertMemory memory = alerts_.alert_memory();
  evaluator_ = std::make_unique<Evaluator>(plan_.rules, plan_.setting_in(look.version.epoch));
  std::vector<State> states;
  for (const store::AlertState& state : memory.states) states.push_back({state.key, state.text});
  evaluator_->load(states);
  budgets_at_ = {};
  committed_at_ = {};
  seen_ = committed_ = memory.seen.value_or(0);
  std::vector<core::LoggedTransition> missed;
  if (evaluator_->is_known()) missed = read_missed(look.now);
  // Rows are as after these transitions.
  std::unordered_set<core::ProfileId> moved;
  for (const core::LoggedTransition& transition : missed) moved.insert(transition.profile);
  look.snapshot.for_each([&](const core::RowPtr& row) { evaluator_->know(row->profile, row->probe.text(), look.now); });
  look.snapshot.for_each([&](const core::RowPtr& row) {
    if (!moved.contains(row->profile.id)) evaluator_->observe(*row, look.now);
  });
  evaluator_->settle(look.now);
  for (const core::LoggedTransition& transition : missed) evaluator_->observe(transition);
  // The clock may have gone on since.
  if (!moved.empty())
    look.snapshot.for_each([&](const core::RowPtr& row) {
      if (moved.contains(row->profile.id)) evaluator_->observe(*row, look.now);
    });
  evaluator_->wake(look.now);
  seen_ = std::max(seen_, look.version.revision);
}

void Engine::follow(const Look& look) {
  if (plan_.rules.empty()) return;
  evaluator_->change(look.rows, look.gone, look.now);
  // Read after the look, so that it is not behind the rows.
  for (bool more = true; more;) {
    const auto page = read_page();
    more = page.size() >= kPage;
    for (const core::LoggedTransition& transition : page) evaluator_->observe(transition);
  }
  for (const core::RowPtr& row : look.rows) evaluator_->observe(*row, look.now);
  seen_ = std::max(seen_, look.version.revision);
}

/// The next part of the log; the last one is smaller than kPage.
std::vector<core::LoggedTransition> Engine::read_page() {
  auto page = history_.transitions_after(seen_, kPage);
  if (!page.empty()) seen_ = page.back().revision;
  return page;
}

/// The transitions since the last evaluation; none when they are too many, or too old, to be told.
std::vector<core::LoggedTransition> Engine::read_missed(base::Time now) {
  std::vector<core::LoggedTransition> missed;
  for (bool more = true; more;) {
    const auto page = read_page();
    more = page.size() >= kPage;
    missed.insert(missed.end(), page.begin(), page.end());
    if (missed.size() <= kMostMissed && !is_older(missed, now - kOldestMissed)) continue;
    spdlog::warn("alerts were not evaluated for long; what happened meanwhile is not sent");
    return {};
  }
  return missed;
}

bool Engine::watches_budgets() const {
  return std::ranges::any_of(plan_.rules, [](const config::AlertRule& rule) { return !rule.when.budget.empty(); });
}

void Engine::look_at_budgets(base::Time now) {
  if (!watches_budgets() || !is_over(budgets_at_, kBudgetPeriod, now)) return;
  budgets_at_ = now;
  std::map<std::string, double> left;
  for (const auto& [probe, limits] : plan_.limits) {
    const std::vector<std::uint64_t> calls = budgets_.left(probe, limits);
    double& least = left.emplace(probe, 1.0).first->second;
    for (std::size_t i = 0; i < std::min(calls.size(), limits.size()); ++i)
      least = std::min(least, static_cast<double>(calls[i]) / static_cast<double>(limits[i].calls));
  }
  evaluator_->observe_budgets(left, now);
}

/// A probe whose budget is spent changes nothing on the board, so budgets have a time of their own.
std::optional<base::Time> Engine::due() const {
  const auto first = evaluator_->due();
  if (!watches_budgets()) return first;
  const base::Time next = budgets_at_ + kBudgetPeriod;
  return first ? std::min(*first, next) : next;
}

Engine::Done Engine::commit(const store::AlertTurn& turn, base::Time now) {
  Evaluator::Step step = evaluator_->take();
  Done done{.sent = !step.messages.empty(), .due = due()};
  for (const auto& watch : evaluator_->watches()) {
    const auto firing = std::ranges::count_if(watch->alerts(), [](const auto& entry) { return entry.second.fires(); });
    const auto all = watch->alerts().size(), fire = static_cast<std::size_t>(firing);
    done.counts.push_back({watch->rule().config().name, all - fire, fire});
  }
  const bool moved = seen_ != committed_ && is_over(committed_at_, kCommitPeriod, now);
  if (step.states.empty() && step.messages.empty() && !moved) return done;
  store::AlertStep written{.seen = seen_, .messages = addressed(step.messages)};
  for (State& state : step.states) written.states.push_back({std::move(state.key), std::move(state.text)});
  done.kept = alerts_.advance_alerts(turn, written);
  if (!done.kept) evaluator_.reset();
  committed_ = seen_;
  committed_at_ = now;
  return done;
}

std::vector<store::NewMessage> Engine::addressed(const std::vector<Message>& messages) const {
  std::vector<store::NewMessage> all;
  for (const Message& message : messages) {
    const std::string order = order_of(message), body = to_json(message);
    for (const std::string& receiver : plan_.receivers_of(message.rule))
      all.push_back({message.id, receiver, order, body});
  }
  return all;
}

std::vector<Message> Engine::firing(const std::string& receiver) const {
  const std::lock_guard lock(mutex_);
  std::vector<Message> all;
  if (!evaluator_) return all;
  for (const auto& watch : evaluator_->watches()) {
    const auto& receivers = plan_.receivers_of(watch->rule().config().name);
    if (std::ranges::find(receivers, receiver) == receivers.end()) continue;
    for (Message& message : watch->firing()) all.push_back(std::move(message));
  }
  return all;
}

}  // namespace alert
