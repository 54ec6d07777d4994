#include "refresh/pace.hpp"

#include <algorithm>

namespace refresh {
namespace {

/// The part of a limit that is planned for. The rest is for runs that a person starts, and for uneven times: the
/// database counts a run for a 64th of its window longer, too.
constexpr double kPlanned = 0.9;
/// What is promised, with what is kept since it comes unevenly (store::Budget::allowed_besides).
constexpr double kKept = 1.25;

double seconds(base::Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

double rate_of(base::Duration period) {
  return 1 / seconds(std::max(period, base::Duration{1}));
}

/// How much of what is `wanted` there is, from 0 to 1.
double share_of(double there, double wanted) {
  return wanted <= there ? 1 : there / wanted;
}

core::RefreshRule rule_of(const config::ProbeConfig& probe) {
  return {.min = probe.refresh.min, .max = probe.longest_period()};
}

/// What a probe's rows want.
struct Count {
  const config::ProbeConfig& probe;
  Wanting wanting{};
  std::vector<core::RowPtr> watched{};

  void add(const core::RowPtr& row, bool is_watched, base::Time now);
};

void Count::add(const core::RowPtr& row, bool is_watched, base::Time now) {
  if (is_watched) watched.push_back(row);
  const bool is_batch = probe.batched();
  if (!is_batch || wanting.tasks == 0) ++wanting.tasks;
  if (is_watched && (!is_batch || wanting.watched == 0)) ++wanting.watched;
  if (is_watched || !row->reading || !row->reading->changed) return;
  const core::RefreshRule rule = rule_of(probe);
  const base::Duration quiet = std::max(now - row->reading->changed->at, base::Duration{0});
  const double rate = rate_of(core::wanted_period(rule, false, quiet)) - rate_of(rule.max);
  wanting.changed_rate = is_batch ? std::max(wanting.changed_rate, rate) : wanting.changed_rate + rate;
}

/// Is the row's next run later than a period of watched rows after its latest?
bool is_late(const core::Row& row, base::Duration period, base::Time now) {
  if (!row.next) return false;
  base::Time ran = now;
  // A source may say that it measured long before. Then the database knows better, which need not be asked again.
  const bool asked = row.next->reason == core::DueReason::watched || row.next->reason == core::DueReason::budget;
  if (!asked && row.reading) ran = row.reading->measured_at - row.reading->took;
  if (!asked && row.failure) ran = std::max(ran, row.failure->failed_at);
  // Half a second is not worth a write.
  return row.next->due > std::max(ran + period, now) + std::chrono::milliseconds{500};
}

}  // namespace

Pace pace_of(const config::ProbeConfig& probe, const Wanting& wanting) {
  Pace pace{.rule = rule_of(probe)};
  pace.promised = static_cast<double>(wanting.tasks) * rate_of(pace.rule.max);
  const double each = rate_of(pace.rule.min) - rate_of(pace.rule.max);
  const double limit = probe.most_runs();
  const double left = std::max(std::min(kPlanned * limit - pace.promised, limit - kKept * pace.promised), 0.0);
  const double watched = static_cast<double>(wanting.watched) * each;
  pace.rule.watched = share_of(left, std::max(watched, each));
  pace.rule.changed = share_of(std::max(left - watched, 0.0), wanting.changed_rate);
  return pace;
}

Pace cautious_pace(const config::ProbeConfig& probe) {
  Pace pace{.rule = rule_of(probe)};
  if (probe.limits().empty()) return pace;
  pace.rule.watched = pace.rule.changed = 0;
  pace.promised = probe.most_runs();
  return pace;
}

base::Duration watched_period(const core::RefreshRule& rule) {
  return core::stretched(rule, rule.min, rule.watched);
}

std::map<std::string, Demanded> demanded_of(std::span<const config::ProbeConfig> probes, const core::Snapshot& rows,
                                            std::shared_ptr<const Watched> watched, base::Time now) {
  std::map<std::string, Count, std::less<>> counts;
  for (const config::ProbeConfig& probe : probes)
    if (probe.has_periods()) counts.emplace(probe.name, Count{probe});
  if (counts.empty()) return {};
  rows.for_each([&](const core::RowPtr& row) {
    if (const auto found = counts.find(std::string_view(row->probe)); found != counts.end())
      found->second.add(row, watched->contains(row->profile.id), now);
  });
  std::map<std::string, Demanded> all;
  for (const auto& [name, count] : counts) {
    Demanded& demanded = all[name];
    demanded.pace = pace_of(count.probe, count.wanting);
    demanded.pace.watched = watched;
    demanded.watched = count.watched.size();
    for (const core::RowPtr& row : count.watched)
      if (is_late(*row, watched_period(demanded.pace.rule), now)) demanded.late.push_back(row->profile.id);
  }
  return all;
}

}  // namespace refresh
