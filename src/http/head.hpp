#pragma once

#include <string>

#include "http/message.hpp"

namespace http {

/// Values of the header Connection.
inline constexpr std::string_view kCloses = "close";
/// Only HTTP/1.0 needs "keep-alive"; HTTP/1.1 keeps the connection without it.
inline constexpr std::string_view kStays = "keep-alive";

/// The status line and the headers of an answer, each with its line end, without the headers of the body's length and
/// without the empty line that ends a head. `connection` "" is left out.
std::string head_of(const Reply& reply, std::string_view connection);

/// An answer with all of its body, after which the connection ends.
std::string last_answer(const Reply& reply);

}  // namespace http
