#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.hpp"

namespace base {

/// Writes lines to a descriptor, in their order, on a thread of its own. Logging does not wait for a pipe that is not
/// read, a stopped terminal or a disk that hangs. Lines are dropped when there is no room, or when they cannot be
/// written; the next written line says how many. Thread-safe.
class LogWriter {
 public:
  /// `notice` makes the line about dropped lines; it is called on the thread. The descriptor stays open as long as the
  /// process.
  LogWriter(int descriptor, std::function<std::string(std::uint64_t dropped)> notice);
  /// Waits for nothing: the thread ends when all is written, or with the process.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  /// `line` ends with a line end. Never blocks.
  void add(std::string line);
  /// Returns when all lines so far are written, and after `longest` at the latest.
  void flush(Duration longest);
  /// How many lines were dropped, since the start.
  std::uint64_t dropped() const;

 private:
  struct Queue;

  std::shared_ptr<Queue> queue_;
};

}  // namespace base
