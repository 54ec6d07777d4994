#include "http/request_head.hpp"

#include <gtest/gtest.h>

namespace http {
namespace {

/// The size of the head, or minus the status of what is wrong; the same in one piece as byte by byte.
int looked(std::string_view bytes) {
  HeadScanner whole, slow;
  const auto result = [](std::size_t size, const HeadScanner& scanner) {
    return scanner.wrong() ? -scanner.wrong()->status : static_cast<int>(size);
  };
  const int at_once = result(whole.look(bytes), whole);
  int in_steps = 0;
  for (std::size_t size = 1; size <= bytes.size() && in_steps == 0; ++size)
    in_steps = result(slow.look(bytes.substr(0, size)), slow);
  EXPECT_EQ(at_once, in_steps) << bytes;
  return at_once;
}

TEST(HeadScanner, FindsTheEndOfAHead) {
  EXPECT_EQ(looked("GET / HTTP/1.1\r\nA: b\r\n\r\nbody"), 24);
  EXPECT_EQ(looked("GET / HTTP/1.1\r\nA: b\r\n"), 0);
  EXPECT_EQ(looked("GET / HTTP/1.7\r\n\r\n"), 18);
}

TEST(HeadScanner, SaysWhatIsWrongAsSoonAsItIs) {
  using namespace std::string_view_literals;
  for (const std::string_view bytes :
       {"\x16\x03\x01"sv, " GET / HTTP/1.1\r\n"sv, "GET / HTTP/1.1\n"sv, "GET /\r\n"sv, "GET\r\n"sv,
        "GET / http/1.1\r\n"sv, "GET / HTTP/11\r\n"sv, "GET / HTTP/1.1 \r\n"sv, "GET /#a HTTP/1.1\r\n"sv,
        "GET / HTTP/1.1\r\n\n"sv, "GET / HTTP/1.1\r\nA: b\n"sv, "GET / HTTP/1.1\r\nA: b\rC: d\r\n"sv,
        "GET / HTTP/1.1\r\nA: b\0\r\n"sv, "GET / HTTP/1.1\r\n A: b\r\n"sv, "GET / HTTP/1.1\r\nA: b\r\n\tc\r\n"sv})
    EXPECT_EQ(looked(bytes), -400) << bytes;
  EXPECT_EQ(looked("PRI * HTTP/2.0\r\n"), -505);
  EXPECT_EQ(looked("GET / HTTP/0.9\r\n"), -505);
  EXPECT_EQ(looked("GET /" + std::string(20'000, 'x')), -414);
  EXPECT_EQ(looked("GET / HTTP/1.1\r\nA: " + std::string(20'000, 'x')), -431);
}

int checked(std::vector<Header> headers, unsigned version = 11) {
  const auto wrong = check_head(headers, version);
  return wrong ? wrong->status : 200;
}

TEST(CheckHead, WantsOneHost) {
  for (const char* host : {"h", "h:80", "h:", "127.0.0.1:5000", "[::1]", "[::1]:80", "a_b.example", "xn--bcher-kva"})
    EXPECT_EQ(checked({{"host", host}}), 200) << host;
  for (const char* host : {"", ":80", "h:x", "h:80:80", "u@h", "h/", "h h", "h,h:1,x", "[::1", "[]", "[::1]x", "[h]",
                           "h\"", "h:123456", "http://h"})
    EXPECT_EQ(checked({{"Host", host}}), 400) << host;
  EXPECT_EQ(checked({}), 400);
  EXPECT_EQ(checked({}, 10), 200);
  for (const unsigned version : {10U, 11U}) EXPECT_EQ(checked({{"Host", "h"}, {"HOST", "h"}}, version), 400);
}

TEST(CheckHead, KnowsChunkedAlone) {
  const auto coded = [](const char* value) { return checked({{"Host", "h"}, {"Transfer-Encoding", value}}); };
  EXPECT_EQ(coded("chunked"), 200);
  EXPECT_EQ(coded("Chunked"), 200);
  for (const char* value : {"gzip", "identity", "xchunked", "chunked;a=b", "", "\"chunked\"", "chunked\v"})
    EXPECT_EQ(coded(value), 501) << value;
  for (const char* value : {"gzip, chunked", "chunked, gzip", "chunked, chunked", "chunked,"})
    EXPECT_EQ(coded(value), 400) << value;
  EXPECT_EQ(checked({{"Host", "h"}, {"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}}), 400);
  EXPECT_EQ(checked({{"Transfer-Encoding", "chunked"}}, 10), 400);
}

TEST(WantsToStay, AsTheVersionAndAllConnectionLinesSay) {
  const auto stays = [](std::vector<Header> headers, unsigned version) {
    Request request;
    request.headers = std::move(headers);
    return wants_to_stay(request, version);
  };
  EXPECT_TRUE(stays({}, 11));
  EXPECT_FALSE(stays({}, 10));
  EXPECT_TRUE(stays({{"Connection", "Keep-Alive"}}, 10));
  EXPECT_FALSE(stays({{"Connection", "keep-alive"}, {"connection", "close"}}, 10));
  EXPECT_FALSE(stays({{"Connection", "upgrade, Close"}}, 11));
  EXPECT_FALSE(stays({{"Connection", "upgrade"}, {"Connection", "close"}}, 11));
  EXPECT_TRUE(stays({{"Connection", "closed"}}, 11));
}

TEST(ParseTarget, KnowsItsForms) {
  const auto parsed = [](std::string_view method, std::string_view text) {
    const auto target = parse_target(method, text);
    return target ? std::string(target->path) + '|' + std::string(target->query) + '|' + std::string(target->host) : "";
  };
  EXPECT_EQ(parsed("GET", "/a/b?c=d"), "/a/b|c=d|");
  EXPECT_EQ(parsed("GET", "//a"), "//a||");
  EXPECT_EQ(parsed("GET", "http://h/a?b"), "/a|b|h");
  EXPECT_EQ(parsed("GET", "HTTPS://h:443"), "/||h:443");
  EXPECT_EQ(parsed("GET", "http://h?b"), "/|b|h");
  EXPECT_EQ(parsed("OPTIONS", "*"), "*||");
  EXPECT_EQ(parsed("OPTIONS", "http://h"), "*||h");
  for (const char* text : {"*", "", "a", "h:80", "ftp://h/", "http:///a", "http://u@h/", "http:/a"})
    EXPECT_EQ(parsed("GET", text), "") << text;
}

}  // namespace
}  // namespace http
