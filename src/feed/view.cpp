#include "feed/view.hpp"

#include <algorithm>

#include "feed/selection_query.hpp"

namespace feed {
namespace {

/// A search takes at most a twentieth of the time.
constexpr int kPause = 20;
constexpr std::chrono::seconds kBetweenViews{1};
/// A client that sees no difference gets an empty change after so long: it knows the version then, from which it may
/// resume, and that its stream is alive.
constexpr std::chrono::seconds kQuiet{2};

/// May rows have come or gone in front of `first`, or after it? A PENDING row may be new. A row with a reading is
/// reported if it is in the window; in front of it, it may be new, too.
bool may_have_moved(const board::State& state, const core::Version& seen, const core::Row* first) {
  const auto change = state.since(seen);
  return !change || !change->removed.empty() || std::ranges::any_of(change->rows, [&](const core::RowPtr& row) {
    return !row->reading || (first != nullptr && row->profile.key < first->profile.key);
  });
}

}  // namespace

std::shared_ptr<board::LiveSelection> Finder::follow(const board::Selection& selection) {
  std::erase_if(followed_, [](const auto& one) { return one.second.expired(); });
  auto& place = followed_[to_query(selection, 0)];
  auto live = place.lock();
  if (!live) place = live = std::make_shared<board::LiveSelection>(selection);
  return live;
}

std::string View::advance(const board::State& state, const std::optional<core::Version>& seen, bool resumes) {
  const base::SteadyTime begin = std::chrono::steady_clock::now();
  found_->advance(state);
  next_look_ = begin + found_->cost() * kPause;
  const bool begun = sequence_.has_value();
  std::string out;
  if (begun && resumes && found_->changed() <= *sequence_ && begin < told_at_ + kQuiet) {
    owed_at_ = told_at_ + kQuiet;
    return out;
  }
  owed_at_ = base::SteadyTime::max();
  const base::Time now = state.now(begin);
  const ViewCounts counts{found_->choice(), found_->matching()};
  const bool same = resumes && seen && (begun ? found_->moved() <= *sequence_ : is_same(state, *seen));
  if (!resumes && !begun) {
    append_snapshot_begin(out, state, now);
    append_snapshot_rows(out, found_->rows(), now);
    append_snapshot_end(out, state.version, &counts);
  } else if (!same) {
    append_view(out, state.version, now, counts);
    if (!found_->selection().is_window()) next_look_ = std::max(next_look_, begin + kBetweenViews);
  } else {
    append_update(out, state, *seen, now);
  }
  sequence_ = state.sequence;
  told_at_ = begin;
  return out;
}

void View::append_update(std::string& out, const board::State& state, const core::Version& seen, base::Time now) const {
  core::Change change;
  if (sequence_)
    change.rows = found_->touched_after(*sequence_);
  else
    // The ages that a resumed client shows are unknown.
    std::ranges::copy_if(found_->rows(), std::back_inserter(change.rows), [&](const core::RowPtr& row) {
      const auto freshness = core::freshness(*row, now);
      const bool old = freshness == core::Freshness::stale || freshness == core::Freshness::expired;
      return row->revision > seen.revision || old;
    });
  const ViewCounts counts{found_->choice(), found_->matching()};
  const bool aged_only = sequence_ && seen == state.version;
  append_change(out, change, aged_only ? nullptr : &state.version, now, &counts);
}

/// Are the rows where a resumed client has them? Their places are unknown: for a window of everything it is enough that
/// no row came or went, for another selection nothing may have changed. A set changes without a revision.
bool View::is_same(const board::State& state, const core::Version& seen) const {
  if (found_->selection().is_window()) {
    const bool has_front = found_->selection().offset > 0 && !found_->rows().empty();
    return !may_have_moved(state, seen, has_front ? found_->rows().front().get() : nullptr);
  }
  const auto change = state.since(seen);
  return change && change->empty() && found_->selection().set.empty();
}

}  // namespace feed
