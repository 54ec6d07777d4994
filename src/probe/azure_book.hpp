#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "probe/azure_answer.hpp"
#include "probe/azure_plan.hpp"

namespace probe {

/// The scores that came, the calls that failed, and which calls are due. A call that Azure refuses is halved until the
/// size or region is found that it does not like; that one is then left alone for hours, and the others are asked for
/// without it. Does not call; times are given. Used on one thread.
class AzureBook {
 public:
  struct Known {
    /// When they came; nothing before the first time.
    std::optional<base::SteadyTime> at{};
    std::vector<AzureScore> scores{};
    /// When it was last asked for, in vain or not.
    base::SteadyTime tried = base::SteadyTime::min();
    /// Why the last try gave nothing; "" when it did not fail.
    std::string error{};
    /// Refused together with others: a smaller call is due in the same run.
    bool halved = false;
    base::SteadyTime paused_until = base::SteadyTime::min();
  };

  /// The calls that give new scores of `cells`, where they are too old: first the halves of calls that were refused in
  /// the run that began at `run`, then what was not asked for the longest.
  std::vector<AzureAsk> due(const std::set<AzureCell>& cells, base::SteadyTime run, base::SteadyTime now) const;

  /// The call gave scores.
  void keep(const AzureAsk& ask, const AzureScores& scores, base::SteadyTime now);
  /// It gave none, for a reason that is not in the call. It is due again in the next run.
  void fail(const AzureAsk& ask, const std::string& why, base::SteadyTime now);
  /// Azure does not like something in it.
  void refuse(const AzureAsk& ask, const std::string& why, base::SteadyTime now);

  /// Forgets that these are to be left alone.
  void end_pauses(const std::set<AzureCell>& cells);

  /// nullptr when it was never asked for.
  const Known* find(const AzureCell& cell) const;
  /// Has it a score that Azure would repeat?
  bool is_fresh(const AzureCell& cell, base::SteadyTime now) const;
  /// Why it has no score, in a run that began at `run`; "" when it has one, or was not asked for.
  std::string error(const AzureCell& cell, base::SteadyTime run, base::SteadyTime now) const;

 private:
  struct Refused {
    std::string why;
    base::SteadyTime until;
  };

  /// The size or region of the cell that is refused; nothing for none.
  std::optional<std::string> refused_part(const AzureCell& key) const;
  bool is_due(const AzureAsk& ask, base::SteadyTime run, base::SteadyTime now) const;
  std::vector<AzureAsk> sorted(std::vector<AzureAsk> asks, base::SteadyTime run) const;
  /// Some of `names`, in any case, never were in a call that gave scores.
  bool has_new(const std::vector<std::string>& names) const;
  void take_together(const AzureAsk& ask);
  void blame(const AzureCell& cell, const std::string& why, base::SteadyTime now);
  base::SteadyTime tried(const AzureCell& cell) const;

  /// With sizes in lower case, as all keys here.
  std::map<AzureCell, Known> cells_{};
  /// Sizes and regions of calls that gave scores.
  std::set<std::string> good_{};
  /// Sizes and regions that Azure refuses.
  std::map<std::string, Refused> refused_{};
  /// Cells that share calls with no others, since Azure refused one with more in it.
  std::vector<std::set<AzureCell>> apart_{};
};

}  // namespace probe
