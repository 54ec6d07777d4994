#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <expected>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "probe/probe.hpp"

namespace probe {

/// A command with its limits.
struct Program {
  /// The program, searched in PATH of `environment` when it has no slash, and its arguments. No shell.
  std::vector<std::string> command;
  /// All of it: NAME=VALUE. Nothing is inherited.
  std::vector<std::string> environment;
  /// Where it runs; "" where this process does.
  std::string directory{};
  /// Its standard input; "" is /dev/null.
  std::string input{};
  /// A program that prints more, to standard output or standard error, is killed.
  std::size_t max_output_bytes = 64 * 1024;
  /// Added to this process's, from 0 to 19.
  int nice = 10;
  /// Limits of each of its processes; 0: none. Seconds of CPU time, bytes of address space, open files.
  std::uint64_t cpu_seconds = 0;
  std::uint64_t memory_bytes = 0;
  std::uint64_t open_files = 256;
};

/// How a program ended by itself.
struct Exited {
  /// Its exit code, or -1 when a signal killed it.
  int code = -1;
  int signal = 0;
  std::string output;
  /// The end of what it wrote to standard error.
  std::string errors;
};

/// File descriptors of a program that runs: a handle and two pipes. While one starts: both ends of its pipes, and its
/// input.
inline constexpr std::size_t kProgramDescriptors = 3;
inline constexpr std::size_t kStartDescriptors = 6;

/// A command as one would type it into a shell.
std::string typed(const std::vector<std::string>& command);

/// Runs programs, each in a process group of its own, of which nothing is left when run() returns: at the deadline, and
/// when it prints too much, the group gets SIGTERM and, a second later, SIGKILL. What it costs does not depend on the
/// size of this process. Used on one thread, that of its executor.
class Programs {
 public:
  /// From now on, this process adopts the processes that its programs leave behind. Deadlines come from `timeout`, and
  /// failures name it.
  Programs(boost::asio::any_io_executor executor, base::Duration timeout);
  /// REQUIRES: every run() has returned.
  ~Programs();

  /// Fails when the program cannot be started, does not end in time, prints too much, or is stopped: that kills it
  /// (SIGKILL) at once.
  boost::asio::awaitable<std::expected<Exited, Failure>> run(Program program, base::SteadyTime deadline,
                                                             std::stop_token stop = {});

 private:
  struct Group;
  struct Run;
  boost::asio::any_io_executor executor_;
  base::Duration timeout_;
};

}  // namespace probe
