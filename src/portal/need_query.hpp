#pragma once

#include <string>

#include "base/error.hpp"
#include "core/preference.hpp"
#include "http/query.hpp"

namespace portal {

/// What a profile must be to be taken, as a query has it:
///
///   ?at_least=LOW    MEDIUM by default, LOW with the next two
///   &free=N          one request for N units fits
///   &total_free=N    N units are free in all
///   &max_age=5m      the reading is no older; not in a request that waits
base::Result<core::Need> read_need(const http::Query& query);

/// The query of a need, without '?' and defaults: equal needs have equal texts.
std::string to_query(const core::Need& need);

/// The flags of `vacancy wait` for it, each after a blank. They know no age.
std::string wait_flags(const core::Need& need);

/// The duration in parameter `name`, or `otherwise` when it is absent.
base::Result<base::Duration> read_duration(const http::Query& query, std::string_view name, base::Duration otherwise);

}  // namespace portal
