// Calls of functions over HTTP, and every way in which they go wrong, against tests/support/function_server.py.

#include "support/http_test.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "probe/transfers.hpp"

namespace probe {
namespace {

using namespace std::chrono_literals;
using core::Level;
using std::chrono::steady_clock;
using support::HttpTest;
using support::kPatience;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// Open files of this process. Asio opens some with the first timer, so they are counted after a first call.
std::ptrdiff_t descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

// --- Answers

TEST_F(HttpTest, ReadsALevelAndNumbers) {
  const Result result = ask({.url = url("/level?level=MEDIUM&free=3&total=4&score=7&price=0.5&reason=three")});
  ASSERT_TRUE(result) << result.error();
  EXPECT_EQ(*result, (core::Measurement{
                         .level = Level::medium, .free = 3, .total = 4, .score = 7, .price = 0.5, .reason = "three"}));
}

TEST_F(HttpTest, SkipsAByteOrderMark) {
  EXPECT_EQ(reason({.url = url("/text?text=%EF%BB%BF%7B%22level%22:%22HIGH%22,%22reason%22:%22marked%22%7D")}),
            "marked");
}

TEST_F(HttpTest, ReadsWhatFitsInOnePieceAndWhenItWasMeasured) {
  const Result result =
      ask({.url = url("/level?free=4&largest=2&seconds=90"), .rules = {.pointers = {.age = "/seconds"}}});
  ASSERT_TRUE(result) << result.error();
  EXPECT_EQ(result->largest, 2);
  EXPECT_EQ(result->age, 90s);
}

TEST_F(HttpTest, JudgesNumbersByThresholds) {
  config::HttpOptions options{.url = url("/level?chance=0.5")};
  options.rules.pointers.numbers[&core::Measurement::score] = "/chance";
  const auto probe = make(options, {.high = {.score = 0.7}, .medium = {.score = 0.4}});
  const Result result = begin(*probe).get().results.at(0);
  ASSERT_TRUE(result) << result.error();
  EXPECT_EQ(result->level, Level::medium);
}

TEST_F(HttpTest, SendsMethodHeadersAndBodyWithTheProfilesValues) {
  const std::string seen = reason({.url = url("/echo?n={name}&z={attribute.zone}&none={attribute.x}"),
                                   .method = "PUT",
                                   .headers = {"X-Team: blue", "X-Empty:"},
                                   .body = R"({"name":"{name}","more":{}})"});
  EXPECT_THAT(seen, HasSubstr(R"("method":"PUT")"));
  EXPECT_THAT(seen, HasSubstr(R"(/echo?n=c5%20%22large%22&z=a%2Fb&none=")"));
  EXPECT_THAT(seen, HasSubstr(R"("X-Team":"blue")"));
  EXPECT_THAT(seen, HasSubstr(R"("X-Empty":"")"));
}

TEST_F(HttpTest, CallsTheBodyJsonUnlessToldOtherwise) {
  // The reason is cut off, so the pointer goes to what is looked at.
  const auto look = [&](config::HttpOptions options, const std::string& pointer) {
    options.url = url("/echo");
    options.method = "POST";
    options.rules.pointers.reason = pointer;
    return reason(options);
  };
  const config::HttpOptions json{.body = R"({"name":"{name}"})"};
  EXPECT_EQ(look(json, "/reason/body"), R"({"name":"c5 \"large\""})");
  EXPECT_EQ(look(json, "/reason/headers/Content-Type"), "application/json");
  EXPECT_EQ(look({.headers = {"content-type: text/plain"}, .body = "x"}, "/reason/headers/content-type"), "text/plain");
  EXPECT_THAT(look({}, "/reason/headers"), AllOf(HasSubstr(R"("Content-Length":"0")"), Not(HasSubstr("Content-Type"))));
}

TEST_F(HttpTest, ABatchSendsAllProfilesAndReadsAList) {
  profiles_.push_back({.id = 8, .key = {"Amazon", "m5"}});
  for (const char* method : {"POST", "GET"}) {
    const auto probe = make({.url = url("/batch"), .method = method, .batch = true});
    const Answer answer = begin(*probe).get();
    ASSERT_EQ(answer.results.size(), 2U);
    ASSERT_TRUE(answer.results[1]) << answer.results[1].error();
    EXPECT_EQ(answer.results[0]->free, 0);
    EXPECT_EQ(answer.results[1]->free, 1);
  }
  const auto probe = make({.url = url("/level?level=HIGH"), .batch = true});
  const Answer answer = begin(*probe).get();
  ASSERT_EQ(answer.results.size(), 2U);
  EXPECT_EQ(answer.results[1].error(), "the answer is not a list");
}

TEST_F(HttpTest, TheTraceShowsTheStartOfBothBodies) {
  Trace trace;
  const config::HttpOptions options{.url = url("/huge?bytes=5000"), .method = "POST", .body = std::string(5000, 'x')};
  EXPECT_FALSE(ask(options, kPatience, &trace));
  EXPECT_THAT(trace.sent, EndsWith("\n\n" + std::string(4096, 'x') + "\n(5000 bytes in all)"));
  EXPECT_THAT(trace.received, EndsWith("\n\n" + std::string(4096, ' ') + "\n(5000 bytes in all)"));
}

// --- Faults of the answer

TEST_F(HttpTest, AnAnswerOfTheWrongShapeFails) {
  EXPECT_THAT(error({.url = url("/type")}), AllOf(StartsWith("the answer is not JSON ("), Not(HasSubstr("doctype"))));
  EXPECT_THAT(error({.url = url("/level")}), StartsWith("the answer has none of /level"));
  EXPECT_THAT(error({.url = url("/level?free=many")}), StartsWith("in the answer, /free is \"many\"; it must"));
  EXPECT_EQ(error({.url = url("/level?free=5&total=4")}), "in the answer, /free is 5, more than /total, which is 4");
  EXPECT_EQ(error({.url = url("/text?text=%7B%22free%22:1,%22free%22:2%7D")}),
            "the answer has the key \"free\" twice in one object");
  EXPECT_THAT(error({.url = url("/level?level=FINE")}), StartsWith("in the answer, /level is \"FINE\""));
}

TEST_F(HttpTest, OnlyAcceptedStatusCodesCarryAnAnswer) {
  EXPECT_EQ(error({.url = url("/status?code=503&retry_after=7")}), "answered 503 Service Unavailable (Retry-After: 7)");
  EXPECT_THAT(error({.url = url("/status?code=299")}), Not(HasSubstr("answered 299")));
  EXPECT_THAT(error({.url = url("/status?code=300")}), StartsWith("answered 300"));
  EXPECT_THAT(error({.url = url("/status?code=503"), .accept = {503}}), StartsWith("the answer is not JSON"));
  EXPECT_EQ(error({.url = url("/level?level=HIGH"), .accept = {201}}), "answered 200 OK");
  EXPECT_EQ(error({.url = url("/nothing"), .method = "HEAD"}), "answered 404 Not Found");
}

TEST_F(HttpTest, AHeaderCanMeanFailure) {
  EXPECT_EQ(error({.url = url("/function-error"), .fail_if_header = {"x-other", "x-amz-function-error"}}),
            "answered with x-amz-function-error");
  EXPECT_EQ(reason({.url = url("/level?level=HIGH"), .fail_if_header = {"X-Amz-Function-Error"}}), "");
}

TEST_F(HttpTest, AnIncompleteAnswerFails) {
  EXPECT_THAT(error({.url = url("/cut")}), StartsWith("the answer was cut off: "));
  EXPECT_EQ(error({.url = url("/drop")}), "the connection was closed without an answer");
}

TEST_F(HttpTest, ALargeAnswerFailsWithoutBeingHeld) {
  for (const char* path : {"/huge?bytes=52428800", "/huge?bytes=52428800&chunked=1", "/gzip-bomb?bytes=52428800"})
    EXPECT_EQ(error({.url = url(path), .max_bytes = 1000}), "the answer is larger than max_bytes, 1000") << path;
  EXPECT_EQ(error({.url = url("/headers?bytes=90000")}), "the answer's headers are larger than 65536 bytes");
  // The limit itself is fine: what fails then is the JSON.
  EXPECT_THAT(error({.url = url("/huge?bytes=1000"), .max_bytes = 1000}), StartsWith("the answer is not JSON"));
  EXPECT_THAT(error({.url = url("/gzip-bomb?bytes=1000"), .max_bytes = 1000}), StartsWith("the answer is not JSON"));
}

TEST_F(HttpTest, SaysWhyItCannotConnect) {
  EXPECT_THAT(error({.url = "http://127.0.0.1:1/"}),
              StartsWith("cannot connect: Failed to connect to 127.0.0.1 port 1"));
  EXPECT_EQ(error({.url = "http://nobody.invalid/"}), "cannot find the host: Could not resolve host: nobody.invalid");
}

// --- Time

TEST_F(HttpTest, GivesUpAtTheDeadlineAndNamesTheConfiguredTimeout) {
  EXPECT_EQ(error({.url = url("/hang")}, 200ms), "timed out after 200ms");
  EXPECT_EQ(error({.url = url("/slow?seconds=30")}, 50ms), "timed out after 50ms");
  // Little of the time is left when the call begins, or nothing.
  const auto probe = make({.url = url("/hang")}, {}, 1h);
  for (const auto left : {30ms, -1000ms})
    EXPECT_EQ(begin(*probe, left).get().results.at(0).error(), "timed out after 1h") << left.count();
}

TEST_F(HttpTest, HundredsOfCallsRunAtOnceAndAStopEndsThemAndLaterOnes) {
  const int before = requests("/hang");
  const auto probe = make({.url = url("/hang")});
  std::vector<std::future<Answer>> under_way;
  for (int i = 0; i < 200; ++i) under_way.push_back(begin(*probe, 60s));
  EXPECT_TRUE(support::eventually([&] { return requests("/hang") == before + 200; })) << "none waits for another";
  support::on(runtime_.background(), [&] { stop_.request_stop(); });
  for (auto& call : under_way) {
    ASSERT_TRUE(support::ready(call));
    EXPECT_EQ(call.get().results.at(0).error(), "cancelled");
  }
  EXPECT_EQ(begin(*probe).get().results.at(0).error(), "cancelled");
}

TEST_F(HttpTest, LeavesNoDescriptorsBehind) {
  ASSERT_TRUE(ask({.url = url("/level?level=HIGH")}));
  const auto before = descriptors();
  {
    const auto probe = make({.url = url("/level?level=HIGH")});
    EXPECT_TRUE(begin(*probe).get().results.at(0));
    const auto hanging = make({.url = url("/hang")});
    auto call = begin(*hanging, 60s);
    support::on(runtime_.background(), [&] { stop_.request_stop(); });
    EXPECT_FALSE(call.get().results.at(0));
    stop_ = {};
    EXPECT_EQ(error({.url = url("/huge?bytes=52428800"), .max_bytes = 10}), "the answer is larger than max_bytes, 10");
  }
  EXPECT_EQ(descriptors(), before);
}

TEST_F(HttpTest, IdleConnectionsAreClosed) {
  ASSERT_TRUE(ask({.url = url("/level?level=HIGH")}));
  const auto before = descriptors();
  Transfers transfers(runtime_.background().get_executor(), "test", 30s, 50ms);
  for (int round = 0; round < 2; ++round) {
    Request request{.url = url("/level?level=HIGH")};
    auto task = transfers.run(std::move(request), steady_clock::now() + kPatience);
    EXPECT_EQ(support::start(runtime_.background(), std::move(task)).get()->status, 200);
    EXPECT_TRUE(support::eventually([&] { return descriptors() == before; }));
  }
}

TEST_F(HttpTest, ACallMayTakeLongerThanConnectionsStayIdle) {
  Transfers transfers(runtime_.background().get_executor(), "test", 30s, 50ms);
  auto task = transfers.run({.url = url("/slow?seconds=0.5")}, steady_clock::now() + 20s);
  const auto response = support::start(runtime_.background(), std::move(task)).get();
  ASSERT_TRUE(response) << response.error();
  EXPECT_EQ(response->status, 200);
}

}  // namespace
}  // namespace probe
