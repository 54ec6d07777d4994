#pragma once

#include <string_view>

#include "http/message.hpp"

namespace portal {

/// Does the client prefer a page to a problem in JSON?
bool wants_html(const http::Request& request);

/// An error as a page for browsers and as problem+json for programs.
http::Reply show_problem(const http::Request& request, int status, std::string_view detail);
/// The same, of a reply that http::problem() made.
http::Reply show_reply(const http::Request& request, const http::Reply& problem);

}  // namespace portal
