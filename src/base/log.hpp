#pragma once

#include <spdlog/spdlog.h>

#include <string_view>

/// Logging is spdlog's default logger: `spdlog::info("claimed {} tasks", n)`. Lines go to standard error, since
/// standard output belongs to the command's answer.
namespace base {

/// Sets level (trace, debug, info, warn, error, off) and format. Call once, before any thread is started.
/// Throws UsageError for an unknown level.
void set_up_logging(std::string_view level);

}  // namespace base
