// Servers that do not speak HTTP/1.1, proxies that do not let through, and names that are not ASCII.
#include <gmock/gmock.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <thread>

#include "support/http_test.hpp"

namespace probe {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

/// Gives each connection the same bytes once it has sent a line, and closes it.
class RawServer {
 public:
  explicit RawServer(std::string answer) : answer_(std::move(answer)), thread_([this] { serve(); }) {}
  ~RawServer() {
    ended_ = true;
    boost::system::error_code ignored;
    tcp::socket(context_).connect(acceptor_.local_endpoint(), ignored);
    thread_.join();
  }
  std::string authority() const { return fmt::format("127.0.0.1:{}", acceptor_.local_endpoint().port()); }

 private:
  void serve() {
    while (!ended_) {
      boost::system::error_code ignored;
      tcp::socket socket = acceptor_.accept();
      std::string request;
      if (!ended_) asio::read_until(socket, asio::dynamic_buffer(request), "\r\n", ignored);
      asio::write(socket, asio::buffer(answer_), ignored);
      socket.shutdown(tcp::socket::shutdown_send, ignored);
    }
  }

  std::string answer_;
  std::atomic<bool> ended_ = false;
  asio::io_context context_;
  tcp::acceptor acceptor_{context_, {asio::ip::make_address("127.0.0.1"), 0}};
  std::thread thread_;
};

class HttpPeerTest : public support::HttpTest {
 protected:
  void TearDown() override {
    for (const char* name : {"http_proxy", "https_proxy", "no_proxy"}) ::unsetenv(name);
  }
  std::string error_with_proxy(const char* variable, const std::string& proxy, const std::string& asked) {
    ::setenv(variable, proxy.c_str(), 1);
    std::string seen = error({.url = asked});
    ::unsetenv(variable);
    return seen;
  }
};

TEST_F(HttpPeerTest, AServerOfAnotherProtocolIsNamed) {
  constexpr std::string_view kSettings("\0\0\0\4\0\0\0\0\0\0\0\7\7\0\0\0\0\0\0\0\0\0\0\0\1", 25);
  constexpr std::string_view kAlert("\x15\x03\x01\0\2\2\x46", 7);
  for (const std::string_view bytes :
       {std::string_view("{\"level\":\"HIGH\"}\n"), kSettings, kAlert, std::string_view("SSH-2.0-x\r\n")}) {
    const RawServer server{std::string(bytes)};
    EXPECT_THAT(error({.url = "http://" + server.authority()}), StartsWith("the server does not answer in HTTP/1.1"))
        << bytes;
  }
}

TEST_F(HttpPeerTest, AStatusLineThatIsNoneIsNamed) {
  for (const char* line :
       {"HTTP/1.2 200 OK", "HTTP/3 200 OK", "HTTP/1.1 abc", "HTTP/1.1 000 x", "HTTP/1.1 20 OK", "HTTP/1.1"}) {
    const RawServer server(fmt::format("{}\r\nContent-Length: 16\r\n\r\n{{\"level\":\"HIGH\"}}", line));
    EXPECT_THAT(error({.url = "http://" + server.authority()}), StartsWith("the server does not answer in HTTP/1.1"))
        << line;
  }
}

TEST_F(HttpPeerTest, AnAnswerThatIsBrokenIsNamed) {
  for (const char* chunks :
       {"zz\r\n{}\r\n0\r\n\r\n", "10\r\n{\"level\":\"HIGH\"}xx0\r\n\r\n", "-1\r\n", "fffffffffffffffff\r\n"}) {
    const RawServer server(fmt::format("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{}", chunks));
    EXPECT_THAT(error({.url = "http://" + server.authority()}), StartsWith("the answer's chunks are malformed: "))
        << chunks;
  }
  const RawServer packed("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd");
  EXPECT_THAT(error({.url = "http://" + packed.authority()}), StartsWith("the answer cannot be unpacked: "));
}

TEST_F(HttpPeerTest, ARedirectThatIsNotFollowedIsNamed) {
  for (const auto& [place, right] :
       {std::pair("file:///etc/passwd", "redirected to 'file:///etc/passwd', which is neither http nor https"),
        {"ftp://127.0.0.1/x", "redirected to 'ftp://127.0.0.1/x', which is neither http nor https"},
        {"http://127.0.0.1:22222222/x", "redirected to a place that is no URL: "},
        {"http://127.0.0.1:22/x", "cannot connect"}}) {
    const RawServer server(fmt::format("HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", place));
    EXPECT_THAT(error({.url = "http://" + server.authority()}), StartsWith(right)) << place;
  }
}

TEST_F(HttpPeerTest, AListWantsABatch) {
  const RawServer server("HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n[{\"level\":\"HIGH\"}]");
  EXPECT_EQ(error({.url = "http://" + server.authority()}),
            "the answer is a list; set 'batch: true', or pointers such as /0/free");
  config::HttpOptions within{.url = "http://" + server.authority()};
  within.rules.pointers.level = "/0/level";
  EXPECT_EQ(error(within), "no error");
}

TEST_F(HttpPeerTest, AProxyThatIsNotThereIsNamed) {
  EXPECT_THAT(error_with_proxy("http_proxy", "http://127.0.0.1:1", "http://capacity.invalid/"),
              StartsWith("cannot connect to the proxy: Failed to connect to 127.0.0.1 port 1"));
  EXPECT_THAT(error_with_proxy("http_proxy", "http://127.0.0.1:1", "http://127.0.0.1:2/"),
              StartsWith("cannot connect to the proxy: "));
  EXPECT_THAT(error_with_proxy("http_proxy", "http://nobody.invalid:3128", "http://capacity.invalid/"),
              AllOf(StartsWith("cannot find the proxy of the service's environment: "), HasSubstr("nobody.invalid")));
  EXPECT_THAT(error({.url = "http://[::1]:1/"}), StartsWith("cannot connect: "));
}

TEST_F(HttpPeerTest, AProxyThatDoesNotLetThroughIsNamed) {
  const RawServer login("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 6\r\n\r\nsecret");
  EXPECT_EQ(error_with_proxy("https_proxy", "http://me:hunter22@" + login.authority(), "https://capacity.invalid/"),
            "the proxy of the service's environment wants a login: it answered 407 to CONNECT");
  EXPECT_EQ(error_with_proxy("http_proxy", "http://" + login.authority(), "http://capacity.invalid/"),
            "answered 407 Proxy Authentication Required (the proxy of the service's environment wants a login)");
  const RawServer refuses("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(error_with_proxy("https_proxy", "http://" + refuses.authority(), "https://capacity.invalid/"),
            "the proxy of the service's environment refuses the connection: it answered 403 to CONNECT");
}

TEST_F(HttpPeerTest, ANameInOtherLettersIsFound) {
  // IDNA writes these wide letters as "localhost".
  EXPECT_EQ(reason({.url = server_->url("/level?level=HIGH&reason=found", "ｌｏｃａｌｈｏｓｔ")}), "found");
  EXPECT_THAT(error({.url = "http://bücher.invalid/"}), StartsWith("cannot find the host: "));
}

}  // namespace
}  // namespace probe
