// The past in the public API, in front of a hardware service whose answers are the test's.
#include "portal/history_api.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "portal/service.hpp"
#include "support/history_service.hpp"
#include "support/portal_test.hpp"

namespace portal {
namespace {

using namespace std::chrono_literals;
using support::always;
using support::kNow;
using support::measured_row;
using support::share;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kPast = R"({"id":1,"provider":"p","name":"a","from":"2026-11-24T00:00:00.000Z",
"to":"2026-11-25T00:00:00.000Z","now":"2026-11-24T13:00:00.000Z","transitions":[
{"at":"2026-11-23T10:00:00.000Z","level":"HIGH","freshness":"FRESH","reason":"=1+1, \"two\""},
{"at":"2026-11-24T12:00:00.000Z","level":"LOW","freshness":"FRESH","reason":"full"}],
"numbers":{"free":[{"at":"2026-11-24T10:00:00.000Z","count":2,"min":1.5,"max":3,"mean":2.25}]},
"stale_at":null,"expires_at":null})";

constexpr const char* kBoard = R"({"time":"2026-11-23T12:00:00.000Z","now":"2026-11-23T13:00:00.000Z","next":"?more",
"hardware":[
{"id":1,"provider":"A","name":"a","labels":{"zone":"x"},"availability":"HIGH","freshness":"FRESH","reason":"ok","since":"2026-11-23T10:00:00.000Z"},
{"id":2,"provider":"A","name":"b","availability":"LOW","freshness":"STALE","reason":"","since":"2026-11-23T11:00:00.000Z"},
{"id":3,"provider":"B","name":"a/b","availability":"UNKNOWN","freshness":"PENDING","reason":"","since":null}]})";

constexpr HistoryLimits kPatient{.deadline = 5min, .most_under_way = 8, .kept = 5min};

class HistoryApiTest : public PortalTest {
 protected:
  HistoryApiTest() {
    board_.fill({share(measured_row(1, "a", 1, core::Level::high))});
    headers_.clear();
  }

  /// The service from now on, and the portal's questions to it.
  void serve(support::HistoryService::Answers answers, HistoryLimits limits = kPatient) {
    service_.emplace(runtime_, std::move(answers));
    replicas_.emplace(runtime_, std::vector<base::Url>{service_->url()});
    history_.emplace(**replicas_, runtime_.background().get_executor(), metrics_, limits);
    api_.emplace(*board_, *history_);
  }
  http::Reply json(std::string_view query = "", std::vector<std::string> key = {"p", "a"}) {
    return ask(&HistoryApi::json, *api_, query, std::move(key));
  }
  http::Reply csv(std::string_view query = "") { return ask(&HistoryApi::csv, *api_, query, {"p", "a"}); }
  std::string board_at(std::string_view query) { return *ask(&HistoryApi::board_at, *api_, query).body; }
  double count(const std::string& outcome) {
    return metrics_.counter("vacancy_history_requests_total", "", {{"server", "portal"}, {"outcome", outcome}}).Value();
  }
  static std::string_view header(const http::Reply& reply, std::string_view name) {
    for (const auto& [each, value] : reply.headers)
      if (each == name) return value;
    return "";
  }

  base::Metrics metrics_;
  std::optional<support::HistoryService> service_;
  std::optional<support::KnownReplicas> replicas_;
  std::optional<History> history_;
  std::optional<HistoryApi> api_;
};

TEST_F(HistoryApiTest, TheServicesAnswerIsPassedOnAndKept) {
  serve(always(200, kPast));
  const http::Reply reply = json("from=2026-11-24T00:00:00Z&to=2026-11-25T00:00:00Z&limit=9");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(*reply.body, std::string(kPast) + "\n");
  const std::string etag(header(reply, "ETag"));
  headers_ = {{"If-None-Match", etag}};
  EXPECT_EQ(json("from=2026-11-24T00:00:00.000Z&to=2026-11-25T00:00:00Z&span=auto&limit=9").status, 304)
      << "is the same";
  EXPECT_THAT(
      service_->asked(),
      ElementsAre("/hardware/1/history?from=2026-11-24T00%3A00%3A00.000Z&to=2026-11-25T00%3A00%3A00.000Z&span=auto&"
                  "limit=9"));
  headers_.clear();
  EXPECT_EQ(json("from=2026-11-24T00:00:00Z&limit=8").status, 200);
  EXPECT_EQ(service_->asked().size(), 2U) << "another question";
  EXPECT_EQ(count("answered"), 2);
  EXPECT_EQ(count("cached"), 1);
}

TEST_F(HistoryApiTest, AnAnswerIsKeptForAWhileOnly) {
  serve(always(200, kPast), {.deadline = 5min, .most_under_way = 8, .kept = 0s});
  json("since=7d");
  json("since=7d");
  EXPECT_EQ(service_->asked().size(), 2U);
}

TEST_F(HistoryApiTest, AThousandReadersOfOnePageAreOneQuestion) {
  base::Event gate(runtime_.core(0).get_executor());
  serve([&gate](const http::Request&) -> http::Answer {
    return [](base::Event& gate) -> boost::asio::awaitable<http::Reply> {
      co_await gate.wait();
      co_return http::json_reply(kPast);
    }(gate);
  });
  const feed::HistoryRange range{.from = kNow - 1h, .to = kNow, .span = {}};
  std::vector<std::future<Told<HistoryAnswer>>> readers;
  for (int i = 0; i < 1000; ++i) readers.push_back(support::start(runtime_.core(0), history_->past(1, range)));
  EXPECT_TRUE(support::eventually([&] { return service_->asked().size() == 1; }));
  support::on(runtime_.core(0), [&] { gate.set(); });
  for (auto& reader : readers) {
    const auto told = reader.get();
    ASSERT_TRUE(told);
    EXPECT_EQ((*told)->content.transitions.size(), 2U);
  }
  EXPECT_EQ(service_->asked().size(), 1U);
}

TEST_F(HistoryApiTest, MoreQuestionsThanTheCapAreRefused) {
  base::Event gate(runtime_.core(0).get_executor());
  serve(
      [&gate](const http::Request&) -> http::Answer {
        return [](base::Event& gate) -> boost::asio::awaitable<http::Reply> {
          co_await gate.wait();
          co_return http::json_reply(kPast);
        }(gate);
      },
      {.deadline = 5min, .most_under_way = 3, .kept = 0s});
  std::vector<std::future<Told<HistoryAnswer>>> readers;
  for (std::size_t i = 1; i <= 3; ++i)
    readers.push_back(
        support::start(runtime_.core(0), history_->past(1, {.from = kNow - 1h, .to = kNow, .span = {}, .limit = i})));
  EXPECT_TRUE(support::eventually([&] { return service_->asked().size() == 3; }));
  const http::Reply refused = json("since=7d");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(header(refused, "Retry-After"), "1");
  EXPECT_THAT(*refused.body, HasSubstr("too many questions about history"));
  EXPECT_EQ(count("refused"), 1);
  support::on(runtime_.core(0), [&] { gate.set(); });
  for (auto& reader : readers) EXPECT_TRUE(reader.get());
  EXPECT_EQ(json("since=7d").status, 200) << "there is room again";
  support::start(runtime_.background(), history_->wait()).get();
}

TEST_F(HistoryApiTest, DrawingsAreSharedAndFewAtATime) {
  serve(always(200, kPast), {.deadline = 5min, .most_under_way = 2, .kept = 5min});
  std::promise<void> gate;
  const std::shared_future<void> open = gate.get_future().share();
  std::atomic<int> drawn = 0;
  const auto draw = [&](std::string key) {
    auto render = [&, open] {
      open.wait();
      ++drawn;
      return http::Prepared("text/plain", "a picture");
    };
    return support::start(runtime_.core(0), history_->draw(std::move(key), std::move(render)));
  };
  std::vector<std::future<Drawing>> readers;
  for (const char* key : {"a", "a", "b", "b"}) readers.push_back(draw(key));
  const Drawing refused = draw("c").get();
  gate.set_value();
  EXPECT_EQ(refused ? 200 : refused.error().status, 503);
  EXPECT_EQ(count("refused"), 1);
  for (auto& reader : readers) EXPECT_TRUE(reader.get());
  EXPECT_TRUE(draw("a").get()) << "kept";
  EXPECT_EQ(drawn, 2);
  EXPECT_TRUE(draw("c").get()) << "there is room again";
  support::start(runtime_.background(), history_->wait()).get();
}

TEST_F(HistoryApiTest, WhatCannotBeAnsweredIsAProblem) {
  serve(support::hang, {.deadline = 20ms, .most_under_way = 8, .kept = 0s});
  EXPECT_EQ(json().status, 504);
  EXPECT_EQ(count("late"), 1);
  for (const char* body : {"", "{}", "[]", "{\"transitions\":[", "<html>"}) {
    serve(always(200, body));
    const http::Reply reply = json();
    EXPECT_EQ(reply.status, 503) << body;
    EXPECT_THAT(*reply.body, HasSubstr("the hardware service's answer is wrong")) << body;
  }
  serve({});
  EXPECT_EQ(json().status, 501);
  EXPECT_EQ(csv().status, 501);
  EXPECT_THAT(board_at("at=2026-11-23T12:00:00Z"), HasSubstr("keeps no history"));
}

TEST_F(HistoryApiTest, WrongRequestsAreRefusedWithoutAQuestion) {
  serve(always(200, kPast));
  EXPECT_EQ(json("", {"p", "b"}).status, 404);
  EXPECT_THAT(*json("sinc=7d").body, HasSubstr("did you mean 'since'"));
  EXPECT_EQ(json("since=7d&span=7m").status, 400);
  EXPECT_EQ(json("numbers=1").status, 400) << "of the file";
  EXPECT_EQ(csv("numbers=2").status, 400);
  EXPECT_TRUE(service_->asked().empty());
  support::FedBoard empty(runtime_);
  HistoryApi unfilled(*empty, *history_);
  EXPECT_EQ(ask(&HistoryApi::json, unfilled, "", {"p", "a"}).status, 503);
  EXPECT_EQ(ask(&HistoryApi::board_at, unfilled, "at=2026-11-23T12:00:00Z").status, 503);
}

TEST_F(HistoryApiTest, FilesAreSafeForSpreadsheets) {
  serve(always(200, kPast));
  const http::Reply file = csv("since=7d");
  EXPECT_EQ(*file.body,
            "at,until,level,freshness,reason\r\n"
            "2026-11-23T10:00:00.000Z,2026-11-24T12:00:00.000Z,HIGH,FRESH,\"'=1+1, \"\"two\"\"\"\r\n"
            "2026-11-24T12:00:00.000Z,,LOW,FRESH,full\r\n");
  EXPECT_THAT(file.content_type, HasSubstr("text/csv"));
  EXPECT_THAT(std::string(header(file, "Content-Disposition")), HasSubstr("history.csv"));
  EXPECT_EQ(header(file, "Vacancy-From"), base::to_rfc3339(parse_history(kPast)->from)) << "where the rows begin";
  EXPECT_EQ(*csv("since=7d&numbers=1").body,
            "number,at,count,min,max,mean\r\nfree,2026-11-24T10:00:00.000Z,2,1.5,3,2.25\r\n");
  ASSERT_EQ(service_->asked().size(), 2U);
  EXPECT_THAT(service_->asked().front(), HasSubstr("span=none"));
  EXPECT_THAT(service_->asked().back(), HasSubstr("span=auto"));
  std::string past = kPast;
  past.replace(past.find("2026-11-25T00:00"), 16, "2026-11-24T12:30");
  serve(always(200, past));
  EXPECT_THAT(*csv("since=7d").body,
              testing::EndsWith("2026-11-24T12:00:00.000Z,2026-11-24T12:30:00.000Z,LOW,FRESH,full\r\n"))
      << "nothing is said about later";
}

TEST_F(HistoryApiTest, ABoardOfThePastHasRowsAndGoesOn) {
  serve(always(200, kBoard));
  const std::string board = board_at("at=2026-11-23T13:00:00%2B01:00&limit=3");
  EXPECT_THAT(board, HasSubstr("\"next\":\"?at=2026-11-23T12%3A00%3A00.000Z&after=%2FB%2Fa%252Fb&limit=3\""));
  EXPECT_THAT(board,
              HasSubstr("{\"id\":1,\"provider\":\"A\",\"name\":\"a\",\"labels\":{\"zone\":\"x\"},\"availability\":"
                        "\"HIGH\",\"freshness\":\"FRESH\",\"reason\":\"ok\",\"since\":\"2026-11-23T10:00:00.000Z\"}"));
  EXPECT_THAT(board,
              HasSubstr("\"availability\":\"UNKNOWN\",\"freshness\":\"PENDING\",\"reason\":\"nothing is known of "
                        "this time\",\"since\":null}"));
  EXPECT_THAT(service_->asked(), ElementsAre("/hardware/at?time=2026-11-23T12%3A00%3A00.000Z&limit=3"));
  board_at("at=2026-11-23T12:00:00Z&limit=3&after=%2FB%2Fa%252Fb");
  EXPECT_THAT(service_->asked().back(), HasSubstr("&after=B%2Fa%252Fb"));
}

TEST_F(HistoryApiTest, FiltersChooseRowsOfThePast) {
  serve(always(200, kBoard));
  const auto names = [this](const std::string& query) {
    std::string found;
    const std::string board = board_at("at=2026-11-23T12:00:00Z&" + query);
    for (std::size_t at = 0; (at = board.find("{\"id\":", at)) != std::string::npos; ++at) found += board[at + 6];
    return found + (board.contains("\"next\":null") ? "" : "+");
  };
  EXPECT_EQ(names("level=HIGH"), "1+");
  EXPECT_EQ(names("level=UNKNOWN,LOW"), "23+");
  EXPECT_EQ(names("freshness=PENDING"), "3+");
  EXPECT_EQ(names("q=A%2Fa"), "1+");
  EXPECT_EQ(names("name=a&name=a%2Fb"), "13+");
  EXPECT_EQ(names("label.zone=x"), "1+");
  board_.set_sets({{"s", {"B/*", "A/x", "?/a"}}});
  EXPECT_EQ(names("set=s"), "13+") << "the profiles that are in it now";
  EXPECT_THAT(board_at("at=2026-11-23T12:00:00Z&set=t"), HasSubstr("set: there is no set 't'"));
  EXPECT_EQ(names("provider=A"), "12") << "the last row was of a later provider";
  EXPECT_EQ(names("provider=A&limit=1"), "1+");
  EXPECT_EQ(names("level=HIGH,LOW,UNKNOWN&limit=3"), "123+");
  EXPECT_THAT(board_at("at=2026-11-23T12:00:00Z&provider=A&limit=1"), HasSubstr("&after=%2FA%2Fa&limit=1"));
  board_at("at=2026-11-23T12:00:00Z&provider=B");
  EXPECT_THAT(service_->asked().back(), HasSubstr("&limit=1000&after=B%2F"));
}

TEST_F(HistoryApiTest, ABoardOfThePastSaysWhatItDoesNotKnow) {
  serve(always(200, kBoard));
  for (const char* query : {"sort=-free", "failing=1", "min_free=8", "group=provider", "offset=100"})
    EXPECT_THAT(board_at("at=2026-11-23T12:00:00Z&" + std::string(query)), HasSubstr("cannot go together with at"))
        << query;
  EXPECT_THAT(board_at("at=2026-11-23T12:00:00Z&lvel=LOW"), HasSubstr("did you mean 'level'"));
  EXPECT_THAT(board_at("at=noon"), HasSubstr("at='noon' is not a time"));
  EXPECT_THAT(board_at("at=" + base::to_rfc3339(kNow + 2h)), HasSubstr("in the future"));
  EXPECT_THAT(board_at("at=2026-11-23T12:00:00Z&limit=1001"), HasSubstr("from 1 to 1000"));
  EXPECT_TRUE(service_->asked().empty());
}

}  // namespace
}  // namespace portal
