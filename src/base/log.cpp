#include "base/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>

#include "base/error.hpp"

namespace base {

void set_up_logging(std::string_view level) {
  const auto parsed = spdlog::level::from_str(std::string(level));
  if (parsed == spdlog::level::off && level != "off")
    throw UsageError(fmt::format("log level '{}' is unknown; use trace, debug, info, warn, error or off", level));
  auto logger = std::make_shared<spdlog::logger>("vacancy", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  logger->set_level(parsed);
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace base
