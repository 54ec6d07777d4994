#pragma once

#include <boost/json/fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "board/state.hpp"
#include "core/change.hpp"
#include "core/freshness.hpp"

/// Rows as JSON, both ways. The keys `provider`, `name` and `availability` are the original system's.
namespace feed {

/// The `due_reason` of a time that has passed: the profile is measured now, or waits for its turn or for a source that
/// rests. The reason that the row has is one for a time to come.
inline constexpr std::string_view kOverdue = "overdue";

/// The fields of a row as it is at `now`, in the order of the API; JSON and CSV follow it. Calls `visit(name, value)`
/// for each that the row has. A value is a text, a number, a whole number, true, labels, or an optional time.
template <class Visit>
void fields(const core::Row& row, base::Time now, Visit&& visit) {
  const core::Freshness freshness = core::freshness(row, now);
  const auto& reading = row.reading;
  const auto time = [&](base::Time core::Reading::* at) {
    return reading ? std::optional((*reading).*at) : std::nullopt;
  };
  visit("id", row.profile.id);
  visit("provider", std::string_view(row.profile.key.provider));
  visit("name", std::string_view(row.profile.key.name));
  if (!row.profile.labels.empty()) visit("labels", row.profile.labels);
  visit("availability", core::to_string(core::effective_level(row, now)));
  visit("freshness", core::to_string(freshness));
  visit("measured_at", time(&core::Reading::measured_at));
  visit("stale_at", time(&core::Reading::stale_at));
  visit("expires_at", time(&core::Reading::expires_at));
  visit("reason", reading                       ? std::string_view(reading->reason)
                  : row.probe == core::kNoProbe ? "no probe configured"
                                                : "");
  if (reading) {
    for (const core::Number& number : core::kNumbers)
      if (const auto& value = (*reading).*number.value) visit(number.name, *value);
    visit("took_ms", std::int64_t{std::chrono::duration_cast<std::chrono::milliseconds>(reading->took).count()});
    if (reading->changed) {
      visit("changed_from", core::to_string(reading->changed->from));
      visit("changed_at", std::optional(reading->changed->at));
    }
    core::RecentLevels::Letters letters;
    if (const auto recent = reading->recent.text(letters); !recent.empty()) visit("recent", recent);
    if (freshness == core::Freshness::expired) visit("was", core::to_string(reading->level));
  }
  if (!row.unit.empty()) visit("unit", std::string_view(row.unit));
  visit("probe", std::string_view(row.probe));
  if (row.simulated) visit("simulated", true);
  if (row.failure) {
    visit("error", std::string_view(row.failure->error));
    visit("failed_at", std::optional(row.failure->failed_at));
  }
  if (row.next) {
    visit("due_at", std::optional(row.next->due));
    visit("due_reason", row.next->due < now ? kOverdue : to_string(row.next->reason));
  }
  visit("revision", row.revision);
}

/// Appends one row as a JSON object, as it is at `now`.
void append_row(std::string& out, const core::Row& row, base::Time now);

/// Appends rows as a JSON array.
void append_rows(std::string& out, std::span<const core::RowPtr> rows, base::Time now);

/// Appends
/// "HIGH":…,"MEDIUM":…,"LOW":…,"UNKNOWN":…,"FRESH":…,"STALE":…,"EXPIRED":…,"PENDING":…,"failing":…,"changed":…,"total":…
void append_counts(std::string& out, const board::Counts& counts);

/// Reads the text of append_rows(). Throws std::exception with the mistake.
std::vector<core::RowPtr> parse_rows(const boost::json::array& json);

/// A profile as a client sends it.
struct SentProfile {
  core::ProfileKey key;
  /// Nothing: they stay as they are.
  std::optional<core::Labels> labels;
};

/// Reads {"provider":…,"name":…,"labels":{…}}, the last of which may be left out; further keys are refused.
base::Result<SentProfile> parse_profile(std::string_view json);

/// How many profiles one request may add: its transaction must not keep others waiting.
inline constexpr std::size_t kMostProfiles = 10'000;
/// Reads an array of them, kMostProfiles at most; the error names the element, counted from 0.
base::Result<std::vector<SentProfile>> parse_profiles(std::string_view json);

/// Reads an array of at most `most` ids of profiles.
base::Result<std::vector<core::ProfileId>> parse_ids(std::string_view json, std::size_t most);

/// Reads the original system's answer: an array of objects with provider, name and availability; further keys are
/// left alone, and names that no profile can have are left out. Every row gets a reading that ended at `measured_at`,
/// took `took` and has no end of trust yet. Throws std::exception that says what is wrong.
std::vector<core::Row> parse_original(std::string_view json, base::Time measured_at, base::Duration took);

}  // namespace feed
