// The original system's design in a few lines: every request starts a thread per profile and waits for all of them.
// Usage: original_peer PORT SECONDS PROFILE…
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

static void serve(int client, int seconds, const std::vector<std::string>& profiles) {
  char request[4096];
  while (read(client, request, sizeof request) > 0) {
    std::vector<std::jthread> slow;
    std::string body;
    for (const std::string& profile : profiles) {
      slow.emplace_back([seconds] { std::this_thread::sleep_for(std::chrono::seconds(seconds)); });
      body += profile + ": HIGH\n";
    }
    slow.clear();  // joins
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    if (write(client, answer.data(), answer.size()) < 0) break;
  }
  close(client);
}

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const std::vector<std::string> profiles(argv + 3, argv + argc);
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(argv[1])));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(listener, 512) != 0)
    return 1;
  for (;;)
    if (const int client = accept(listener, nullptr, nullptr); client >= 0)
      std::thread(serve, client, std::atoi(argv[2]), std::cref(profiles)).detach();
}
