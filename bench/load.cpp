// Keep-alive connections that ask for the same thing again and again, and count the answers.
// Usage: load PORT REQUEST_FILE STATUS BODY_BYTES CONNECTIONS SECONDS [RATE]
//
// Without RATE each connection sends its next request when its answer is there. With RATE, requests fall due at random
// times (exponential gaps, the same in every run) whether or not answers come; each goes to a free connection or waits
// for one, and its latency counts from the time at which it was due. An answer with another status, or another length
// of body unless BODY_BYTES is 0, is an error. Prints one JSON object.
#include <algorithm>
#include <cctype>
#include <cstring>
#include <deque>
#include <random>
#include <string_view>
#include <vector>

#include "bench/sockets.hpp"

namespace {

struct Connection {
  int socket = -1;
  /// When the request that is under way was due; 0 without one.
  std::int64_t due = 0;
  /// The part of a head that has come; bytes of the body that are missing, if the head has come.
  std::string head;
  std::int64_t missing = -1;
};

/// The value of Content-Length, or 0.
std::int64_t length_of(std::string_view head) {
  constexpr std::string_view kName = "\ncontent-length:";
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  const auto found = std::search(head.begin(), head.end(), kName.begin(), kName.end(), same);
  return found == head.end() ? 0 : std::atoll(&*found + kName.size());
}

class Load {
 public:
  Load(int port, std::string request, std::string status, std::int64_t body, std::size_t connections)
      : request_(std::move(request)), status_(std::move(status)), body_(body), connections_(connections) {
    for (std::size_t i = 0; i < connections; ++i) {
      connections_[i].socket = bench::connect_to(port);
      bench::watch(epoll_, connections_[i].socket, i);
    }
  }

  void closed(std::int64_t end) {
    for (Connection& one : connections_) send(one, bench::now());
    while (bench::now() < end) receive(1000, [this](Connection& one) { send(one, bench::now()); });
  }

  void open(std::int64_t end, double rate) {
    std::mt19937_64 random(1);
    std::exponential_distribution<double> gap(rate / 1e9);
    std::vector<Connection*> free;
    for (Connection& one : connections_) free.push_back(&one);
    std::deque<std::int64_t> waiting;
    double next = static_cast<double>(bench::now());
    for (std::int64_t now = bench::now(); now < end; now = bench::now()) {
      for (; next <= static_cast<double>(now); next += gap(random)) waiting.push_back(static_cast<std::int64_t>(next));
      for (; !waiting.empty() && !free.empty(); free.pop_back(), waiting.pop_front())
        send(*free.back(), waiting.front());
      // A wait of the kernel's would be late: this core is the load's own.
      receive(0, [&free](Connection& one) { free.push_back(&one); });
    }
    // A request that was due and is not answered has waited at least until now.
    for (const Connection& one : connections_)
      if (one.due > 0) waiting.push_back(one.due);
    for (const std::int64_t due : waiting) latencies_.push_back(end - due);
    unanswered_ = waiting.size();
  }

  void print(double seconds) {
    std::sort(latencies_.begin(), latencies_.end());
    const auto microseconds = [this](double share) {
      const std::size_t at = static_cast<std::size_t>(share * static_cast<double>(latencies_.size()));
      return latencies_.empty() ? 0.0 : static_cast<double>(latencies_[std::min(at, latencies_.size() - 1)]) / 1e3;
    };
    std::printf(
        "{\"requests\": %zu, \"errors\": %zu, \"unanswered\": %zu, \"seconds\": %.6f, \"p50\": %.1f, \"p99\": %.1f}\n",
        answers_, errors_, unanswered_, seconds, microseconds(0.5), microseconds(0.99));
  }

 private:
  void send(Connection& one, std::int64_t due) {
    one.due = due;
    if (::send(one.socket, request_.data(), request_.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request_.size()))
      bench::fail("send");
  }

  template <class Answered>
  void receive(int milliseconds, Answered answered) {
    epoll_event events[256];
    const int count = epoll_wait(epoll_, events, 256, milliseconds);
    for (int i = 0; i < count; ++i) {
      Connection& one = connections_[events[i].data.u64];
      const ssize_t bytes = recv(one.socket, buffer_, sizeof buffer_, MSG_DONTWAIT);
      if (bytes == 0) bench::fail("the server closed a connection");
      if (bytes < 0 || !take(one, {buffer_, static_cast<std::size_t>(bytes)})) continue;
      latencies_.push_back(bench::now() - one.due);
      one.due = 0;
      ++answers_;
      answered(one);
    }
  }

  /// Is the answer complete?
  bool take(Connection& one, std::string_view bytes) {
    if (one.missing < 0) {
      // A head comes in one piece, nearly always.
      if (!one.head.empty()) bytes = one.head.append(bytes);
      const std::size_t end = bytes.find("\r\n\r\n");
      if (end == bytes.npos) {
        if (bytes.data() != one.head.data()) one.head = bytes;
        return false;
      }
      const std::string_view head = bytes.substr(0, end + 2);
      const std::int64_t body = status_ == "304" ? 0 : length_of(head);
      if (head.substr(9, 3) != status_ || (body_ > 0 && body != body_)) ++errors_;
      one.missing = body - static_cast<std::int64_t>(bytes.size() - end - 4);
      one.head.clear();
    } else {
      one.missing -= static_cast<std::int64_t>(bytes.size());
    }
    if (one.missing > 0) return false;
    if (one.missing < 0) bench::fail("an answer is longer than its length");
    one.missing = -1;
    return true;
  }

  const int epoll_ = epoll_create1(0);
  const std::string request_, status_;
  const std::int64_t body_;
  std::vector<Connection> connections_;
  std::vector<std::int64_t> latencies_;
  std::size_t answers_ = 0, errors_ = 0, unanswered_ = 0;
  char buffer_[1 << 16];
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 7) return 2;
  static Load load(std::atoi(argv[1]), bench::contents(argv[2]), argv[3], std::atoll(argv[4]),
                   static_cast<std::size_t>(std::atoll(argv[5])));
  const std::int64_t begin = bench::now(), end = begin + static_cast<std::int64_t>(std::atof(argv[6]) * 1e9);
  if (argc > 7)
    load.open(end, std::atof(argv[7]));
  else
    load.closed(end);
  load.print(static_cast<double>(bench::now() - begin) / 1e9);
}
