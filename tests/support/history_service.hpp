#pragma once

#include <boost/asio/this_coro.hpp>
#include <mutex>
#include <string>
#include <vector>

#include "base/event.hpp"
#include "http/replicas.hpp"
#include "support/serving.hpp"

namespace support {

/// A hardware service whose answers about the past are the test's, on a port.
class HistoryService {
 public:
  using Answers = std::function<http::Answer(const http::Request&)>;

  /// Without `answers` it has no such routes, like an older one.
  explicit HistoryService(base::Runtime& runtime, Answers answers = {}) : answers_(std::move(answers)) {
    http::Router router;
    if (answers_)
      for (const char* pattern : {"/hardware/{id}/history", "/hardware/at", "/hardware/transitions"})
        router.add("GET", pattern, [this](const http::Request& request) { return answer(request); });
    router.add("PUT", "/hardware/{id}", [](const http::Request&) { return http::problem(401, "no token"); });
    serving_ = std::make_unique<Serving>(runtime, std::move(router));
  }

  base::Url url() const { return serving_->url(); }
  void drain() { serving_->drain(); }
  /// The targets.
  std::vector<std::string> asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  http::Answer answer(const http::Request& request) {
    {
      const std::lock_guard lock(mutex_);
      asked_.push_back(fmt::format("{}?{}", request.path, request.query_text));
    }
    return answers_(request);
  }

  Answers answers_;
  mutable std::mutex mutex_;
  std::vector<std::string> asked_;
  std::unique_ptr<Serving> serving_;
};

inline HistoryService::Answers always(int status, std::string body, std::string type = "application/json") {
  return [=](const http::Request&) {
    http::Reply reply = http::json_reply(body, status);
    reply.content_type = type;
    return reply;
  };
}

inline HistoryService::Answers always(http::Reply reply) {
  return [reply = std::move(reply)](const http::Request&) { return reply; };
}

/// Answers when the client has gone.
inline http::Answer hang(const http::Request& request) {
  return [](const http::Request& request) -> boost::asio::awaitable<http::Reply> {
    base::Event gone(co_await boost::asio::this_coro::executor);
    const http::Watching client(request.connection, [&gone] { gone.set(); });
    co_await gone.wait();
    co_return http::Reply{};
  }(request);
}

/// Begins an answer, and breaks off.
inline http::Answer cut_off(const http::Request&) {
  http::Reply reply;
  reply.content_type = "application/json";
  reply.stream = [](http::StreamWriter& out) -> boost::asio::awaitable<void> {
    std::vector<http::Text> parts(1, std::make_shared<const std::string>("{\"transitions\":["));
    co_await out.write(std::move(parts));
    throw std::runtime_error("the test breaks the answer off");
  };
  return reply;
}

/// Replicas of services, as the portal's reader knows them.
class KnownReplicas {
 public:
  KnownReplicas(base::Runtime& runtime, std::vector<base::Url> urls)
      : runtime_(runtime),
        replicas_(runtime.background().get_executor(), std::move(urls),
                  {.ejections = metrics_.counter("ejections", ""),
                   .known = metrics_.gauge("known", ""),
                   .ejected = metrics_.gauge("ejected", "")},
                  http::system_resolve(runtime.background().get_executor())) {
    run_ = start(runtime.background(), replicas_.run());
  }
  ~KnownReplicas() {
    on(runtime_.background(), [this] { replicas_.stop(); });
    run_.wait();
  }

  http::Replicas& operator*() { return replicas_; }

 private:
  base::Runtime& runtime_;
  base::Metrics metrics_;
  http::Replicas replicas_;
  std::future<void> run_;
};

}  // namespace support
