#pragma once

#include <string_view>

#include "http/message.hpp"

namespace portal {

/// What is wrong, as a page for browsers and as problem+json for programs.
http::Reply show_problem(const http::Request& request, int status, std::string_view detail);

}  // namespace portal
