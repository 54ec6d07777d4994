#pragma once

#include "base/metrics.hpp"
#include "base/runtime.hpp"
#include "base/url.hpp"
#include "http/server.hpp"
#include "support/eventually.hpp"

namespace support {

/// A server on a free port of this machine, drained at its end. Declare it after what its routes use.
class Serving {
 public:
  Serving(base::Runtime& runtime, http::Router router, http::ServerOptions options = {},
          std::function<void()> end_streams = {})
      : runtime_(runtime), end_streams_(std::move(end_streams)), address_(options.address) {
    options.name = "test";
    server_ = std::make_unique<http::Server>(runtime, metrics_, std::move(router), options);
    port_ = server_->listen();
  }
  ~Serving() { drain(); }

  std::uint16_t port() const { return port_; }
  base::Url url() const { return {.host = address_, .port = port_, .prefix = ""}; }
  base::Metrics& metrics() { return metrics_; }

  /// Ends it; whatever is left after `timeout` is closed.
  void drain(base::Duration timeout = std::chrono::seconds{2}) {
    if (!start(runtime_.background(), server_->drain(timeout, end_streams_)).get())
      throw std::logic_error("a handler of the test does not end");
  }

  void announce_end() { start(runtime_.background(), server_->announce_end()).get(); }

 private:
  base::Runtime& runtime_;
  base::Metrics metrics_;
  std::function<void()> end_streams_;
  std::string address_;
  std::unique_ptr<http::Server> server_;
  std::uint16_t port_ = 0;
};

}  // namespace support
