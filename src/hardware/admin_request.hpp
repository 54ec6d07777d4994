#pragma once

#include "base/error.hpp"
#include "feed/row_json.hpp"
#include "http/router.hpp"

namespace hardware {

/// The same for administrators, whose 503 names the lost database. Others get no such detail. A query, which none of
/// these requests has, is refused: it would be a condition that does not count.
http::Handler explained(http::Handler handler);

/// Is the body JSON, as its type says? `what` it has, for the message.
base::Result<void> check_json(const http::Request& request, std::string_view what);

/// The profile in the request's body.
base::Result<feed::SentProfile> profile_in(const http::Request& request);
/// The same of a body with many.
base::Result<std::vector<feed::SentProfile>> profiles_in(const http::Request& request);

}  // namespace hardware
