// One session on a context that the test turns by itself: what happens between two steps.
#include "http/session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "support/raw_client.hpp"

namespace http {
namespace {

namespace asio = boost::asio;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

class SessionTest : public testing::Test {
 protected:
  SessionTest() {
    router_.add("GET", "/", [](const Request&) -> asio::awaitable<Reply> {
      Reply reply;
      reply.body = std::make_shared<const std::string>("hello");
      co_return reply;
    });
  }
  ~SessionTest() override {
    close_sessions(host_);
    EXPECT_TRUE(turn_until([this] { return host_.sessions.empty(); }));
    EXPECT_EQ(totals_.sessions, 0U) << "it no longer takes a place";
    stop_host(host_);
  }

  /// The server's side of `client` begins; it has a place.
  void begin() {
    ++totals_.connections;
    ++totals_.sessions;
    start_session(acceptor_.accept(), host_);
  }
  /// Takes one step after the other until `condition` holds.
  template <class Condition>
  bool turn_until(Condition condition) {
    return support::eventually([&] {
      if (!condition()) context_.poll_one();
      return condition();
    });
  }
  double answered() const { return host_.requests[1]->Value(); }
  std::string answer() {
    EXPECT_TRUE(turn_until([this] { return answered() > 0 && !host_.idle.empty(); }));
    return client_.read_answer();
  }

  asio::io_context context_{1};
  asio::ip::tcp::acceptor acceptor_{context_, {asio::ip::address_v4::loopback(), 0}};
  Router router_;
  ServerOptions options_;
  base::Metrics metrics_;
  SessionTotals totals_;
  base::Fault losing_{"answering"};
  SessionHost host_{context_, 0, router_, options_, totals_, losing_, metrics_};
  support::RawClient client_{acceptor_.local_endpoint().port()};
};

TEST_F(SessionTest, AnIdleOneGivesItsPlaceAway) {
  begin();
  EXPECT_TRUE(close_longest_idle(host_));
  EXPECT_FALSE(close_longest_idle(host_)) << "once";
  EXPECT_TRUE(host_.sessions.empty());
  EXPECT_TRUE(client_.closed());
}

TEST_F(SessionTest, ARequestThatHasArrivedKeepsItsPlace) {
  begin();
  client_.send(kRequest);
  EXPECT_FALSE(close_longest_idle(host_));
  EXPECT_THAT(answer(), AllOf(HasSubstr("hello"), Not(HasSubstr("Connection: close"))));
  EXPECT_EQ(totals_.sessions, 1U);
}

TEST_F(SessionTest, ThePushedAnswerOfAFullSocketBeginsWithItsHead) {
  router_.add("GET", "/push", [](const Request&) {
    Reply reply;
    reply.push = [](PushWriter& out) {
      out.push(std::vector<Text>(1, std::make_shared<const std::string>("first")));
      out.finish();
      return std::make_unique<PushSource>();
    };
    return reply;
  });
  asio::ip::tcp::socket socket = acceptor_.accept();
  const std::string filling(100'000, '.');
  while (::send(socket.native_handle(), filling.data(), filling.size(), MSG_DONTWAIT) > 0) {
  }
  ++totals_.connections;
  ++totals_.sessions;
  start_session(std::move(socket), host_);
  client_.send("GET /push HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  ASSERT_TRUE(turn_until([this] { return answered() > 0; }));
  std::jthread turns([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) context_.poll();
  });
  const std::string all = client_.read_until("0\r\n\r\n");
  EXPECT_THAT(all, HasSubstr(".HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(all, testing::EndsWith("\r\n\r\n5\r\nfirst\r\n0\r\n\r\n"));
}

TEST_F(SessionTest, OneThatWasSeenReadableMayEndInTheSameRound) {
  // The poller has seen both when the first one's handler ends the second.
  support::RawClient other{acceptor_.local_endpoint().port()};
  begin();
  begin();
  router_.add("GET", "/end", [this](const Request&) {
    close_sessions(host_);
    return Reply{};
  });
  constexpr std::string_view kEnd = "GET /end HTTP/1.1\r\nHost: x\r\n\r\n";
  client_.send(kEnd);
  other.send(kEnd);
  EXPECT_TRUE(turn_until([this] { return host_.sessions.empty(); }));
  EXPECT_TRUE(client_.closed());
  EXPECT_TRUE(other.closed());
}

}  // namespace
}  // namespace http
