#pragma once

#include <sys/types.h>

#include <expected>
#include <string>
#include <utility>

#include "probe/program.hpp"

/// How a program becomes a process, and how that process and all that it started is ended. Thread-safe.
namespace probe {

/// An open file descriptor, or none.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor();

  /// -1: none.
  int get() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  int number_;
};

/// A process that leads a session, and in it a group, of its own. Whoever has it must end the group.
struct Child {
  pid_t pid = -1;
  /// Readable once the process has exited.
  Descriptor handle{};
  /// Where to read what it writes to standard output and standard error.
  Descriptor output{};
  Descriptor errors{};
};

/// Starts the program, and returns when it runs. What this costs does not depend on the size of this process. Fails
/// with a sentence, and leaves nothing, when it cannot be started.
std::expected<Child, std::string> spawn(const Program& program);

/// Why the program's file does not run although it is there: an interpreter that is missing, or a loader. "" when that
/// is not why.
std::string fault_of_file(const Program& program);

/// How the leader of a group ended.
struct End {
  /// -1 when a signal killed it.
  int code = -1;
  int signal = 0;
};

/// Has this child, which has not been reaped, exited?
bool has_exited(pid_t child);

/// Kills the group of a process that has not been reaped, waits until that process has exited, and reaps it.
End end_group(pid_t leader);

/// Kills all of the session of such a process, whatever groups they are in. Looks at every process of the machine.
void kill_session(pid_t leader);

/// Gives up waiting for a process that cannot be killed: it is reaped when it ends.
void forget(pid_t leader);

/// Is nothing left of an ended group? REQUIRES: adopt_orphans().
bool group_is_gone(pid_t leader);

/// From now on, this process reaps what its programs leave behind, and need not rely on process 1 to do so, which may
/// be this process, or slow. Also makes exit codes available where whoever started this process ignored SIGCHLD.
void adopt_orphans();

}  // namespace probe
