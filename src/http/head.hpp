#pragma once

#include <string>

#include "http/message.hpp"

namespace http {

/// The status line and the headers of an answer, each with its line end, without those that tell how long the body is
/// and without the empty line that ends a head.
std::string head_of(const Reply& reply, bool keep_alive);

/// An answer with all of its body, after which the connection ends.
std::string last_answer(const Reply& reply);

}  // namespace http
