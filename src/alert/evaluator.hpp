#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "alert/watch.hpp"
#include "core/freshness.hpp"
#include "core/history.hpp"
#include "core/row.hpp"

namespace alert {

/// A state of the evaluation, as it is kept in the database. An empty text is none.
struct State {
  std::string key;
  std::string text;

  bool operator==(const State&) const = default;
};

/// Decides what alerts say, from what profiles are and were. Does no I/O and reads no clock, so that the service and
/// `replay` share it. Not thread-safe.
///
/// A start: load(), know() every profile, observe() those of which no transition follows, settle(), the transitions,
/// and wake(). After it: transitions and rows as they come, and advance() up to now.
class Evaluator {
 public:
  Evaluator(const std::vector<config::AlertRule>& rules, Setting setting);
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  /// The states that others took. Those of rules that are gone end here, without a message, and so do those that no
  /// version of this program wrote.
  void load(const std::vector<State>& states);
  /// All profiles are known: alerts about others end.
  void settle(base::Time now);
  /// All transitions up to now are known: rules that are new begin, with what is now.
  void wake(base::Time now);
  /// Is any rule not new?
  bool is_known() const;

  /// The profile is there, or has other labels or another probe.
  void know(const core::Profile& profile, std::string_view probe, base::Time now);
  void forget(core::ProfileId profile, base::Time now);
  /// know() and forget() of many at once, each once: one may have the name that another one had.
  void change(const std::vector<core::RowPtr>& rows, const std::vector<core::ProfileId>& gone, base::Time now);

  /// A transition of the log. First advances to its time.
  void observe(const core::LoggedTransition& transition);
  /// The row is so now. What transitions told already is no news.
  void observe(const core::Row& row, base::Time now);
  /// The smallest share that is left of the budgets of each probe that has some.
  void observe_budgets(const std::map<std::string, double>& left, base::Time now);

  /// Lets the time pass until `now`.
  void advance(base::Time now);
  /// When advance() has something to do next; nothing: only after something happened.
  std::optional<base::Time> due() const;

  /// What came since the last call: messages in the order in which they were made, and the states that changed.
  struct Step {
    std::vector<Message> messages{};
    std::vector<State> states{};
  };
  Step take();

  /// In the order of the rules.
  const std::vector<std::unique_ptr<Watch>>& watches() const { return watches_; }

 private:
  using Subjects = std::vector<std::pair<std::size_t, std::string>>;
  /// What is known of a profile's level.
  struct Seen {
    core::Level level = core::Level::unknown;
    core::Freshness freshness = core::Freshness::pending;
    std::string reason{};
    /// The latest level that was known, which may be the present one, and the one before it.
    core::Level last = core::Level::unknown;
    std::optional<core::Level> before_last{};
    /// Since when the level is this.
    base::Time since{};
    /// When this state began, and the change that it came with.
    base::Time at{};
    core::Revision revision = 0;

    /// The level before this one, as far as it is known.
    std::optional<core::Level> from() const { return level == last ? before_last : std::optional(last); }
  };
  struct Known {
    core::Profile profile;
    std::string probe;
    /// The rules that watch it, with the subject of each.
    Subjects subjects{};
    std::optional<Seen> seen{};
  };
  /// The profiles of a set, or of a probe that may be blind.
  struct Tally {
    std::size_t members = 0;
    /// Those of which nothing was heard since the start.
    std::size_t unheard = 0;
    /// Those that say something about the condition: with a level, or measured once.
    std::size_t telling = 0;
    /// Those that are good enough, or FRESH.
    std::set<core::ProfileId> good{};
  };

  /// A profile and the subjects that it had.
  using Left = std::pair<core::ProfileId, Subjects>;
  std::optional<Subjects> put(const core::Profile& profile, std::string_view probe);
  std::optional<Subjects> drop(core::ProfileId profile);
  void judge_moved(const std::vector<Left>& all, base::Time now);
  Known* find(core::ProfileId profile);
  Subjects subjects_of(const core::Profile& profile, std::string_view probe) const;
  void see(Known& known, Seen seen, base::Time now);
  void enter(const Known& known);
  void leave(const Known& known);
  void judge(const Known& known, base::Time now);
  void judge_all(std::size_t rule, const std::string& subject, base::Time now);
  void end_strangers(std::size_t rule, const std::set<std::string, std::less<>>& subjects, base::Time now);

  const Setting setting_;
  std::vector<std::unique_ptr<Watch>> watches_;
  std::unordered_map<core::ProfileId, Known> known_;
  /// By rule and subject.
  std::map<std::pair<std::size_t, std::string>, Tally> tallies_;
  bool settled_ = false;
  std::vector<Message> messages_;
  /// Keys of states that are not to be kept.
  std::vector<std::string> dropped_;
};

}  // namespace alert
