// Answers that wait, and clients that do not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/steady_timer.hpp>

#include "base/task_group.hpp"
#include "http/server.hpp"
#include "support/raw_client.hpp"
#include "support/serving.hpp"

namespace http {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using support::eventually;
using support::RawClient;
using support::Serving;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kWait = "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr std::string_view kRoot = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

Reply text(std::string body) {
  Reply reply;
  reply.content_type = "text/plain";
  reply.body = std::make_shared<const std::string>(std::move(body));
  return reply;
}

class GoneTest : public testing::Test {
 protected:
  GoneTest() { runtime_.start(); }

  Router routes() {
    Router router;
    router.add("GET", "/", [](const Request&) -> asio::awaitable<Reply> { co_return text("hello"); });
    router.add("GET", "/wait", [this](const Request& request) { return wait(request); });
    return router;
  }

  /// Until the test says so, or the client goes.
  asio::awaitable<Reply> wait(const Request& request) {
    const Watching client(request.connection, [this] { ++told_; });
    ++waiting_;
    asio::steady_timer timer(co_await asio::this_coro::executor);
    while (!answer_ && !client.gone()) co_await base::sleep(timer, 1ms);
    --waiting_;
    co_return text(client.gone() ? "you left" : "late");
  }
  bool waits(int count) {
    return eventually([&] { return waiting_ == count; });
  }

  base::Runtime runtime_{2};
  std::atomic<int> waiting_ = 0;
  std::atomic<int> told_ = 0;
  std::atomic<bool> answer_ = false;
};

TEST_F(GoneTest, AWaitingRequestEndsWithItsClient) {
  Serving server(runtime_, routes());
  auto& open = server.metrics().gauge("vacancy_http_connections", "Open connections", {{"server", "test"}});
  RawClient closes(server.port());
  RawClient resets(server.port());
  for (RawClient* client : {&closes, &resets}) client->send(kWait);
  ASSERT_TRUE(waits(2));
  closes.close();
  EXPECT_TRUE(waits(1));
  resets.reset();
  EXPECT_TRUE(waits(0));
  EXPECT_TRUE(eventually([&] { return open.Value() == 0; }));
}

TEST_F(GoneTest, AClientThatClosesItsSendingSideGetsWhatStandsThereNow) {
  Serving server(runtime_, routes());
  RawClient client(server.port());
  client.send(kWait);
  ASSERT_TRUE(waits(1));
  client.end();
  EXPECT_THAT(client.read_all(), HasSubstr("you left"));
  // One that did so before, as `nc -N` does.
  RawClient early(server.port());
  early.send(std::string(kWait) + std::string(kRoot));
  early.end();
  EXPECT_THAT(early.read_all(), testing::AllOf(HasSubstr("you left"), testing::EndsWith("\r\n\r\nhello")));
}

TEST_F(GoneTest, WhatArrivesMeanwhileIsAnsweredAfterwards) {
  Serving server(runtime_, routes());
  RawClient client(server.port());
  client.send(kWait);
  ASSERT_TRUE(waits(1));
  client.send(kRoot);
  client.send("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\nGET / HT");
  client.send("TP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  answer_ = true;
  EXPECT_THAT(client.read_answer(), HasSubstr("late")) << "a client that asks on is not gone";
  EXPECT_THAT(client.read_answer(), HasSubstr("hello"));
  EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(client.read_all(), HasSubstr("hello"));
  EXPECT_EQ(told_, 0);
}

TEST_F(GoneTest, OneThatSentMoreAndWentIsNoticedToo) {
  Serving server(runtime_, routes());
  RawClient little(server.port());
  RawClient much(server.port());
  RawClient reset(server.port());
  for (RawClient* client : {&little, &much, &reset}) client->send(kWait);
  ASSERT_TRUE(waits(3));
  for (RawClient* client : {&little, &reset}) client->send("GET");
  // More than a session buffers.
  much.send("GET / HTTP/1.1\r\nX: " + std::string(100'000, 'x'));
  little.close();
  much.close();
  reset.reset();
  EXPECT_TRUE(waits(0));
}

TEST_F(GoneTest, OneThatSentMoreIsWatchedOn) {
  Serving server(runtime_, routes());
  RawClient client(server.port());
  client.send(kWait);
  ASSERT_TRUE(waits(1));
  client.send(kRoot);
  // Each is on the next core. When they are answered, its core has seen the bytes.
  for (std::size_t i = 0; i < 2 * runtime_.cores(); ++i) {
    RawClient other(server.port());
    other.send(kRoot);
    EXPECT_THAT(other.read_answer(), HasSubstr("hello"));
  }
  EXPECT_EQ(waiting_, 1);
  client.close();
  EXPECT_TRUE(waits(0));
}

TEST_F(GoneTest, EachRequestOfAConnectionIsWatchedForItself) {
  Serving server(runtime_, routes());
  RawClient client(server.port());
  answer_ = true;
  client.send(kWait);
  EXPECT_THAT(client.read_answer(), HasSubstr("late"));
  answer_ = false;
  client.send(kWait);
  ASSERT_TRUE(waits(1));
  client.close();
  EXPECT_TRUE(waits(0));
  EXPECT_EQ(told_, 1) << "who had an answer is not told";
}

TEST_F(GoneTest, ADrainEndsAWaitingRequest) {
  Serving server(runtime_, routes());
  RawClient client(server.port());
  client.send(kWait);
  ASSERT_TRUE(waits(1));
  server.drain(10ms);
  EXPECT_TRUE(waits(0));
  EXPECT_EQ(told_, 1);
}

TEST(Watching, DoesNothingWithoutAConnection) {
  const Watching nobody(nullptr, [] { FAIL(); });
  EXPECT_FALSE(nobody.gone());
}

}  // namespace
}  // namespace http
