// Lines that nobody reads, closed standard streams.
#include "base/log.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "base/error.hpp"
#include "base/log_writer.hpp"
#include "base/standard_streams.hpp"
#include "support/child.hpp"
#include "support/eventually.hpp"

namespace base {
namespace {

using namespace std::chrono_literals;
using support::status_of;
using testing::HasSubstr;

/// Holds 64 KiB that nobody has read.
class Pipe {
 public:
  Pipe() { EXPECT_EQ(::pipe2(ends_.data(), O_CLOEXEC), 0); }
  ~Pipe() {
    close_reader();
    close_writer();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int writer() const { return ends_[1]; }
  void close_reader() {
    if (ends_[0] >= 0) ::close(std::exchange(ends_[0], -1));
  }
  void close_writer() const {
    if (ends_[1] >= 0) ::close(std::exchange(ends_[1], -1));
  }
  /// What comes until `end` was read, or nothing more comes.
  std::string read_until(std::string_view end) const {
    std::string text;
    std::array<char, 65536> piece;
    pollfd readable{.fd = ends_[0], .events = POLLIN, .revents = 0};
    const int patience = static_cast<int>(std::chrono::milliseconds(support::kPatience).count());
    while (!text.contains(end) && ::poll(&readable, 1, patience) > 0) {
      const ssize_t count = ::read(ends_[0], piece.data(), piece.size());
      if (count <= 0) break;
      text.append(piece.data(), static_cast<std::size_t>(count));
    }
    return text;
  }

 private:
  mutable std::array<int, 2> ends_{};
};

std::string notice(std::uint64_t dropped) {
  return fmt::format("dropped {}\n", dropped);
}

std::string line(int number) {
  return fmt::format("line {:04} {}\n", number, std::string(1000, '.'));
}

/// The numbers of the whole lines in `text`, and what notices say as negative numbers.
std::vector<int> numbers_in(const std::string& text) {
  std::vector<int> numbers;
  std::istringstream in(text.substr(0, text.rfind('\n') + 1));
  for (std::string word; std::getline(in, word);) {
    if (word.starts_with("line ")) numbers.push_back(std::stoi(word.substr(5)));
    if (word.starts_with("dropped ")) numbers.push_back(-std::stoi(word.substr(8)));
  }
  return numbers;
}

TEST(LogWriter, WritesLinesInTheirOrder) {
  const Pipe pipe;
  LogWriter writer(pipe.writer(), notice);
  for (int i = 0; i < 3; ++i) writer.add(fmt::format("line {}\n", i));
  writer.flush(support::kPatience);
  EXPECT_EQ(pipe.read_until("line 2\n"), "line 0\nline 1\nline 2\n");
  EXPECT_EQ(writer.dropped(), 0U);
}

TEST(LogWriter, OfAPipeThatNobodyReadsDropsAndTellsWhere) {
  constexpr int kLines = 5000;
  const Pipe pipe;
  LogWriter writer(pipe.writer(), notice);
  for (int i = 0; i < kLines; ++i) writer.add(line(i));
  const auto dropped = static_cast<int>(writer.dropped());
  EXPECT_GT(dropped, kLines / 2) << "what waits is bounded";
  EXPECT_LT(dropped, kLines - 500) << "what fits is kept";
  std::string text;
  int next = 0;
  int told = 0;
  while (next < kLines) {
    const std::string piece = pipe.read_until("\n");
    ASSERT_FALSE(piece.empty()) << "told when it flows, also when no further line comes";
    text += piece;
    next = told = 0;
    for (const int number : numbers_in(text)) {
      if (number >= 0) {
        ASSERT_EQ(number, next++);
      } else {
        next -= number;
        told -= number;
      }
    }
  }
  EXPECT_EQ(told, dropped);
  writer.add("line 9999\n");
  EXPECT_EQ(pipe.read_until("9999\n"), "line 9999\n") << "told once";
}

TEST(LogWriter, TellsWhatWasDroppedBeforeTheNextLine) {
  const Pipe pipe;
  LogWriter writer(pipe.writer(), notice);
  int next = 0;
  while (writer.dropped() == 0) writer.add(line(next++));
  const int lost = next - 1;
  std::string text = pipe.read_until(fmt::format("line {:04}", lost / 2));
  ASSERT_TRUE(support::eventually([&] {
    const auto before = writer.dropped();
    writer.add(line(next++));
    return writer.dropped() == before;
  })) << "there is room again";
  writer.add("end\n");
  text += pipe.read_until("end\n");
  const std::vector<int> numbers = numbers_in(text);
  EXPECT_EQ(numbers[numbers.size() - 1], next - 1);
  EXPECT_EQ(numbers[numbers.size() - 2], -static_cast<int>(writer.dropped()));
  EXPECT_EQ(numbers[numbers.size() - 3], lost - 1);
}

TEST(LogWriter, FlushWaitsNoLongerThanAllowed) {
  const Pipe pipe;
  LogWriter writer(pipe.writer(), notice);
  for (int i = 0; i < 100; ++i) writer.add(line(i));
  const auto begin = std::chrono::steady_clock::now();
  writer.flush(20ms);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1min);
}

TEST(LogWriter, EndsWhileItsThreadWaits) {
  const Pipe pipe;
  {
    LogWriter writer(pipe.writer(), notice);
    for (int i = 0; i < 100; ++i) writer.add(line(i));
  }
  EXPECT_THAT(pipe.read_until("line 0099"), HasSubstr("line 0099")) << "the thread goes on by itself";
}

TEST(LogWriter, SurvivesAReaderThatIsGone) {
  Pipe pipe;
  pipe.close_reader();
  LogWriter writer(pipe.writer(), notice);
  for (int i = 0; i < 3; ++i) writer.add("line\n");
  writer.flush(support::kPatience);
  EXPECT_EQ(writer.dropped(), 3U);
}

TEST(LogWriter, CountsWhatAFullDiskDoesNotTake) {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  LogWriter writer(full, notice);
  writer.add("line 0\n");
  writer.add("line 1\n");
  writer.flush(support::kPatience);
  EXPECT_EQ(writer.dropped(), 2U);
  // As when somebody makes room: the same number is something else now.
  const Pipe pipe;
  ASSERT_GE(::dup2(pipe.writer(), full), 0);
  writer.add("line 2\n");
  EXPECT_EQ(pipe.read_until("line 2\n"), "dropped 2\nline 2\n");
  ::close(full);
}

TEST(Log, RefusesUnknownLevels) {
  EXPECT_THROW(set_up_logging("loud"), UsageError);
  for (const auto* level : {"trace", "debug", "warn", "error", "off", "info"}) EXPECT_NO_THROW(set_up_logging(level));
  EXPECT_EQ(spdlog::default_logger()->level(), spdlog::level::info);
}

TEST(Log, IsWrittenBeforeTheProgramEnds) {
  std::string text;
  // A program waits a second for it, which is not long on a machine that is busy.
  for (int attempt = 0; attempt < 5 && !text.ends_with("the end\n"); ++attempt) {
    const Pipe pipe;
    EXPECT_EQ(status_of(pipe.writer(),
                        [] {
                          set_up_logging("info");
                          spdlog::debug("unseen");
                          for (int i = 0; i < 5; ++i) spdlog::info("line {}", i);
                          spdlog::critical("the end");
                        }),
              0);
    pipe.close_writer();
    text = pipe.read_until("the end\n");
  }
  EXPECT_THAT(text, testing::ContainsRegex("[0-9]Z info line 4\n[^\n]+Z critical the end\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("unseen")));
}

TEST(Log, ThatNobodyReadsEndsWithTheProgram) {
  const Pipe pipe;
  EXPECT_EQ(status_of(pipe.writer(),
                      [] {
                        set_up_logging("info");
                        for (int i = 0; i < 2000; ++i) spdlog::info("{}", std::string(1000, '.'));
                        if (log_lines_dropped() == 0) std::_Exit(1);
                        flush_log();
                        spdlog::critical("the end");
                      }),
            0);
  EXPECT_THAT(pipe.read_until("\n"), HasSubstr("....\n"));
}

TEST(Log, SaysHowManyLinesWereDropped) {
  for (const int lost : {1, 2}) {
    const Pipe pipe;
    EXPECT_EQ(status_of(pipe.writer(),
                        [lost] {
                          const int kept = ::dup(STDERR_FILENO);
                          const int full = ::open("/dev/full", O_WRONLY);
                          ::dup2(full, STDERR_FILENO);
                          set_up_logging("info");
                          for (int i = 0; i < lost; ++i) spdlog::info("lost");
                          while (log_lines_dropped() < static_cast<std::uint64_t>(lost)) flush_log();
                          ::dup2(kept, STDERR_FILENO);
                          spdlog::info("kept");
                          flush_log();
                        }),
              0);
    EXPECT_THAT(pipe.read_until("kept\n"),
                HasSubstr(lost == 1 ? "warning 1 log line was dropped here: standard error"
                                    : "warning 2 log lines were dropped here: standard error"));
  }
}

TEST(Log, OfAReaderThatIsGoneKillsNobody) {
  Pipe pipe;
  pipe.close_reader();
  EXPECT_EQ(status_of(pipe.writer(),
                      [] {
                        std::signal(SIGPIPE, SIG_DFL);
                        set_up_logging("info");
                        spdlog::info("line");
                        flush_log();
                        if (log_lines_dropped() != 1) std::_Exit(1);
                      }),
            0);
}

TEST(Log, ItsThreadLeavesSignalsToTheOthers) {
  EXPECT_EQ(status_of(-1,
                      [] {
                        set_up_logging("info");
                        sigset_t term;
                        sigemptyset(&term);
                        sigaddset(&term, SIGTERM);
                        pthread_sigmask(SIG_BLOCK, &term, nullptr);
                        ::kill(::getpid(), SIGTERM);
                        // It waits for us: had it been taken elsewhere, this process would be gone.
                        int signal = 0;
                        if (sigwait(&term, &signal) != 0 || signal != SIGTERM) std::_Exit(1);
                      }),
            0);
}

TEST(StandardStreams, ThatAreClosedAreOpenedOnNothing) {
  EXPECT_EQ(status_of(-1,
                      [] {
                        for (const int descriptor : {0, 1, 2}) ::close(descriptor);
                        open_closed_streams();
                        for (const int descriptor : {0, 1, 2})
                          if (::fcntl(descriptor, F_GETFD) < 0) std::_Exit(1);
                        if (::open("/dev/null", O_RDONLY) < 3) std::_Exit(2);
                        if (::write(STDOUT_FILENO, "x", 1) != 1 || ::write(STDERR_FILENO, "x", 1) != 1) std::_Exit(3);
                      }),
            0);
}

TEST(StandardStreams, ThatAreOpenStayAsTheyAre) {
  const Pipe pipe;
  EXPECT_EQ(status_of(pipe.writer(),
                      [] {
                        const int next = ::open("/dev/null", O_RDONLY);
                        ::close(next);
                        ::close(STDIN_FILENO);
                        open_closed_streams();
                        if (::open("/dev/null", O_RDONLY) != next) std::_Exit(1);  // nothing else is open
                        if (::write(STDERR_FILENO, "here\n", 5) != 5) std::_Exit(2);
                      }),
            0);
  EXPECT_EQ(pipe.read_until("\n"), "here\n");
}

TEST(WriteWithin, WritesAllWhileSomebodyReads) {
  const Pipe pipe;
  const std::string text = std::string(100'000, 'x') + "\n";
  std::string read;
  std::jthread reader([&] { read = pipe.read_until("\n"); });
  EXPECT_EQ(write_within(pipe.writer(), text, support::kPatience), 0);
  reader.join();
  EXPECT_EQ(read, text);
}

TEST(WriteWithin, SaysWhyNot) {
  std::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  EXPECT_EQ(status_of(-1,
                      [&] {
                        if (write_within(pipe.writer(), std::string(100'000, 'x'), 20ms) != ETIMEDOUT) std::_Exit(1);
                      }),
            0);
  pipe.close_reader();
  EXPECT_EQ(write_within(pipe.writer(), "x", 20ms), EPIPE);
  EXPECT_EQ(write_within(-1, "", 0ms), 0);
  EXPECT_EQ(write_within(12345, "x", 20ms), EBADF);
  std::signal(SIGPIPE, SIG_DFL);
}

TEST(LogWriter, ALineThatAloneIsTooLargeIsDropped) {
  const Pipe pipe;
  LogWriter writer(pipe.writer(), notice);
  writer.add(std::string((1 << 20) - 1, '.') + '\n');
  EXPECT_EQ(writer.dropped(), 0U) << "so much may wait";
  EXPECT_EQ(pipe.read_until("\n").size(), 1U << 20);
  writer.add(std::string(1 << 20, '.') + '\n');
  EXPECT_EQ(writer.dropped(), 1U);
  writer.add("line 1\n");
  EXPECT_EQ(pipe.read_until("line 1\n"), "dropped 1\nline 1\n");
}

}  // namespace
}  // namespace base
