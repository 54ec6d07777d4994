#include "base/log.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/sink.h>
#include <unistd.h>

#include <mutex>

#include "base/error.hpp"
#include "base/log_writer.hpp"

namespace base {
namespace {

constexpr std::chrono::seconds kLongestFlush{1};

std::unique_ptr<spdlog::formatter> make_formatter() {
  return std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
}

std::string formatted(spdlog::formatter& formatter, const spdlog::details::log_msg& message) {
  spdlog::memory_buf_t line;
  formatter.format(message, line);
  return {line.data(), line.size()};
}

std::string notice_of(std::uint64_t dropped) {
  const std::string text =
      fmt::format("{} log line{} dropped here: standard error was not read, or could not be written", dropped,
                  dropped == 1 ? " was" : "s were");
  return formatted(*make_formatter(), spdlog::details::log_msg("vacancy", spdlog::level::warn, text));
}

/// Not spdlog's asynchronous logger: its thread is joined at the end of the program, and a blocked one never ends.
class QueueingSink final : public spdlog::sinks::sink {
 public:
  void log(const spdlog::details::log_msg& message) override {
    const std::lock_guard lock(mutex_);
    writer_.add(formatted(*formatter_, message));
  }
  void flush() override { writer_.flush(kLongestFlush); }
  void set_pattern(const std::string& pattern) override {
    set_formatter(std::make_unique<spdlog::pattern_formatter>(pattern));
  }
  void set_formatter(std::unique_ptr<spdlog::formatter> formatter) override {
    const std::lock_guard lock(mutex_);
    formatter_ = std::move(formatter);
  }
  std::uint64_t dropped() const { return writer_.dropped(); }

 private:
  LogWriter writer_{STDERR_FILENO, notice_of};
  std::mutex mutex_;
  std::unique_ptr<spdlog::formatter> formatter_ = make_formatter();
};

/// Null before set_up_logging().
std::shared_ptr<QueueingSink>& sink() {
  static std::shared_ptr<QueueingSink> sink;
  return sink;
}

}  // namespace

void set_up_logging(std::string_view level) {
  const auto parsed = spdlog::level::from_str(std::string(level));
  if (parsed == spdlog::level::off && level != "off")
    throw UsageError(fmt::format("log level '{}' is unknown; use trace, debug, info, warn, error or off", level));
  sink() = std::make_shared<QueueingSink>();
  auto logger = std::make_shared<spdlog::logger>("vacancy", sink());
  logger->set_level(parsed);
  logger->flush_on(spdlog::level::critical);
  spdlog::set_default_logger(std::move(logger));
}

void flush_log() {
  spdlog::default_logger()->flush();
}

std::uint64_t log_lines_dropped() {
  return sink() ? sink()->dropped() : 0;
}

}  // namespace base
