#pragma once

#include <string>

#include "base/error.hpp"
#include "feed/row_json.hpp"
#include "http/message.hpp"

namespace hardware {

/// May this request administer? forbidden: no token is configured. unauthorized: not this token.
base::Result<void> authorize(const http::Request& request, const std::string& token);

/// The profile in the request's body.
base::Result<feed::SentProfile> profile_in(const http::Request& request);

}  // namespace hardware
