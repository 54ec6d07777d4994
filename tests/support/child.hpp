#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include "support/eventually.hpp"

namespace support {

/// Runs `body` in a process of its own, whose standard error is `descriptor` unless that is negative; returns what
/// wait() says. A signal ends it after kPatience.
template <class Body>
int status_of(int descriptor, Body body) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(static_cast<unsigned>(kPatience.count()));
    if (descriptor >= 0) ::dup2(descriptor, STDERR_FILENO);
    body();
    std::_Exit(0);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return status;
}

}  // namespace support
