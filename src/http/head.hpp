#pragma once

#include <string>

#include "http/message.hpp"

namespace http {

/// Values of the header Connection.
inline constexpr std::string_view kCloses = "close";
/// A client of HTTP/1.0 must be told; one of 1.1 takes it for granted, so "" does.
inline constexpr std::string_view kStays = "keep-alive";

/// The status line and the headers of an answer, each with its line end, without those that tell how long the body is
/// and without the empty line that ends a head. `connection` "" is left out.
std::string head_of(const Reply& reply, std::string_view connection);

/// An answer with all of its body, after which the connection ends.
std::string last_answer(const Reply& reply);

}  // namespace http
