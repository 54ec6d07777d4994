#pragma once

#include <gtest/gtest.h>

#include "base/url.hpp"
#include "feed/event_stream.hpp"
#include "feed/list.hpp"
#include "feed/reader.hpp"
#include "http/router.hpp"
#include "support/fed_board.hpp"

namespace support {

/// A board's routes, as the hardware service has them.
class Source {
 public:
  explicit Source(base::Runtime& runtime, base::Duration heartbeat = feed::kReplicaHeartbeat)
      : board(runtime), list_(*board, runtime.cores()), events_(*board, runtime.cores(), metrics_, "test", heartbeat) {}

  http::Router routes() {
    http::Router router;
    router.add("GET", "/hardware/", [this](const http::Request& request) { return list_.handle(request); });
    router.add("GET", "/hardware/events", [this](const http::Request& request) { return events_.handle(request); });
    return router;
  }
  std::function<void()> end() {
    return [this] { board->close(); };
  }
  /// How many streams are open.
  double streams() { return metrics_.gauge("vacancy_event_streams", "", {{"server", "test"}}).Value(); }

  FedBoard board;

 private:
  base::Metrics metrics_;
  feed::List list_;
  feed::EventStream events_;
};

/// A board that a reader fills.
class Sink {
 public:
  static feed::ReaderOptions options(std::vector<base::Url> urls) {
    return {
        .urls = std::move(urls), .poll_period = std::chrono::milliseconds{50}, .poll_timeout = std::chrono::seconds{5}};
  }

  Sink(base::Runtime& runtime, std::vector<base::Url> urls) : Sink(runtime, options(std::move(urls))) {}
  Sink(base::Runtime& runtime, feed::ReaderOptions options)
      : board(runtime),
        runtime_(runtime),
        reader_(*board, runtime.background().get_executor(), std::move(options), metrics_) {
    run_ = support::start(runtime.background(), reader_.run());
  }
  ~Sink() {
    support::on(runtime_.background(), [this] { reader_.stop(); });
    EXPECT_TRUE(support::ready(run_));
  }

  bool shows(FedBoard& source) {
    return eventually(
        [&] { return board.state()->version == source.state()->version && board.rows() == source.rows(); });
  }

  double count(const std::string& counter) { return metrics_.counter(counter, "").Value(); }
  double gauge(const std::string& gauge) { return metrics_.gauge(gauge, "").Value(); }

  FedBoard board;

 private:
  base::Runtime& runtime_;
  base::Metrics metrics_;
  feed::Reader reader_;
  std::future<void> run_;
};

}  // namespace support
