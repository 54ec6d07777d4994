#pragma once

#include <string>

#include "http/message.hpp"

namespace http {

/// Values of the header Connection.
inline constexpr std::string_view kCloses = "close";
/// Only HTTP/1.0 needs "keep-alive"; HTTP/1.1 keeps the connection without it.
inline constexpr std::string_view kStays = "keep-alive";

/// The status line and the headers of an answer, each with its line end, without those of end_of_head().
std::string head_of(const Reply& reply);

/// The end of every head, which changes: the date, `connection` unless it is "", and the empty line. Valid until the
/// next call on this thread.
std::string_view end_of_head(std::string_view connection);

/// An answer with all of its body, after which the connection ends.
std::string last_answer(const Reply& reply);

}  // namespace http
