#pragma once

#include <string>

#include "core/row.hpp"

namespace portal {

inline constexpr std::string_view kCsvHead =
    "provider,name,availability,freshness,free,total,largest,score,price,reason,measured_at,changed_from,changed_at,"
    "error,"
    "failed_at\r\n";

/// How texts stand: `safe` has "'" before one that a spreadsheet would take for a formula, `raw` has none.
enum class Cells : std::uint8_t { safe, raw };

/// Appends one row as a line of CSV (RFC 4180), as it is at `now`.
void append_csv(std::string& out, const core::Row& row, base::Time now, Cells cells);

}  // namespace portal
