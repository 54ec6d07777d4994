#include "base/standard_streams.hpp"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace base {

void open_closed_streams() {
  // The lowest free number is taken: this one, since those below are open.
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(descriptor, F_GETFD) < 0) std::ignore = ::open("/dev/null", O_RDWR);
}

int write_within(int descriptor, std::string_view text, Duration longest) {
  const auto begin = std::chrono::steady_clock::now();
  while (!text.empty()) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(longest - (std::chrono::steady_clock::now() - begin));
    pollfd writable{.fd = descriptor, .events = POLLOUT, .revents = 0};
    const int found = ::poll(&writable, 1, static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, INT_MAX)));
    if (found == 0) return ETIMEDOUT;
    // A pipe that is writable takes so much at once without blocking.
    const ssize_t count =
        found < 0 ? -1 : ::write(descriptor, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (count >= 0)
      text.remove_prefix(static_cast<std::size_t>(count));
    else if (errno != EINTR && errno != EAGAIN)
      return errno;
  }
  return 0;
}

}  // namespace base
