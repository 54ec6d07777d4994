#include "http/chunked.hpp"

#include <gtest/gtest.h>

namespace http {
namespace {

using State = ChunkedBody::State;

/// The body, or "wrong", "more" or "too large"; the same in one piece as byte by byte.
std::string decoded(std::string_view bytes, std::size_t most = 100) {
  ChunkedBody whole(most), slow(most);
  whole.take(bytes);
  for (const char c : bytes) slow.take({&c, 1});
  EXPECT_EQ(whole.state(), slow.state()) << bytes;
  EXPECT_EQ(whole.body(), slow.body()) << bytes;
  switch (whole.state()) {
    case State::done:
      return whole.body();
    case State::wrong:
      return "wrong";
    case State::too_large:
      return "too large";
    case State::more:
      break;
  }
  return "more";
}

TEST(ChunkedBody, GivesWhatIsInTheChunks) {
  EXPECT_EQ(decoded("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), "abcde");
  EXPECT_EQ(decoded("00a\r\n0123456789\r\n000\r\n\r\n"), "0123456789");
  EXPECT_EQ(decoded("1;a\r\nx\r\n0;b=c;d=\"e;\\\"f\"\r\n\r\n"), "x");
  EXPECT_EQ(decoded("1 ; a = b ; c\r\nx\r\n0\r\n\r\n"), "x");
  EXPECT_EQ(decoded("1\r\nx\r\n0\r\nA: b\r\nC:\r\n\r\n"), "x") << "trailers are dropped";
  EXPECT_EQ(decoded("3\r\n\r\n\n\r\n0\r\n\r\n"), "\r\n\n");
  EXPECT_EQ(decoded("3\r\nab"), "more");
}

TEST(ChunkedBody, TakesNoMoreThanItsOwnBytes) {
  ChunkedBody body(100);
  EXPECT_EQ(body.take("1\r\nx\r\n0\r\n\r\nGET"), 11U);
}

TEST(ChunkedBody, RefusesWhatAnotherReaderMayTakeForSomethingElse) {
  using namespace std::string_view_literals;
  for (const std::string_view bytes : {"\r\n"sv,         "x\r\n"sv,
                                       "0x1\r\n"sv,      "-1\r\n"sv,
                                       "+1\r\n"sv,       " 1\r\n"sv,
                                       "1 \r\n"sv,       "1\nx"sv,
                                       "1\r\nxy"sv,      "1\r\nx\n"sv,
                                       "1\r\nx\ry"sv,    "1;\r\n"sv,
                                       "1;=a\r\n"sv,     "1;a\n"sv,
                                       "1;a=\n"sv,       "1;a=\"\n\""sv,
                                       "1;a\0"sv,        "1;a=\"\0\""sv,
                                       "1;a=\"\\\n\""sv, "1;a\ry"sv,
                                       "1;a=b c\r\n"sv,  "0\r\n\n"sv,
                                       "0\r\nA\r\n"sv,   "0\r\n A: b\r\n"sv,
                                       "0\r\nA: b\n"sv,  "11111111111111111\r\n"sv})
    EXPECT_EQ(decoded(bytes), "wrong") << bytes;
}

TEST(ChunkedBody, HasLimits) {
  EXPECT_EQ(decoded("65\r\n"), "too large");
  EXPECT_EQ(decoded("60\r\n" + std::string(96, 'x') + "\r\n5\r\n"), "too large");
  EXPECT_EQ(decoded("ffffffffffffffff\r\n"), "too large");
  EXPECT_EQ(decoded("1;" + std::string(20'000, 'a')), "wrong");
}

}  // namespace
}  // namespace http
