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
#include "core/row.hpp"

/// Rows as JSON, both ways. The keys `provider`, `name` and `availability` are the original system's.
namespace feed {

/// Appends one row as a JSON object, as it is at `now`.
void append_row(std::string& out, const core::Row& row, base::Time now);

/// Appends rows as a JSON array.
void append_rows(std::string& out, std::span<const core::RowPtr> rows, base::Time now);

/// Appends
/// "HIGH":…,"MEDIUM":…,"LOW":…,"UNKNOWN":…,"FRESH":…,"STALE":…,"EXPIRED":…,"PENDING":…,"failing":…,"changed":…,"total":…
void append_counts(std::string& out, const board::Counts& counts);

/// Reads what append_rows wrote. Throws std::exception that says what is wrong.
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

/// Reads the original system's answer: an array of objects with provider, name and availability; further keys are
/// left alone, and names that no profile can have are left out. Every row gets a reading that ended at `measured_at`,
/// took `took` and has no end of trust yet. Throws std::exception that says what is wrong.
std::vector<core::Row> parse_original(std::string_view json, base::Time measured_at, base::Duration took);

}  // namespace feed
