#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "board/live_selection.hpp"
#include "feed/events.hpp"

namespace feed {

/// The selections that clients of a core follow: one for all that look at the same. Not thread-safe.
class Finder {
 public:
  std::shared_ptr<board::LiveSelection> follow(const board::Selection& selection);

 private:
  std::map<std::string, std::weak_ptr<board::LiveSelection>> followed_;
};

/// The rows of a selection that one client has, and the events that update it: changed rows while the same ones are in
/// it, else a `view`, after which the client asks again. Not thread-safe.
class View {
 public:
  View(Finder& finder, const board::Selection& selection) : found_(finder.follow(selection)) {}

  /// The events that bring the client to `state`; the first ones in the first call. Nothing when it sees no difference,
  /// unless it has heard nothing for a while. `seen`: the version that the client has, if any. `resumes`: the changes
  /// after `seen` are known.
  std::string advance(const board::State& state, const std::optional<core::Version>& seen, bool resumes);

  /// Not to be called before: searching must not take more than a small part of a core, and a view that moves all the
  /// time must not be fetched all the time.
  base::SteadyTime next_look() const { return next_look_; }

  /// When the client is owed an event about what was not told at once, such as counts.
  base::SteadyTime owed_at() const { return owed_at_; }

 private:
  void append_update(std::string& out, const board::State& state, const core::Version& seen, base::Time now) const;
  bool is_same(const board::State& state, const core::Version& seen) const;

  std::shared_ptr<board::LiveSelection> found_;
  /// Nothing before the first look.
  std::optional<std::uint64_t> sequence_;
  base::SteadyTime told_at_;
  base::SteadyTime next_look_;
  base::SteadyTime owed_at_ = base::SteadyTime::max();
};

}  // namespace feed
