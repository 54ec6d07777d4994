// How many connections a server has, and what becomes of further ones.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <boost/asio/steady_timer.hpp>
#include <ctime>
#include <filesystem>
#include <system_error>

#include "base/fault.hpp"
#include "base/task_group.hpp"
#include "http/refusal.hpp"
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
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kRoot = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr std::string_view kSlow = "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n";
using Clients = std::vector<std::unique_ptr<RawClient>>;

Reply text(std::string body) {
  Reply reply;
  reply.content_type = "text/plain";
  reply.body = std::make_shared<const std::string>(std::move(body));
  return reply;
}

/// A client that costs one descriptor, which it has from the beginning.
class QuietClient {
 public:
  QuietClient() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval longest{.tv_sec = support::kPatience.count(), .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
  }
  ~QuietClient() { ::close(socket_); }
  QuietClient(const QuietClient&) = delete;
  QuietClient& operator=(const QuietClient&) = delete;

  void connect(std::uint16_t port) const {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw std::system_error(errno, std::system_category());
  }
  void send(std::string_view bytes) const { (void)::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  /// What has arrived, when something has.
  std::string read() const {
    char bytes[4096];
    const ssize_t count = ::recv(socket_, bytes, sizeof bytes, 0);
    return {bytes, static_cast<std::size_t>(std::max<ssize_t>(count, 0))};
  }

 private:
  int socket_;
};

std::size_t descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

class ConnectionsTest : public testing::Test {
 protected:
  ConnectionsTest() { runtime_.start(); }

  Serving serve(std::size_t most) {
    Router router;
    router.add("GET", "/", [](const Request&) -> asio::awaitable<Reply> { co_return text("hello"); });
    router.add("GET", "/slow", [this](const Request&) { return slow(); });
    ServerOptions options{{.max_connections = most}};
    options.shows_demand = true;
    return {runtime_, std::move(router), std::move(options), [this] { finish_ = true; }};
  }
  asio::awaitable<Reply> slow() {
    ++working_;
    asio::steady_timer timer(co_await asio::this_coro::executor);
    while (!finish_) co_await base::sleep(timer, 1ms);
    --working_;
    co_return text("late");
  }
  /// Clients whose requests are under way.
  Clients busy(const Serving& server, int count) {
    Clients clients;
    for (int i = 0; i < count; ++i) {
      clients.push_back(std::make_unique<RawClient>(server.port()));
      clients.back()->send(kSlow);
      EXPECT_TRUE(eventually([&] { return working_ == i + 1; }));
    }
    return clients;
  }
  static double refused(Serving& server) {
    return server.metrics().counter("vacancy_http_refused_connections_total", "", {{"server", "test"}}).Value();
  }
  static double open(Serving& server) {
    return server.metrics().gauge("vacancy_http_connections", "", {{"server", "test"}}).Value();
  }

  base::Runtime runtime_{2};
  std::atomic<int> working_ = 0;
  std::atomic<bool> finish_ = false;
};

TEST_F(ConnectionsTest, WhatIsOfferedIsShownWhateverBecomesOfIt) {
  Serving server = serve(2);
  const auto offered = [&] {
    std::ignore = server.metrics().text();
    return server.metrics().counter("vacancy_offered_requests_total", "").Value();
  };
  const auto per_second = [&] {
    std::ignore = server.metrics().text();
    return server.metrics().gauge("vacancy_offered_requests_per_second", "").Value();
  };
  EXPECT_EQ(offered(), 0);
  {
    RawClient answered(server.port());
    for (int i = 0; i < 3; ++i) {
      answered.send(kRoot);
      EXPECT_THAT(answered.read_answer(), HasSubstr("hello"));
    }
    RawClient wrong(server.port());
    wrong.send("no request\r\n\r\n");
    EXPECT_THAT(wrong.read_all(), StartsWith("HTTP/1.1 400"));
  }
  EXPECT_EQ(offered(), 4);
  EXPECT_TRUE(eventually([&] { return open(server) == 0; }));
  Clients clients = busy(server, 2);
  EXPECT_EQ(offered(), 6) << "those that wait for their answer count";
  RawClient refused(server.port());
  EXPECT_THAT(refused.read_all(), StartsWith("HTTP/1.1 503"));
  EXPECT_EQ(offered(), 7);
  EXPECT_TRUE(eventually([&] { return per_second() > 0; })) << "after a second";
  EXPECT_LE(per_second(), 7);
}

TEST_F(ConnectionsTest, OneTooManyIsToldSoAndClosed) {
  Serving server = serve(2);
  EXPECT_EQ(server.metrics().gauge("vacancy_http_max_connections", "", {{"server", "test"}}).Value(), 2);
  Clients clients = busy(server, 2);
  for (int i = 1; i <= 3; ++i) {
    RawClient further(server.port());
    further.send(kRoot);
    EXPECT_THAT(
        further.read_all(),
        AllOf(StartsWith("HTTP/1.1 503 Service Unavailable\r\n"), HasSubstr("Connection: close\r\n"),
              HasSubstr("Retry-After: 1\r\n"), HasSubstr("application/problem+json"),
              testing::EndsWith("\"detail\":\"all connections of this server are in use; try again later\"}\n")));
    EXPECT_EQ(refused(server), i);
  }
  EXPECT_EQ(open(server), 2);
  finish_ = true;
  for (auto& client : clients) EXPECT_THAT(client->read_answer(), HasSubstr("late"));
  clients.front()->close();
  EXPECT_TRUE(eventually([&] { return open(server) == 1; }));
  RawClient later(server.port());
  later.send(kRoot);
  EXPECT_THAT(later.read_answer(), HasSubstr("hello"));
  clients.back()->send(kRoot);
  EXPECT_THAT(clients.back()->read_answer(), HasSubstr("hello")) << "nobody gave way while there was room";
}

TEST_F(ConnectionsTest, AnIdleOneGivesWayTheLongestFirst) {
  Serving server = serve(3);
  Clients clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.port()));
    clients.back()->send(kRoot);
    EXPECT_THAT(clients.back()->read_answer(), HasSubstr("hello"));
  }
  // On the same core as the first one, which asked again since.
  clients[0]->send(kRoot);
  EXPECT_THAT(clients[0]->read_answer(), HasSubstr("hello"));
  RawClient fourth(server.port());
  fourth.send(kSlow);
  ASSERT_TRUE(eventually([&] { return working_ == 1; }));
  EXPECT_TRUE(clients[1]->closed());
  RawClient fifth(server.port());
  fifth.send(kSlow);
  ASSERT_TRUE(eventually([&] { return working_ == 2; }));
  EXPECT_TRUE(clients[2]->closed());
  EXPECT_EQ(open(server), 3);
  clients[0]->send(kRoot);
  EXPECT_THAT(clients[0]->read_answer(), HasSubstr("hello"));
  EXPECT_EQ(refused(server), 0);
}

TEST_F(ConnectionsTest, AnIdleOneOfAnotherCoreGivesWayToo) {
  Serving server = serve(1);
  RawClient idle(server.port());
  idle.send(kRoot);
  EXPECT_THAT(idle.read_answer(), HasSubstr("hello"));
  // Each is on the next core. The one before may not be idle yet when its answer has arrived.
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(eventually([&] {
      RawClient next(server.port());
      next.send(kRoot);
      return next.read_answer().find("hello") != std::string::npos;
    }));
  EXPECT_TRUE(idle.closed());
}

TEST_F(ConnectionsTest, ThoseThatNeverAskStopNobody) {
  Serving server = serve(20);
  std::vector<QuietClient> idle(200);
  for (std::size_t i = 0; i < idle.size(); ++i) {
    idle[i].connect(server.port());
    if (i % 10 > 0) continue;
    RawClient client(server.port());
    client.send(kRoot);
    EXPECT_THAT(client.read_answer(), HasSubstr("hello"));
  }
  EXPECT_TRUE(eventually([&] { return open(server) <= 20; }));
  EXPECT_EQ(refused(server), 0);
}

TEST_F(ConnectionsTest, RefusingTakesFewDescriptors) {
  Serving server = serve(1);
  const Clients clients = busy(server, 1);
  const std::size_t before = descriptors();
  std::vector<QuietClient> refused_ones(300);
  for (QuietClient& client : refused_ones) client.connect(server.port());
  ASSERT_TRUE(eventually([&] { return refused(server) == 300; }));
  EXPECT_LE(descriptors(), before + 300 + kMostBeyond);
  for (QuietClient& client : refused_ones) EXPECT_THAT(client.read(), StartsWith("HTTP/1.1 503"));
  EXPECT_TRUE(eventually([&] { return descriptors() <= before + 300; })) << "they do not stay";
}

/// Does what a server does without descriptors: the sanitizer looks at types that it has not seen through a pipe, which
/// takes descriptors. Before there are other threads, since it makes the logger.
void use_types_of_a_fault() {
  const boost::system::error_code error(EMFILE, boost::asio::error::get_system_category());
  base::Fault("the test").failed("its first call", error.message());
}

/// Nobody gets a new descriptor while it lives.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit none{.rlim_cur = 0, .rlim_max = before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

TEST_F(ConnectionsTest, WithoutDescriptorsItClosesIdleOnesAndTriesAgainInPeace) {
  use_types_of_a_fault();
  // Threads that begin are looked at in the same way.
  for (std::size_t core = 0; core < 2; ++core) support::on(runtime_.core(core), [] {});
  support::on(runtime_.background(), [] {});
  Serving server = serve(100);
  RawClient idle(server.port());
  idle.send(kRoot);
  EXPECT_THAT(idle.read_answer(), HasSubstr("hello"));
  Clients clients = busy(server, 1);
  std::vector<QuietClient> waiting(3);
  {
    const NoDescriptors none;
    for (QuietClient& client : waiting) client.connect(server.port());
    EXPECT_TRUE(idle.closed());
    const std::clock_t before = std::clock();
    const auto later = std::chrono::steady_clock::now() + 500ms;
    EXPECT_TRUE(eventually([&] { return std::chrono::steady_clock::now() >= later; }));
    EXPECT_LT(std::clock() - before, CLOCKS_PER_SEC / 5) << "of the processor, in half a second or more";
  }
  for (QuietClient& client : waiting) {
    client.send(kRoot);
    EXPECT_THAT(client.read(), HasSubstr("hello"));
  }
  finish_ = true;
  EXPECT_THAT(clients.front()->read_answer(), HasSubstr("late"));
}

}  // namespace
}  // namespace http
