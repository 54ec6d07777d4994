#include "feed/reader.hpp"

#include <random>

#include "base/duration.hpp"
#include "base/log.hpp"
#include "base/task_group.hpp"
#include "feed/events.hpp"

namespace feed {
namespace asio = boost::asio;
namespace {

constexpr std::chrono::milliseconds kFirstPause{50};
constexpr std::chrono::seconds kLongestPause{2};
/// Three heartbeats without a byte: the other side is gone, whatever TCP believes.
constexpr std::chrono::seconds kSilence{45};
/// 100,000 profiles in the original's form have about 8 MB.
constexpr std::size_t kMaxPollBytes = 64 << 20;

/// Between half of `delay` and all of it, so that many readers do not come back together.
base::Duration jittered(base::Duration delay) {
  static std::minstd_rand random{std::random_device{}()};
  return std::chrono::microseconds(
      std::uniform_int_distribution<std::int64_t>(delay.count() / 2, delay.count())(random));
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
      pause_(executor_),
      connected_(metrics.gauge("vacancy_feed_connected", "1 while the source's events, or its latest answer, arrive")),
      failures_(metrics.counter("vacancy_feed_failures_total", "Times that the source was lost or not reached")) {}

Reader::~Reader() = default;

asio::awaitable<void> Reader::run() {
  base::Duration delay = kFirstPause;
  for (std::size_t turn = 0; !stopped_; ++turn) {
    const http::Url& url = options_.urls[turn % options_.urls.size()];
    Outcome outcome = co_await follow(url);
    if (outcome == Outcome::no_events && !stopped_) {
      outcome = co_await poll(url);
      if (outcome == Outcome::ended) {
        delay = kFirstPause;
        // The same replica again: another one would start the slow work anew.
        --turn;
        co_await pause(options_.poll_period);
        continue;
      }
    }
    connected_.Set(0);
    if (outcome == Outcome::ended) delay = kFirstPause;
    co_await pause(jittered(delay));
    delay = std::min<base::Duration>(delay * 2, kLongestPause);
  }
}

void Reader::stop() {
  stopped_ = true;
  pause_.cancel();
  if (client_ != nullptr) client_->cancel();
}

asio::awaitable<void> Reader::pause(base::Duration delay) {
  if (!stopped_) co_await base::sleep(pause_, delay);
}

void Reader::report(const std::string& problem) {
  if (stopped_) return;
  failures_.Increment();
  // Once per problem: a service that is down for an hour is one line.
  if (reported_.insert(problem).second) spdlog::warn("{}", problem);
}

asio::awaitable<Reader::Outcome> Reader::follow(const http::Url& url) {
  http::Client client(executor_, {.read = kSilence});
  const Registered registered(client_, client);
  http::ClientRequest request{.target = "/hardware/events", .headers = {{"Accept", "text/event-stream"}}};
  const auto& state = *board_.state();
  if (state.filled && resume_) request.headers.emplace_back("Last-Event-ID", core::to_string(state.version));
  const auto head = co_await client.send(url, request);
  if (!head) {
    report(head.error().message);
    co_return Outcome::failed;
  }
  if (head->status >= 500) {
    report(fmt::format("http://{} answered {}", url.authority(), head->status));
    co_return Outcome::failed;
  }
  if (head->status != 200 || !head->content_type.starts_with("text/event-stream")) co_return Outcome::no_events;
  spdlog::info("following the events of http://{}", url.authority());
  reported_.clear();
  connected_.Set(1);
  try {
    co_await read_events(client);
    resume_ = true;
    co_return Outcome::ended;
  } catch (const std::exception& bad) {
    resume_ = false;
    report(fmt::format("http://{} sent an event that cannot be read: {}", url.authority(), bad.what()));
  }
  co_return Outcome::failed;
}

asio::awaitable<void> Reader::read_events(http::Client& client) {
  http::SseParser parser;
  EventFolder folder(board_);
  for (;;) {
    const auto piece = co_await client.read_some();
    if (!piece) report(piece.error().message);
    if (!piece || piece->empty()) co_return;
    for (const http::SseEvent& event : parser.feed(*piece)) folder.fold(event);
  }
}

asio::awaitable<Reader::Outcome> Reader::poll(const http::Url& url) {
  http::Client client(executor_, {.head = options_.poll_timeout, .read = options_.poll_timeout});
  const Registered registered(client_, client);
  const http::ClientRequest request{.target = "/hardware/", .headers = {{"Accept", "application/json"}}};
  const auto begin = std::chrono::steady_clock::now();
  const auto head = co_await client.send(url, request);
  if (!head || head->status != 200) {
    report(head ? fmt::format("http://{}/hardware/ answered {}", url.authority(), head->status) : head.error().message);
    co_return Outcome::failed;
  }
  const auto body = co_await client.read_all(kMaxPollBytes);
  if (!body) {
    report(body.error().message);
    co_return Outcome::failed;
  }
  try {
    poll_folder_.fold(*body, std::chrono::duration_cast<base::Duration>(std::chrono::steady_clock::now() - begin));
  } catch (const std::exception& bad) {
    report(fmt::format("the answer of http://{}/hardware/ cannot be read: {}", url.authority(), bad.what()));
    co_return Outcome::failed;
  }
  reported_.clear();
  connected_.Set(1);
  co_return Outcome::ended;
}

}  // namespace feed
