#pragma once

#include <string_view>

#include "base/clock.hpp"

namespace base {

/// Opens those of standard input, output and error that are closed on /dev/null. Otherwise the next file or socket that
/// the program opens takes their number, and gets what is printed. Call it first in main.
void open_closed_streams();

/// Writes all of `text`, in pieces that pipes take whole, but waits no longer than `longest` for a reader. Returns 0,
/// or the number of the error, ETIMEDOUT among them. Thread-safe.
int write_within(int descriptor, std::string_view text, Duration longest);

}  // namespace base
