// The original system's design in a few lines: every request starts a thread per profile and waits for all of them.
// Usage: original_peer PORT SECONDS [--answer FILE] PROFILE…   (FILE: the bytes to answer with, head and body, instead
// of the profiles)
#include <thread>
#include <vector>

#include "bench/sockets.hpp"

static void serve(int client, int seconds, const std::vector<std::string>& profiles, const std::string& fixed) {
  char request[4096];
  while (read(client, request, sizeof request) > 0) {
    std::vector<std::jthread> slow;
    std::string body;
    for (const std::string& profile : profiles) {
      slow.emplace_back([seconds] { std::this_thread::sleep_for(std::chrono::seconds(seconds)); });
      body += profile + ": HIGH\n";
    }
    slow.clear();  // joins
    const std::string lines = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    const std::string& answer = fixed.empty() ? lines : fixed;
    if (send(client, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) break;
  }
  close(client);
}

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const bool given = argc > 5 && std::string(argv[3]) == "--answer";
  const std::string fixed = given ? bench::contents(argv[4]) : "";
  const std::vector<std::string> profiles(argv + (given ? 5 : 3), argv + argc);
  const int listener = bench::listen_on(std::atoi(argv[1]));
  for (;;)
    if (const int client = accept(listener, nullptr, nullptr); client >= 0)
      std::thread(serve, client, std::atoi(argv[2]), std::cref(profiles), std::cref(fixed)).detach();
}
