// Calls whose answers are read by rules: pages, lists, rests.
#include <gmock/gmock.h>

#include "base/url.hpp"
#include "support/http_test.hpp"

namespace probe {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using M = core::Measurement;

class HttpRulesTest : public support::HttpTest {
 protected:
  static std::string json(const std::string& text) { return url("/json?body=" + base::percent_encode(text)); }

  std::string summary(const config::HttpOptions& options) {
    const Result result = ask(options);
    return !result ? result.error() : result->free ? fmt::format("{}", *result->free) : "no free";
  }

  Answer answer(config::ProbeConfig config, Trace* trace = nullptr) {
    config.name = "test";
    config.kind = "http";
    config.timeout = support::kPatience;
    const auto probe = make_probe(config, runtime_.background().get_executor());
    return begin(*probe, support::kPatience, trace).get();
  }
};

TEST_F(HttpRulesTest, OnePartOfAnAnswerIsAboutTheProfile) {
  config::HttpOptions options{.url = json(R"({"types":[{"id":"c5 \"large\"","stock":"scarce"}]})"),
                              .rules = {.find = "/types[id={name}]", .map = {{"scarce", core::Level::medium}}}};
  options.rules.pointers.level = "/stock";
  Trace trace;
  EXPECT_EQ(ask(options, support::kPatience, &trace)->level, core::Level::medium);
  EXPECT_THAT(trace.read, HasSubstr("/stock is \"scarce\", which map makes MEDIUM"));
}

TEST_F(HttpRulesTest, OneCallIsAboutAllProfiles) {
  profiles_ = {{1, {"p", "a"}, {}}, {2, {"p", "b"}, {}}, {3, {"p", "c"}, {}}};
  const int before = requests("/json");
  const Answer seen = answer(
      {.http = {.url = json(R"({"a":{"free":1},"b":{"free":0}})"), .batch = true, .rules = {.find = "/{name}"}}});
  EXPECT_EQ(seen.results.at(0)->level, core::Level::medium);
  EXPECT_EQ(seen.results.at(1)->level, core::Level::low);
  EXPECT_EQ(seen.results.at(2).error(), "the answer has no /c");
  EXPECT_EQ(requests("/json"), before + 1);
}

TEST_F(HttpRulesTest, SendsNoListWhereThePathsFindTheProfile) {
  Trace trace;
  answer({.http = {.url = url("/echo"), .batch = true, .rules = {.find = "/{name}"}}}, &trace);
  EXPECT_THAT(trace.sent, testing::Not(HasSubstr("attributes")));
}

TEST_F(HttpRulesTest, ReadsXml) {
  const config::HttpOptions options{.url = url("/text?text=" + base::percent_encode("<r><free>3</free></r>")),
                                    .format = config::AnswerFormat::xml,
                                    .rules = {.find = "/r"}};
  Trace trace;
  EXPECT_EQ(ask(options, support::kPatience, &trace)->free, 3);
  EXPECT_THAT(trace.read, HasSubstr(R"(the XML as JSON is {"r":{"free":"3"}})"));
  EXPECT_THAT(error({.url = json("{}"), .format = config::AnswerFormat::xml}), HasSubstr("the answer is not XML ("));
}

TEST_F(HttpRulesTest, DiscoversWhatAnAnswerLists) {
  Trace trace;
  const auto discover = [&](const std::string& body) {
    return answer({.match = {.provider = "p"},
                   .http = {.url = json(body),
                            .batch = true,
                            .discover = {.list = "/data", .name = "{key}"},
                            .rules = {.find = "/data/{name}"}}},
                  &trace);
  };
  profiles_ = {{1, {"p", "a"}, {}}};
  const Answer seen = discover(R"({"data":{"a":{"free":1},"b":{"free":2}}})");
  EXPECT_EQ(seen.results.at(0)->free, 1);
  EXPECT_EQ(seen.discovered, (std::vector<core::ProfileKey>{{"p", "a"}, {"p", "b"}}));
  EXPECT_THAT(trace.read, HasSubstr("/data lists 2 profiles: a, b\n"));
  for (const char* other : {R"({"data":{}})", R"({"data":{"error":"denied"}})", R"({"error":"busy"})", "[]", "<html>"})
    EXPECT_FALSE(discover(other).discovered) << other;
  EXPECT_EQ(discover("{}").results.at(0).error(), "the answer lists nothing at /data; all profiles stay");
}

// --- Pages

TEST_F(HttpRulesTest, ReadsAllPages) {
  const config::Rules rules{.count = "/items"};
  for (const config::HttpOptions& options : {config::HttpOptions{.url = url("/page?n=1&of=3"), .next = "/next"},
                                             {.url = url("/page?n=1&of=3"), .next = "Link"},
                                             {.url = url("/page?of=3&n=1"), .next = "/token", .next_parameter = "n"}}) {
    config::HttpOptions paged = options;
    paged.rules = rules;
    Trace trace;
    const Result result = ask(paged, support::kPatience, &trace);
    ASSERT_TRUE(result) << result.error();
    EXPECT_EQ(result->free, 3) << options.next;
    EXPECT_THAT(trace.sent, testing::AllOf(HasSubstr("n=1"), HasSubstr("n=2"), HasSubstr("n=3")));
    EXPECT_THAT(trace.received, HasSubstr("\"id\": \"3\""));
    EXPECT_THAT(trace.read, HasSubstr(fmt::format("next ({}) leads to {}", options.next, url("/page?"))));
    EXPECT_THAT(trace.read, testing::EndsWith("the count of /items is 3\n"));
  }
  EXPECT_EQ(ask({.url = url("/page?n=1&of=3"), .rules = rules})->free, 1) << "without 'next'";
}

TEST_F(HttpRulesTest, PagesBehindARedirectBeginThere) {
  for (const char* next : {"/next", "Link"})
    EXPECT_EQ(ask({.url = url("/redirect?to=" + base::percent_encode("/page?n=1&of=3&relative=1")),
                   .next = next,
                   .rules = {.count = "/items"}})
                  ->free,
              3)
        << next;
}

TEST_F(HttpRulesTest, APageOfAnotherShapeIsAFailure) {
  const auto two_pages = [&](const std::string& first, const std::string& second) {
    const std::string next = "/json?body=" + base::percent_encode(second);
    return summary({.url = json(fmt::format(R"({{{},"next":"{}"}})", first, next)),
                    .next = "/next",
                    .rules = {.find = "/items[id=a]", .missing = core::Level::low}});
  };
  constexpr const char* kFirst = R"("items":[{"id":"a","free":5}])";
  EXPECT_EQ(two_pages(kFirst, R"({"items":null,"next":null})"), "5");
  EXPECT_EQ(two_pages(kFirst, R"({"items":[],"next":null})"), "5");
  EXPECT_EQ(two_pages(kFirst, R"({"items":{"error":"rate limited"}})"), "page 2 of the answer has another shape");
  EXPECT_EQ(two_pages(kFirst, R"({"error":"rate limited"})"), "page 2 of the answer has another shape");
  EXPECT_EQ(two_pages(R"("items":{"error":1})", R"({"items":[]})"), "page 1 of the answer has another shape");
}

TEST_F(HttpRulesTest, PagesOfXmlMayHaveOneElement) {
  // An element of one page only, and then an empty one.
  const std::string third = "/text?text=" + base::percent_encode("<r/>");
  const std::string second =
      "/text?text=" + base::percent_encode(fmt::format("<r><t id='b' free='2'/><next>{}</next></r>", third));
  const config::HttpOptions options{
      .url =
          url("/text?text=" + base::percent_encode(fmt::format("<r><t id='a' free='1'/><next>{}</next></r>", second))),
      .format = config::AnswerFormat::xml,
      .next = "/r/next",
      .rules = {.find = "/r", .count = "/t"}};
  EXPECT_EQ(summary(options), "2");
}

TEST_F(HttpRulesTest, PagesEnd) {
  const auto paged = [&](const std::string& path, std::uint16_t pages, std::size_t bytes = 1 << 20) {
    return error({.url = url(path), .max_bytes = bytes, .next = "/next", .max_pages = pages});
  };
  EXPECT_EQ(paged("/page?n=1&of=3&loop=1", 20), "the answer's pages name one that was read before");
  EXPECT_EQ(paged("/page?n=1&of=3", 2), "the answer has more than max_pages, 2");
  EXPECT_EQ(paged("/page?n=1&of=9", 20, 300), "the answer is larger than max_bytes, 300");
  const int before = requests("/page");
  EXPECT_THAT(error({.url = json(R"({"next":"http://127.0.0.2/page?n=1&of=1"})"), .next = "/next"}),
              HasSubstr("the answer names a next page on another host"));
  EXPECT_EQ(requests("/page"), before);
  EXPECT_EQ(error({.url = json(R"({"next":"/status?code=500"})"), .next = "/next"}),
            "answered 500 Internal Server Error");
}

// --- Rests

TEST_F(HttpRulesTest, ABusySourceSaysWhenToComeBack) {
  const auto rest = [&](const std::string& path) { return answer({.http = {.url = url(path)}}).retry_after; };
  EXPECT_EQ(rest("/status?code=429&retry_after=7"), 7s);
  EXPECT_EQ(rest("/status?code=503&retry_after=8"), 8s);
  EXPECT_EQ(rest("/status?code=503&retry_after=12345678901234567890123"), 24h);
  EXPECT_EQ(rest("/status?code=500&retry_after=7"), 0s);
  EXPECT_EQ(rest("/status?code=503"), 0s);
  EXPECT_EQ(rest("/level?level=LOW"), 0s);
}

}  // namespace
}  // namespace probe
