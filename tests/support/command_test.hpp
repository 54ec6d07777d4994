#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <deque>
#include <mutex>

#include "app/commands/commands.hpp"
#include "app/flags.hpp"
#include "support/serving.hpp"

namespace support {

/// Runs commands of `vacancy` in this process, against a service that answers what the test says.
class CommandTest : public testing::Test {
 protected:
  struct Ran {
    int code = 0;
    std::string out, err;
  };
  struct Canned {
    int status = 200;
    std::string body;
    std::string content_type = "application/json";
    /// Headers, as Location.
    std::vector<std::pair<std::string_view, std::string>> headers{};
  };

  CommandTest() {
    runtime_.start();
    http::Router router;
    for (const char* method : {"GET", "POST", "PUT", "DELETE"})
      for (const char* pattern :
           {"/{a}", "/{a}/", "/{a}/{b}", "/{a}/{b}/{c}", "/{a}/{b}/{c}/{d}", "/{a}/{b}/{c}/{d}/{e}/{f}"})
        router.add(method, pattern, [this](const http::Request& request) { return answer(request); },
                   {.max_body_bytes = http::kAnyBody});
    serving_.emplace(runtime_, std::move(router));
  }

  /// Later requests get the next answers, one each; the last one stays.
  void will_answer(std::vector<Canned> answers) {
    const std::lock_guard lock(mutex_);
    answers_ = {answers.begin(), answers.end()};
  }
  /// What was asked, as "GET /path name=value name=value" with the body behind it.
  std::vector<std::string> asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  std::string url() const { return fmt::format("http://127.0.0.1:{}", serving_->port()); }

  static Ran run(app::Command (*add)(CLI::App&), std::vector<std::string> words) {
    CLI::App program("", "vacancy");
    program.require_subcommand(1);
    const app::Command command = add(program);
    words.insert(words.begin(), "vacancy");
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    Ran ran;
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const auto code = app::parse(program, static_cast<int>(arguments.size()), arguments.data());
    ran.code = code ? *code : app::guarded("vacancy", command);
    ran.out = testing::internal::GetCapturedStdout();
    ran.err = testing::internal::GetCapturedStderr();
    return ran;
  }

 private:
  static constexpr const char* kParameters[] = {
      "set",        "q",     "provider", "name",   "level",        "freshness", "failing",  "sort",
      "group",      "limit", "after",    "offset", "match",        "profile",   "at_least", "free",
      "total_free", "for",   "timeout",  "held",   "label.region", "min_free",  "max_free", "max_price",
      "view",       "at",    "since",    "from",   "to",           "span",      "numbers"};

  boost::asio::awaitable<http::Reply> answer(const http::Request& request) {
    const std::lock_guard lock(mutex_);
    std::string text = fmt::format("{} {}", request.method, request.path);
    for (const char* name : kParameters)
      for (const std::string_view value : request.query.all(name)) text += fmt::format(" {}={}", name, value);
    if (const auto token = request.header("Authorization"); !token.empty()) text += fmt::format(" [{}]", token);
    if (const auto id = request.header("Last-Event-ID"); !id.empty()) text += fmt::format(" [{}]", id);
    asked_.push_back(request.body.empty() ? text : fmt::format("{} {}", text, request.body));
    http::Reply reply;
    reply.status = 500;
    if (answers_.empty()) co_return reply;
    const Canned canned = answers_.front();
    if (answers_.size() > 1) answers_.pop_front();
    reply.status = canned.status;
    for (const auto& [name, value] : canned.headers) reply.headers.emplace_back(name, value);
    if (canned.status != 204) {
      reply.content_type = canned.content_type;
      reply.body = std::make_shared<const std::string>(canned.body);
    }
    co_return reply;
  }

  base::Runtime runtime_{1};
  std::mutex mutex_;
  std::deque<Canned> answers_;
  std::vector<std::string> asked_;
  std::optional<Serving> serving_;
};

}  // namespace support
