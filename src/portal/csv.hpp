#pragma once

#include <string>

#include "core/row.hpp"

namespace portal {

inline constexpr std::string_view kCsvHead =
    "provider,name,availability,freshness,free,total,largest,score,price,reason,measured_at,changed_from,changed_at,"
    "error,"
    "failed_at\r\n";

/// Appends one row as a line of CSV (RFC 4180), as it is at `now`.
void append_csv(std::string& out, const core::Row& row, base::Time now);

}  // namespace portal
