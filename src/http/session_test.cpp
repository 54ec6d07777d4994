// One session on a context that the test turns by itself: what happens between two steps.
#include "http/session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

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
    for (std::size_t i = 0; i < host_.requests.size(); ++i) host_.requests[i] = &metrics_.counter("requests", "");
  }
  ~SessionTest() override {
    close_sessions(host_);
    EXPECT_TRUE(turn_until([this] { return host_.sessions.empty(); }));
    EXPECT_EQ(open_, 0U) << "it no longer takes a place";
  }

  /// The server's side of `client` begins; it has a place.
  void begin() {
    ++open_;
    asio::co_spawn(context_, run_session(acceptor_.accept(), host_), asio::detached);
  }
  /// Takes one step after the other until `condition` holds.
  template <class Condition>
  bool turn_until(Condition condition) {
    return support::eventually([&] {
      if (!condition()) context_.poll_one();
      return condition();
    });
  }
  bool turn_until_idle() {
    return turn_until([this] { return !host_.idle.empty(); });
  }
  /// As a server does that needs a place.
  bool makes_room() {
    const bool room = close_longest_idle(host_);
    if (room) --open_;
    return room;
  }
  std::string answer() {
    EXPECT_TRUE(turn_until([this] { return metrics_.counter("requests", "").Value() > 0 && !host_.idle.empty(); }));
    return client_.read_answer();
  }

  asio::io_context context_{1};
  asio::ip::tcp::acceptor acceptor_{context_, {asio::ip::address_v4::loopback(), 0}};
  Router router_;
  ServerOptions options_;
  base::Metrics metrics_;
  std::atomic<std::size_t> open_ = 0;
  std::atomic<std::size_t> bodies_ = 0;
  base::Fault losing_{"answering"};
  SessionHost host_{.router = router_,
                    .options = options_,
                    .core = 0,
                    .sessions_open = open_,
                    .body_bytes = bodies_,
                    .losing = losing_,
                    .connections = metrics_.gauge("connections", ""),
                    .seconds = metrics_.seconds("seconds", ""),
                    .requests = {}};
  support::RawClient client_{acceptor_.local_endpoint().port()};
};

TEST_F(SessionTest, AnIdleOneGivesItsPlaceAway) {
  begin();
  ASSERT_TRUE(turn_until_idle());
  EXPECT_TRUE(makes_room());
  EXPECT_FALSE(makes_room()) << "once";
  EXPECT_TRUE(turn_until([this] { return host_.sessions.empty(); }));
  EXPECT_TRUE(client_.closed());
}

TEST_F(SessionTest, ARequestThatHasArrivedKeepsItsPlace) {
  begin();
  ASSERT_TRUE(turn_until_idle());
  client_.send(kRequest);
  EXPECT_FALSE(makes_room());
  EXPECT_THAT(answer(), AllOf(HasSubstr("hello"), Not(HasSubstr("Connection: close"))));
}

TEST_F(SessionTest, ARequestThatHasJustBeenReadIsServedAllTheSame) {
  // It is there before the session, which reads it at once and goes on with it in a later step.
  client_.send(kRequest);
  begin();
  ASSERT_TRUE(turn_until_idle());
  ASSERT_TRUE(makes_room());
  EXPECT_THAT(answer(), AllOf(HasSubstr("hello"), Not(HasSubstr("Connection: close"))));
  EXPECT_EQ(open_, 1U) << "it has its place again";
}

}  // namespace
}  // namespace http
