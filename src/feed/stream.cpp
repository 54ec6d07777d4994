#include "feed/stream.hpp"

#include <boost/asio/post.hpp>

#include "feed/events.hpp"

namespace feed {
namespace {

/// The time that browsers wait after the loss of a stream, so that they do not reconnect at once after a restart.
constexpr std::string_view kRetry = "retry: 1000\n\n";
/// Replicas poll the database one after the other, so a reader of another one may know more than this one's board. The
/// stream waits so long for the board to catch up, since older rows would take the reader back in time.
constexpr std::chrono::seconds kCatchUpTime{3};

/// Heartbeats come this part of their period early, several together.
constexpr int kHeartbeatSlack = 8;

http::Text text(std::string value) {
  return std::make_shared<const std::string>(std::move(value));
}

/// The profiles that the views name, one by one.
std::vector<core::ProfileKey> named_by(const std::vector<Wish>& wishes, const core::Sets& sets) {
  std::vector<core::ProfileKey> keys;
  for (const Wish& wish : wishes)
    if (wish.selection) std::ranges::move(board::named_by(*wish.selection, sets), std::back_inserter(keys));
  return keys;
}

}  // namespace

Stream::Stream(std::shared_ptr<StreamCore> core, http::PushWriter& out, const std::vector<Wish>& wishes, bool labelled)
    : core_(std::move(core)), out_(out), labelled_(labelled) {
  for (const Wish& wish : wishes) {
    if (wish.seen && (!resume_ || resume_->revision < wish.seen->revision)) resume_ = wish.seen;
    if (wish.selection) views_.push_back({View(core_->finder, *wish.selection), wish.seen});
  }
  if (core_->attention != nullptr) watch_ = core_->attention->watch(named_by(wishes, *core_->board.current()->sets));
  place_ = core_->add(*this);
  push(text(std::string(kRetry)));
  look();
}

void Stream::look() {
  const board::StatePtr state = core_->board.current();
  while (!out_.busy() && step(state)) {
  }
  // One that is busy is looked at when all is sent.
  if (!out_.busy()) core_->look_at(due(*state));
}

base::SteadyTime Stream::due(const board::State& state) const {
  base::SteadyTime due = last_ + core_->heartbeat;
  if (is_ahead_of(state) && last_ < began_ + kCatchUpTime) due = std::min(due, began_ + kCatchUpTime);
  for (const Followed& one : views_)
    if (one.sequence == state.sequence)
      due = std::min(due, one.view.owed_at());
    else if (one.sequence != 0)
      due = std::min(due, one.view.next_look());
  return due;
}

void Stream::push(std::vector<http::Text> parts) {
  last_ = std::chrono::steady_clock::now();
  out_.push(std::move(parts));
}

bool Stream::step(const board::StatePtr& state) {
  if (filling_) return send_rows();
  if (core_->board.closed()) {
    out_.finish();
    return false;
  }
  if (state->outage != told_) {
    tell_status(*state);
    return true;
  }
  // A client of views asks for what it shows of them.
  if (views_.empty() && (state->sets != told_sets_ || state->dead_letters != told_dead_letters_)) {
    tell_sets(*state);
    return true;
  }
  const auto now = std::chrono::steady_clock::now();
  const bool owes = std::ranges::any_of(views_, [now](const auto& one) { return one.view.owed_at() <= now; });
  if (!state->filled || (state->sequence == sequence_ && !owes) ||
      (is_ahead_of(*state) && now < began_ + kCatchUpTime)) {
    // Heartbeats that are due soon go with those that are due now.
    if (now - last_ >= core_->heartbeat - core_->heartbeat / kHeartbeatSlack) push(text(heartbeat_event(*state)));
    return false;
  }
  if (views_.empty()) return advance(state);
  advance_views(*state);
  return false;
}

bool Stream::is_ahead_of(const board::State& state) const {
  return !begun_ && resume_ && resume_->epoch == state.version.epoch && resume_->revision > state.version.revision;
}

void Stream::tell_status(const board::State& state) {
  told_ = state.outage;
  std::string out;
  http::append_event(out, "status", "", status_json(state));
  push(text(std::move(out)));
}

void Stream::tell_sets(const board::State& state) {
  told_sets_ = state.sets;
  told_dead_letters_ = state.dead_letters;
  std::string out;
  append_sets(out, state);
  push(text(std::move(out)));
}

void Stream::advance_views(const board::State& state) {
  std::string events;
  bool all = true;
  for (std::size_t i = 0; i < views_.size(); ++i) {
    Followed& one = views_[i];
    const auto now = std::chrono::steady_clock::now();
    if (one.sequence == state.sequence && now < one.view.owed_at()) continue;
    if (now < one.view.next_look()) {
      all = false;
      continue;
    }
    const auto updates = one.sequence > 0 ? core_->board.updates_after(one.sequence) : std::nullopt;
    // Everything may have been replaced since the updates that are kept.
    const bool resumes = updates ? !std::ranges::any_of(*updates, [](const auto& update) { return update->reset; })
                                 : one.seen && state.since(*one.seen).has_value();
    const std::string update = one.view.advance(state, one.seen, resumes);
    if (labelled_ && !update.empty()) http::append_event(events, "for", "", std::to_string(i));
    events += update;
    one.sequence = state.sequence;
    // A client that was told nothing does not know the version.
    if (!update.empty()) one.seen = state.version;
  }
  begun_ = true;
  if (all) arrive(state);
  if (!events.empty()) push(text(std::move(events)));
}

bool Stream::advance(const board::StatePtr& state) {
  const auto updates = begun_ ? core_->board.updates_after(sequence_) : std::nullopt;
  const bool reset = updates && std::ranges::any_of(*updates, [](const auto& update) { return update->reset; });
  if (updates && !reset) {
    send_updates(*state, *updates);
    return true;
  }
  const auto seen = begun_ ? std::optional(version_) : resume_;
  if (auto change = seen ? state->since(*seen) : std::nullopt) {
    send_catch_up(*state, std::move(*change));
    return true;
  }
  begin_snapshot(state);
  return true;
}

void Stream::send_updates(const board::State& state, const std::vector<board::UpdatePtr>& updates) {
  std::vector<http::Text> parts;
  for (const board::UpdatePtr& update : updates)
    if (!update->change.empty()) parts.push_back(core_->text_of(*update, now_of(state)));
  arrive(state);
  if (!parts.empty()) push(std::move(parts));
}

void Stream::send_catch_up(const board::State& state, core::Change change) {
  const base::Time now = now_of(state);
  const core::Revision seen = begun_ ? version_.revision : resume_->revision;
  state.snapshot.for_each([&](const core::RowPtr& row) {
    const auto freshness = core::freshness(*row, now);
    const bool old = freshness == core::Freshness::stale || freshness == core::Freshness::expired;
    if (old && row->revision <= seen) change.rows.push_back(row);
  });
  arrive(state);
  std::string out;
  append_change(out, change, &state.version, now);
  push(text(std::move(out)));
}

void Stream::begin_snapshot(const board::StatePtr& state) {
  arrive(*state);
  filling_ = std::make_shared<Filling>(Filling{*this, state});
  std::string begin;
  append_snapshot_begin(begin, *state, now_of(*state));
  push(text(std::move(begin)));
}

bool Stream::send_rows() {
  Filling& filling = *filling_;
  const board::State& state = *filling.state;
  std::string out;
  const bool more = filling.chunk < state.snapshot.chunks().size();
  if (more)
    append_snapshot_rows(out, state.snapshot.chunks()[filling.chunk++]->rows, now_of(state));
  else
    append_snapshot_end(out, state.version);
  push(text(std::move(out)));
  if (!more) {
    filling_.reset();
    return true;
  }
  if (out_.busy()) return false;
  boost::asio::post(core_->board.executor(), [weak = std::weak_ptr(filling_)] {
    if (const auto filling = weak.lock(); filling && !filling->stream.out_.busy()) filling->stream.look();
  });
  return false;
}

void Stream::arrive(const board::State& state) {
  begun_ = true;
  sequence_ = state.sequence;
  version_ = state.version;
}

}  // namespace feed
