#include "http/sse.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace http {
namespace {

std::vector<std::string> told(const std::vector<SseEvent>& events) {
  std::vector<std::string> out;
  for (const auto& event : events)
    out.push_back(event.event + "|" + event.id + (event.has_id ? "!|" : "|") + event.data);
  return out;
}

constexpr std::string_view kStream =
    "retry: 1000\n\n: comment\n\nevent: change\nid: e-1\ndata: {\"a\":1}\n\r\ndata: "
    "two\r\ndata:lines\r\n\r\nid\ndata\n\nevent: x\n\n";

TEST(SseParser, FollowsTheStandardWhereverTheStreamIsCut) {
  const testing::Matcher<std::vector<std::string>> expected =
      testing::ElementsAre("change|e-1!|{\"a\":1}", "message|e-1|two\nlines", "message|!|");
  EXPECT_THAT(told(SseParser().feed(kStream)), expected);
  for (std::size_t cut = 0; cut <= kStream.size(); ++cut) {
    SseParser parser;
    auto events = parser.feed(kStream.substr(0, cut));
    for (auto& event : parser.feed(kStream.substr(cut))) events.push_back(event);
    EXPECT_THAT(told(events), expected) << "cut at " << cut;
  }
}

TEST(SseParser, ReadsWhatAppendEventWrites) {
  std::string text;
  append_event(text, "change", "e-7", "{}");
  append_event(text, "view", "", "[]");
  text += ":\n\n";
  EXPECT_THAT(told(SseParser().feed(text)), testing::ElementsAre("change|e-7!|{}", "view|e-7|[]"));
}

TEST(SseParser, RefusesAnEventWithoutEnd) {
  SseParser parser(100);
  EXPECT_THROW(parser.feed("data: " + std::string(200, 'x')), std::length_error);
  SseParser lines(100);
  std::string many;
  for (int i = 0; i < 20; ++i) many += "data: 123456789\n";
  EXPECT_THROW(lines.feed(many), std::length_error) << "of many lines";
  SseParser again(100);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(again.feed("data: 123456789\n\n").size(), 1U) << "each by itself is small";
}

TEST(SseParser, AnIdWithANulIsNone) {
  using namespace std::string_view_literals;
  EXPECT_THAT(told(SseParser().feed("id: e-1\ndata: a\n\nid: e\0-2\ndata: b\n\n"sv)),
              testing::ElementsAre("message|e-1!|a", "message|e-1|b"));
}

}  // namespace
}  // namespace http
