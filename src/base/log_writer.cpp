#include "base/log_writer.hpp"

#include <pthread.h>

#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <thread>

#include "base/standard_streams.hpp"

namespace base {
namespace {

/// The largest number of waiting lines. More are dropped.
constexpr std::size_t kMostBytes = 1 << 20;
/// The thread has no other work than to wait for a reader.
constexpr std::chrono::hours kForever{24 * 365};

struct Line {
  std::string text;
  /// The number of lines dropped just before it.
  std::uint64_t dropped_before = 0;
};

}  // namespace

struct LogWriter::Queue {
  void run();
  std::optional<Line> take();
  bool write(const Line& line);

  const int descriptor;
  const std::function<std::string(std::uint64_t)> notice;
  std::mutex mutex{};
  std::condition_variable changed{};
  std::deque<Line> lines{};
  std::size_t bytes = 0;
  /// Dropped lines that no later line reports yet.
  std::uint64_t overflowed = 0;
  std::uint64_t dropped = 0;
  std::uint64_t added = 0;
  std::uint64_t done = 0;
  bool closed = false;
  /// Lines that could not be written since the last success. Used by the thread only.
  std::uint64_t failed = 0;
};

void LogWriter::Queue::run() {
  pthread_setname_np(pthread_self(), "log");
  while (const auto line = take()) {
    const bool written = write(*line);
    const std::lock_guard lock(mutex);
    if (!written) dropped += line->text.empty() ? 0 : 1;
    if (line->text.empty()) continue;
    bytes -= line->text.size();
    ++done;
    changed.notify_all();
  }
}

/// The next line; without text when it only reports dropped lines. Nothing: no more will come.
std::optional<Line> LogWriter::Queue::take() {
  std::unique_lock lock(mutex);
  changed.wait(lock, [this] { return !lines.empty() || overflowed > 0 || closed; });
  if (lines.empty()) return overflowed > 0 ? std::optional(Line{"", std::exchange(overflowed, 0)}) : std::nullopt;
  Line line = std::move(lines.front());
  lines.pop_front();
  return line;
}

bool LogWriter::Queue::write(const Line& line) {
  const std::uint64_t untold = failed + line.dropped_before;
  const std::string text = untold > 0 ? notice(untold) + line.text : line.text;
  const bool written = write_within(descriptor, text, kForever) == 0;
  failed = written ? 0 : untold + (line.text.empty() ? 0 : 1);
  return written;
}

LogWriter::LogWriter(int descriptor, std::function<std::string(std::uint64_t)> notice)
    : queue_(std::make_shared<Queue>(descriptor, std::move(notice))) {
  // No signal is for this thread: neither one that ends the program nor that of a reader that is gone.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  // Detached, since joining one that is blocked would block.
  std::thread([queue = queue_] { queue->run(); }).detach();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

LogWriter::~LogWriter() {
  const std::lock_guard lock(queue_->mutex);
  queue_->closed = true;
  queue_->changed.notify_all();
}

void LogWriter::add(std::string line) {
  const std::lock_guard lock(queue_->mutex);
  if (queue_->bytes + line.size() > kMostBytes) {
    ++queue_->overflowed;
    ++queue_->dropped;
    return;
  }
  queue_->bytes += line.size();
  ++queue_->added;
  queue_->lines.push_back({std::move(line), std::exchange(queue_->overflowed, 0)});
  queue_->changed.notify_all();
}

void LogWriter::flush(Duration longest) {
  std::unique_lock lock(queue_->mutex);
  const std::uint64_t all = queue_->added;
  queue_->changed.wait_for(lock, longest, [&] { return queue_->done >= all; });
}

std::uint64_t LogWriter::dropped() const {
  const std::lock_guard lock(queue_->mutex);
  return queue_->dropped;
}

}  // namespace base
