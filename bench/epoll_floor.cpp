// The least that a server can do: one thread that answers every request, as soon as its blank line is there, with the
// bytes of a file. Usage: epoll_floor ANSWER_FILE; prints its port.
#include <algorithm>
#include <vector>

#include "bench/sockets.hpp"

namespace {

constexpr std::uint32_t kBlankLine = 0x0d0a0d0a;

/// Sends all of `answer`; a client that does not read is none of the benchmark's.
bool send_all(int client, const std::string& answer) {
  for (std::size_t sent = 0; sent < answer.size();) {
    const ssize_t count = send(client, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) return false;
    sent += static_cast<std::size_t>(count);
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string answer = bench::contents(argv[1]);
  const int listener = bench::listen_on(0), epoll = epoll_create1(0);
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  bench::watch(epoll, listener, static_cast<std::uint64_t>(listener));
  // The latest four bytes of each connection.
  std::vector<std::uint32_t> ends;
  for (epoll_event events[256];;) {
    const int count = epoll_wait(epoll, events, 256, -1);
    for (int i = 0; i < count; ++i) {
      const int socket = static_cast<int>(events[i].data.u64);
      if (socket == listener) {
        const int client = accept(listener, nullptr, nullptr);
        if (client < 0) continue;
        const int on = 1;
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        ends.resize(std::max(ends.size(), static_cast<std::size_t>(client) + 1));
        ends[static_cast<std::size_t>(client)] = 0;
        bench::watch(epoll, client, static_cast<std::uint64_t>(client));
        continue;
      }
      char request[4096];
      const ssize_t bytes = recv(socket, request, sizeof request, 0);
      std::uint32_t& end = ends[static_cast<std::size_t>(socket)];
      for (ssize_t at = std::max<ssize_t>(0, bytes - 4); at < bytes; ++at)
        end = end << 8 | static_cast<unsigned char>(request[at]);
      if (bytes <= 0 || (end == kBlankLine && !send_all(socket, answer))) close(socket);
    }
  }
}
