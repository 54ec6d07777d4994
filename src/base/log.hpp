#pragma once

#include <spdlog/spdlog.h>

#include <cstdint>
#include <string_view>

/// Logging is spdlog's default logger: `spdlog::info("claimed {} tasks", n)`. Lines go to standard error, since
/// standard output belongs to the command's answer. Logging never waits for the reader of the log (log_writer.hpp).
namespace base {

/// Sets level (trace, debug, info, warn, error, off) and format. Call once, before any thread is started.
/// Throws UsageError for an unknown level.
void set_up_logging(std::string_view level);

/// Waits until all lines are written, for a second at most. A critical line does so by itself.
void flush_log();

/// How many lines were dropped because nobody read them, or because they could not be written. Thread-safe.
std::uint64_t log_lines_dropped();

}  // namespace base
