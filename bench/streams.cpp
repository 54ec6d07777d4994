// Many open event streams, and when each event reaches them.
// Usage: streams PORT REQUEST_FILE STREAMS EVENTS LEAST_BYTES SECONDS
//
// Opens the streams and prints "open" when all have their first bytes. After a line on standard input it waits for a
// moment without events, prints "begin", and counts until each stream has EVENTS events of LEAST_BYTES or more, or
// SECONDS have passed. Then prints one JSON object: deliveries, the bytes of the streams, and for each event the time
// between the first and the last stream in microseconds.
#include <algorithm>
#include <string_view>
#include <vector>

#include "bench/sockets.hpp"

namespace {

constexpr int kQuietMilliseconds = 30;
constexpr std::size_t kOpening = 200;
constexpr std::uint64_t kInput = ~0ULL;

struct Stream {
  int socket = -1;
  bool open = false;
  /// The latest byte ended a line.
  bool line_ended = false;
  std::uint32_t event_bytes = 0;
  std::uint32_t events = 0;
};

struct Event {
  std::int64_t first = 0, last = 0;
  std::size_t streams = 0;
};

class Streams {
 public:
  Streams(std::size_t count, std::size_t events, std::uint32_t least)
      : streams_(count), events_(events), least_(least) {}

  void open(int port, const std::string& request, std::int64_t end) {
    std::size_t sent = 0;
    while (opened_ < streams_.size()) {
      for (; sent < streams_.size() && sent < opened_ + kOpening; ++sent) {
        streams_[sent].socket = bench::connect_to(port);
        if (::send(streams_[sent].socket, request.data(), request.size(), MSG_NOSIGNAL) < 0) bench::fail("send");
        bench::watch(epoll_, streams_[sent].socket, sent);
      }
      receive(1000);
      if (bench::now() > end) bench::fail("the streams do not open");
    }
  }

  /// Reads on until there is a line on standard input.
  void wait_for_line() {
    bench::watch(epoll_, STDIN_FILENO, kInput);
    while (!asked_) receive(1000);
  }

  void count(std::int64_t end) {
    while (receive(kQuietMilliseconds) > 0)
      if (bench::now() > end) bench::fail("no moment without events");
    for (Stream& one : streams_) one.events = 0;
    std::fill(events_.begin(), events_.end(), Event{});
    bytes_ = deliveries_ = 0;
    std::puts("begin");
    std::fflush(stdout);
    while (events_.back().streams < streams_.size() && bench::now() < end) receive(100);
  }

  void print() const {
    std::printf("{\"deliveries\": %zu, \"bytes\": %zu, \"complete\": %s, \"spread\": [", deliveries_, bytes_,
                events_.back().streams == streams_.size() ? "true" : "false");
    for (std::size_t i = 0; i < events_.size(); ++i)
      std::printf("%s%.1f", i ? ", " : "", static_cast<double>(events_[i].last - events_[i].first) / 1e3);
    std::puts("]}");
  }

 private:
  int receive(int milliseconds) {
    epoll_event ready[512];
    const int count = epoll_wait(epoll_, ready, 512, milliseconds);
    for (int i = 0; i < count; ++i) {
      if (ready[i].data.u64 == kInput) {
        if (read(STDIN_FILENO, buffer_, sizeof buffer_) <= 0) std::exit(1);  // nobody is left to print for
        asked_ = true;
        continue;
      }
      Stream& one = streams_[ready[i].data.u64];
      const ssize_t bytes = recv(one.socket, buffer_, sizeof buffer_, MSG_DONTWAIT);
      if (bytes == 0) bench::fail("the server closed a stream");
      if (bytes > 0) take(one, {buffer_, static_cast<std::size_t>(bytes)});
    }
    return count;
  }

  void take(Stream& one, std::string_view bytes) {
    bytes_ += bytes.size();
    if (!one.open) {
      if (!bytes.starts_with("HTTP/1.1 200")) bench::fail("an answer that is no stream: " + std::string(bytes));
      one.open = true;
      ++opened_;
    }
    // An event ends with an empty line; what frames a piece of the answer ends its lines with CRLF.
    while (!bytes.empty()) {
      const std::size_t line = bytes.find('\n');
      if (line == bytes.npos) {
        one.event_bytes += static_cast<std::uint32_t>(bytes.size());
        one.line_ended = false;
        return;
      }
      one.event_bytes += static_cast<std::uint32_t>(line + 1);
      if (line == 0 && one.line_ended) {
        if (one.event_bytes >= least_) arrived(one);
        one.event_bytes = 0;
      }
      one.line_ended = true;
      bytes.remove_prefix(line + 1);
    }
  }

  void arrived(Stream& one) {
    if (one.events < events_.size()) {
      Event& event = events_[one.events];
      event.last = bench::now();
      if (event.streams++ == 0) event.first = event.last;
    }
    ++one.events;
    ++deliveries_;
  }

  const int epoll_ = epoll_create1(0);
  std::vector<Stream> streams_;
  std::vector<Event> events_;
  const std::uint32_t least_;
  bool asked_ = false;
  std::size_t opened_ = 0, bytes_ = 0, deliveries_ = 0;
  char buffer_[1 << 16];
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) return 2;
  const auto number = [&](int i) { return static_cast<std::size_t>(std::atoll(argv[i])); };
  const auto deadline = [&] { return bench::now() + static_cast<std::int64_t>(number(6)) * 1'000'000'000; };
  static Streams streams(number(3), number(4), static_cast<std::uint32_t>(number(5)));
  streams.open(std::atoi(argv[1]), bench::contents(argv[2]), deadline());
  std::puts("open");
  std::fflush(stdout);
  streams.wait_for_line();
  streams.count(deadline());
  streams.print();
}
