#pragma once

#include <string>

#include "base/error.hpp"
#include "feed/row_json.hpp"
#include "http/router.hpp"

namespace hardware {

/// May this request administer? forbidden: no token is configured. unauthorized: not this token.
base::Result<void> authorize(const http::Request& request, const std::string& token);

/// Of a route for those with the token, which is checked before a body is read. "" turns the route off.
http::RouteOptions for_administrators(std::string token, std::size_t max_body_bytes = 0);

/// A route's answer to an administrator, who is told what was lost: 503 with its sentence. Nobody else is.
boost::asio::awaitable<http::Reply> explained(boost::asio::awaitable<http::Reply> answer);

/// The profile in the request's body.
base::Result<feed::SentProfile> profile_in(const http::Request& request);
/// The same of a body with many.
base::Result<std::vector<feed::SentProfile>> profiles_in(const http::Request& request);

}  // namespace hardware
