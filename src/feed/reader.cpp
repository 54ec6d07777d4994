#include "feed/reader.hpp"

#include "base/log.hpp"
#include "base/task_group.hpp"
#include "feed/events.hpp"

namespace feed {
namespace asio = boost::asio;
namespace {

constexpr std::chrono::milliseconds kFirstPause{50};
constexpr std::chrono::seconds kLongestPause{2};
/// The number of changes to another replica in a row without a pause; one more is allowed each second.
constexpr unsigned kRetries = 10;
constexpr std::chrono::seconds kRetryRefill{1};
/// A stream that lasts so long is a success. A shorter one is not, since it may break off again and again.
constexpr std::chrono::seconds kSettled{1};
/// 100,000 profiles in the original's form have about 8 MB.
constexpr std::size_t kMaxPollBytes = 64 << 20;

http::ReplicaMetrics replica_metrics(base::Metrics& metrics) {
  return {.ejections = metrics.counter("vacancy_feed_ejections_total", "Times that a replica was ejected for a while"),
          .known = metrics.gauge("vacancy_feed_replicas", "Replicas that the source's URLs stand for"),
          .ejected = metrics.gauge("vacancy_feed_replicas_ejected", "Those of them that are ejected now")};
}

/// Points a member at a client for as long as it lives.
class Registered {
 public:
  Registered(http::Client*& place, http::Client& client) : place_(place) { place_ = &client; }
  ~Registered() { place_ = nullptr; }
  Registered(const Registered&) = delete;
  Registered& operator=(const Registered&) = delete;

 private:
  http::Client*& place_;
};

}  // namespace

Reader::Reader(board::Board& board, asio::any_io_executor executor, ReaderOptions options, base::Metrics& metrics)
    : board_(board),
      executor_(std::move(executor)),
      options_(std::move(options)),
      poll_folder_(board, options_.poll_period),
      connected_(metrics.gauge("vacancy_feed_connected", "1 while the source's events, or its latest answer, arrive")),
      failures_(metrics.counter("vacancy_feed_failures_total", "Times that the source was lost or not reached")),
      refused_(metrics.counter("vacancy_feed_retries_refused_total", "Retries that waited for the retry budget")),
      replicas_(executor_, options_.urls, replica_metrics(metrics),
                options_.resolve ? options_.resolve : http::system_resolve(executor_), options_.resolve_period),
      budget_(kRetries, kRetryRefill),
      pause_(executor_),
      backoff_(kFirstPause, kLongestPause) {}

Reader::~Reader() = default;

asio::awaitable<void> Reader::run() {
  base::TaskGroup group(executor_);
  group.spawn("resolving", replicas_.run());
  group.spawn("reading", read());
  co_await group.wait();
}

void Reader::stop() {
  stopped_ = true;
  replicas_.stop();
  pause_.cancel();
  if (client_ != nullptr) client_->cancel();
}

asio::awaitable<void> Reader::read() {
  while (!stopped_) {
    const auto replica = co_await replicas_.pick();
    followed_ = replica;
    if (!replica && !stopped_) failures_.Increment();
    const Ending ending = replica ? co_await use(*replica) : Ending::failed;
    connected_.Set(0);
    tell_outage();
    if (ending == Ending::failed && may_move_on()) continue;
    co_await pause(backoff_.next());
  }
}

asio::awaitable<Reader::Ending> Reader::use(http::Replica& replica) {
  // The same replica again, unless its host no longer has it: another one would start the slow work again.
  while (!stopped_ && replicas_.has(replica)) {
    Ending ending = co_await follow(replica);
    if (ending != Ending::no_events || stopped_) co_return ending;
    ending = co_await poll(replica);
    if (ending != Ending::ended) co_return ending;
    co_await pause(options_.poll_period);
  }
  co_return Ending::ended;
}

void Reader::tell_outage() {
  if (!stopped_ && std::chrono::steady_clock::now() - heard_at_ >= board::kOutageGrace)
    board_.set_outage(board::Outage{board::Side::hardware, heard_at_});
}

bool Reader::may_move_on() {
  if (!replicas_.has_ready()) return false;
  if (budget_.take(std::chrono::steady_clock::now())) return true;
  refused_.Increment();
  return false;
}

asio::awaitable<void> Reader::pause(base::Duration delay) {
  if (!stopped_) co_await base::sleep(pause_, delay);
}

Reader::Ending Reader::failed(http::Replica& replica, const std::string& problem) {
  if (!stopped_) {
    failures_.Increment();
    replicas_.failed(replica, problem);
  }
  return Ending::failed;
}

void Reader::succeeded(http::Replica& replica) {
  backoff_.reset();
  replicas_.succeeded(replica);
}

asio::awaitable<Reader::Ending> Reader::follow(http::Replica& replica) {
  http::Client client(executor_, {.head = options_.silence, .read = options_.silence});
  const Registered registered(client_, client);
  http::ClientRequest request{.target = "/hardware/events", .headers = {{"Accept", "text/event-stream"}}};
  const auto& state = *board_.state();
  if (state.filled && resume_) request.headers.emplace_back("Last-Event-ID", core::to_string(state.version));
  const auto head = co_await client.send(replica.url, request, replica.endpoints);
  if (!head) co_return failed(replica, head.error().message);
  if (head->status >= 500) co_return failed(replica, fmt::format("it answered {}", head->status));
  if (head->status != 200 || !head->content_type.starts_with("text/event-stream")) co_return Ending::no_events;
  connected_.Set(1);
  std::string problem;
  try {
    const auto end = co_await read_events(client, replica);
    resume_ = true;
    if (!end) co_return failed(replica, end.error().message);
    replicas_.left(replica);
    co_return Ending::ended;
  } catch (const std::exception& bad) {
    resume_ = false;
    problem = fmt::format("it sent an event that cannot be read: {}", bad.what());
  }
  co_return failed(replica, problem);
}

asio::awaitable<base::Result<void>> Reader::read_events(http::Client& client, http::Replica& replica) {
  http::SseParser parser;
  EventFolder folder(board_);
  bool first = true, greeted = false;
  const auto settled_at = std::chrono::steady_clock::now() + kSettled;
  for (bool settled = false;;) {
    const auto piece = co_await client.read_some();
    if (!piece) co_return std::unexpected(piece.error());
    if (piece->empty()) co_return base::Result<void>();
    heard_at_ = std::chrono::steady_clock::now();
    const auto events = parser.feed(*piece);
    // A service reports an outage in its first event, though perhaps not with the stream's first bytes.
    const bool begins = std::exchange(first, false) && events.empty();
    const bool tells = !events.empty() && events.front().event == "status";
    if (!begins && !std::exchange(greeted, true) && !tells) board_.set_outage({});
    for (const http::SseEvent& event : events) folder.fold(event);
    if (settled || std::chrono::steady_clock::now() < settled_at) continue;
    settled = true;
    // One that breaks off again and again is told by its fault.
    if (told_ != replica.name()) spdlog::info("following the events of {}", replica.name());
    told_ = replica.name();
    succeeded(replica);
  }
}

asio::awaitable<Reader::Ending> Reader::poll(http::Replica& replica) {
  http::Client client(executor_, {.head = options_.poll_timeout, .read = options_.poll_timeout});
  const Registered registered(client_, client);
  const http::ClientRequest request{.target = "/hardware/", .headers = {{"Accept", "application/json"}}};
  const auto begin = std::chrono::steady_clock::now();
  const auto head = co_await client.send(replica.url, request, replica.endpoints);
  if (!head) co_return failed(replica, head.error().message);
  if (head->status != 200) co_return failed(replica, fmt::format("/hardware/ answered {}", head->status));
  const auto body = co_await client.read_all(kMaxPollBytes);
  if (!body) co_return failed(replica, body.error().message);
  try {
    poll_folder_.fold(*body, std::chrono::duration_cast<base::Duration>(std::chrono::steady_clock::now() - begin));
  } catch (const std::exception& bad) {
    co_return failed(replica, fmt::format("its answer cannot be read: {}", bad.what()));
  }
  succeeded(replica);
  connected_.Set(1);
  heard_at_ = std::chrono::steady_clock::now();
  board_.set_outage({});
  co_return Ending::ended;
}

}  // namespace feed
