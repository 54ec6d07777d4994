#include "portal/wait.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <ctime>

#include "board/held.hpp"
#include "support/fed_board.hpp"

namespace portal {
namespace {

using namespace std::chrono_literals;
using core::Level;
using support::kNow;
using support::measured_row;
using support::share;
using testing::HasSubstr;

/// The connection of a client that may leave.
class Client final : public http::Connection {
 public:
  void watch(std::function<void()> on_gone) override { on_gone_ = std::move(on_gone); }
  void unwatch() override { on_gone_ = nullptr; }
  bool gone() const override { return gone_; }

  bool watched() const { return on_gone_ != nullptr; }
  void leave() {
    gone_ = true;
    on_gone_();
  }

 private:
  std::function<void()> on_gone_;
  bool gone_ = false;
};

class WaitTest : public testing::Test {
 protected:
  WaitTest() { runtime_.start(); }

  std::future<http::Reply> start(std::string_view query, Client* client = nullptr) {
    return start(wait_, query, client);
  }
  std::future<http::Reply> start(Wait& wait, std::string_view query, Client* client = nullptr) {
    const auto ask = [](Wait& wait, std::string query, Client* client) -> boost::asio::awaitable<http::Reply> {
      http::Request request;
      request.method = "GET";
      request.connection = client;
      request.query = http::Query::parse(query).value();
      co_return co_await wait.handle(request);
    };
    return support::start(runtime_.core(0), ask(wait, std::string(query), client));
  }
  boost::json::object answer(std::future<http::Reply> reply) {
    if (!support::ready(reply)) throw std::runtime_error("it waits");
    const http::Reply value = reply.get();
    EXPECT_EQ(value.status, 200) << *value.body;
    EXPECT_TRUE(value.waited);
    return boost::json::parse(*value.body).as_object();
  }
  boost::json::object ask(std::string_view query) { return answer(start(query)); }
  void until_waiting(std::size_t waiters) {
    EXPECT_TRUE(support::eventually(
        [&] { return support::on(runtime_.core(0), [&] { return board_->of_core(0).subscribers() == waiters; }); }));
    EXPECT_EQ(metrics_.gauge("vacancy_waiting_requests", "").Value(), static_cast<double>(waiters));
  }
  std::string refusal(std::string_view query) {
    auto reply = start(query);
    if (!support::ready(reply)) throw std::runtime_error("it waits");
    const http::Reply value = reply.get();
    EXPECT_EQ(value.status, 400) << query;
    EXPECT_EQ(value.content_type, "application/problem+json");
    return *value.body;
  }

  base::Runtime runtime_{1};
  support::FedBoard board_{runtime_};
  base::Metrics metrics_;
  board::Attention attention_;
  Wait wait_{*board_, attention_, metrics_};
};

TEST_F(WaitTest, AnswersAtOnceWhenItHoldsAlready) {
  board_.fill({share(measured_row(1, "a", 1, Level::high)), share(measured_row(2, "b", 2, Level::low))}, {"e", 5});
  const auto answer = ask("profile=p/*");
  EXPECT_TRUE(answer.at("satisfied").as_bool());
  EXPECT_EQ(answer.at("version"), "e-5");
  EXPECT_FALSE(answer.at("more").as_bool());
  EXPECT_EQ(answer.at("held"), "");
  EXPECT_EQ(answer.at("unmatched").as_array().size(), 0U);
  ASSERT_EQ(answer.at("rows").as_array().size(), 1U);
  const auto& row = answer.at("rows").at(0).as_object();
  EXPECT_EQ(row.at("name"), "a");
  EXPECT_EQ(std::string(row.at("holds_since").as_string()), base::to_rfc3339(kNow));
}

TEST_F(WaitTest, OneRequestOrTheSum) {
  core::Row row = measured_row(1, "a", 1, Level::low);
  row.reading->free = 4;
  row.reading->largest = 2;
  board_.fill({share(row)});
  const auto satisfied = [&](std::string_view query) {
    return ask(fmt::format("timeout=0&profile=p/a&{}", query)).at("satisfied").as_bool();
  };
  EXPECT_FALSE(satisfied("free=4")) << "a job of 4 would pend";
  EXPECT_TRUE(satisfied("free=2"));
  EXPECT_TRUE(satisfied("total_free=4")) << "LOW suffices for who counts units";
  EXPECT_FALSE(satisfied("total_free=5"));
  EXPECT_FALSE(satisfied("total_free=4&at_least=MEDIUM"));
  EXPECT_THAT(refusal("profile=p/a&total_free=-1"), HasSubstr("total_free='-1' is not a whole number from 0"));
}

TEST_F(WaitTest, TellsWhichSideIsAway) {
  board_.fill({share(measured_row(1, "a", 1, Level::low))});
  EXPECT_TRUE(ask("profile=p/a&timeout=0").at("outage").is_null());
  support::on(runtime_.background(),
              [&] { board_->set_outage(board::Outage{board::Side::database, std::chrono::steady_clock::now()}); });
  EXPECT_TRUE(support::eventually([&] { return ask("profile=p/a&timeout=0").at("outage").is_object(); }));
}

TEST_F(WaitTest, WhatIsFarAwayIsWaitedForInPeace) {
  board_.fill({share(measured_row(1, "a", 1, Level::high))});
  const core::Hold hold{.since = kNow + std::chrono::days(365 * 10'000), .until = kNow + std::chrono::days(1)};
  const std::string held = board::to_text({{board::hash_of({"p", "a"}), hold}}, kNow);
  const std::clock_t before = std::clock();
  const auto answer = ask("profile=p/a&for=3650d&timeout=500ms&held=" + held);
  EXPECT_FALSE(answer.at("satisfied").as_bool());
  EXPECT_LT(std::clock() - before, CLOCKS_PER_SEC / 4) << "of the processor, in half a second";
}

TEST_F(WaitTest, AnswersWhenItComesToHold) {
  board_.fill({share(measured_row(1, "a", 1, Level::low)), share(measured_row(2, "b", 2, Level::high))});
  auto all = start("profile=p/a&profile=p/b&match=all&at_least=high&timeout=60s");
  auto free = start("profile=p/a&free=3&timeout=60s");
  until_waiting(2);
  board_.put(measured_row(1, "a", 11, Level::medium));
  board_.put(measured_row(1, "a", 12, Level::high));
  EXPECT_EQ(answer(std::move(all)).at("rows").as_array().size(), 2U);
  core::Row row = measured_row(1, "a", 13, Level::low);
  row.reading->free = 3;
  board_.put(row);
  EXPECT_TRUE(answer(std::move(free)).at("satisfied").as_bool()) << "who counts units takes any level";
  until_waiting(0);
}

TEST_F(WaitTest, WhenTheTimeIsUpItTellsWhatIsThere) {
  board_.fill({share(measured_row(1, "a", 1, Level::low)), share(measured_row(2, "b", 2, Level::high))});
  for (const char* timeout : {"0", "50ms"}) {
    const auto answer = ask(fmt::format("profile=p/*&profile=q/%2A&match=all&timeout={}", timeout));
    EXPECT_FALSE(answer.at("satisfied").as_bool());
    EXPECT_EQ(boost::json::serialize(answer.at("unmatched")), R"(["q/*"])");
    ASSERT_EQ(answer.at("rows").as_array().size(), 2U);
    EXPECT_FALSE(answer.at("rows").at(0).as_object().contains("holds_since"));
    EXPECT_TRUE(answer.at("rows").at(1).as_object().contains("holds_since"));
  }
}

TEST_F(WaitTest, ShowsOnlySomeOfMany) {
  board_.fill(support::many_rows(200));
  const auto low = ask("profile=p/*&free=1&timeout=0");
  EXPECT_EQ(low.at("rows").as_array().size(), 100U);
  EXPECT_TRUE(low.at("more").as_bool());
  const auto high = ask("profile=p/*");
  EXPECT_EQ(high.at("rows").as_array().size(), 200U) << "all that satisfy";
  EXPECT_FALSE(high.at("more").as_bool());
  board_.fill(support::many_rows(600));
  EXPECT_TRUE(support::eventually([&] { return ask("profile=p/*").at("more").as_bool(); }))
      << "more satisfy than are followed";
}

TEST_F(WaitTest, TakesAsMuchAsItAllows) {
  board_.fill(support::many_rows(3));
  std::string query = "timeout=60s";
  for (int i = 0; i < 10; ++i) query += fmt::format("&profile=p/{}*", i);
  for (int i = 0; i < 90; ++i) query += "&profile=p/a";
  EXPECT_TRUE(ask(query).at("satisfied").as_bool());
}

TEST_F(WaitTest, NoUnitsAreEnoughWhereTheyAreCounted) {
  core::Row full = measured_row(1, "full", 1, Level::low);
  full.reading->free = 0;
  board_.fill({share(full), share(measured_row(2, "unknown", 2, Level::low))});
  EXPECT_TRUE(ask("profile=p/full&free=0&timeout=0").at("satisfied").as_bool());
  EXPECT_FALSE(ask("profile=p/unknown&free=0&timeout=0").at("satisfied").as_bool()) << "nobody counts them";
  EXPECT_FALSE(ask("profile=p/full&timeout=0").at("satisfied").as_bool()) << "MEDIUM where no units are asked for";
}

TEST_F(WaitTest, OfASetThePreferredOneComesFirst) {
  board_.set_sets({{"s", {"p/z", "p/b*", "p/a"}}});
  board_.fill({share(measured_row(1, "a", 1, Level::high)), share(measured_row(2, "b1", 2, Level::medium)),
               share(measured_row(3, "b2", 3, Level::high)), share(measured_row(4, "z", 4, Level::low)),
               share(measured_row(5, "other", 5, Level::high))});
  const auto names = [](const boost::json::object& answer) {
    std::string out;
    for (const auto& row : answer.at("rows").as_array()) out += std::string(row.at("name").as_string()) + " ";
    return out;
  };
  EXPECT_EQ(names(ask("set=s")), "b1 b2 a ");
  EXPECT_EQ(names(ask("set=s&at_least=LOW")), "z b1 b2 a ");
  EXPECT_EQ(names(ask("set=s&at_least=HIGH&total_free=1&timeout=0")), "z b1 b2 a ")
      << "all of them, while none satisfies";
  EXPECT_EQ(names(ask("set=s&match=all&at_least=LOW")), "z b1 b2 a ");
  EXPECT_EQ(ask("set=s&timeout=0").at("unmatched").as_array().size(), 0U);
}

TEST_F(WaitTest, ASetThatChangesIsWaitedForAsItIs) {
  board_.set_sets({{"s", {"p/a"}}, {"t", {"p/none"}}});
  board_.fill({share(measured_row(1, "a", 1, Level::low)), share(measured_row(2, "b", 2, Level::high))}, {"e", 5});
  auto waiting = start("set=s"), other = start("set=t");
  until_waiting(2);
  board_.set_sets({{"s", {"p/b"}}, {"t", {"p/none"}}});
  EXPECT_EQ(answer(std::move(waiting)).at("rows").at(0).at("name"), "b");
  until_waiting(1);
  board_.set_sets({{"tt", {"p/none"}}});
  ASSERT_TRUE(support::ready(other));
  const http::Reply gone = other.get();
  EXPECT_EQ(gone.status, 400);
  EXPECT_THAT(*gone.body, HasSubstr("set: there is no set 't'; did you mean 'tt'?"));
}

TEST_F(WaitTest, AHoldGoesOnWhenOthersComeIntoASet) {
  board_.set_sets({{"s", {"p/a", "p/b"}}});
  board_.fill({share(measured_row(1, "a", 1, Level::high, kNow - 50s))}, {"e", 5});
  auto waiting = start("set=s&for=51s");
  until_waiting(1);
  board_.set_sets({{"s", {"p/c", "p/a"}}});
  const auto reply = answer(std::move(waiting));
  EXPECT_TRUE(reply.at("satisfied").as_bool());
  EXPECT_EQ(std::string(reply.at("rows").at(0).at("holds_since").as_string()), base::to_rfc3339(kNow - 50s));
}

TEST_F(WaitTest, ASetIsKnownWithTheFirstSnapshot) {
  auto waiting = start("set=s");
  until_waiting(1);
  board_.set_sets({{"s", {"p/a"}}});
  board_.fill({share(measured_row(1, "a", 1, Level::high))});
  EXPECT_EQ(answer(std::move(waiting)).at("rows").at(0).at("name"), "a");
  EXPECT_THAT(refusal("set=s&profile=p/a"), HasSubstr("set: a set has its own profiles; leave profile out"));
  EXPECT_THAT(refusal("set=x"), HasSubstr("set: there is no set 'x'"));
  EXPECT_THAT(refusal("set=a/b"), HasSubstr("can name no set"));
  EXPECT_THAT(refusal("set=s&max_age=5m"), HasSubstr("'max_age' is unknown here"));
}

TEST_F(WaitTest, AServerThatDrainsAnswersAtOnce) {
  board_.fill({share(measured_row(1, "a", 1, Level::low))});
  auto waiting = start("profile=p/a&timeout=60s");
  until_waiting(1);
  support::on(runtime_.background(), [&] { board_->close(); });
  EXPECT_FALSE(answer(std::move(waiting)).at("satisfied").as_bool());
}

TEST_F(WaitTest, WhenTheClientLeavesItTellsWhatIsThere) {
  board_.fill({share(measured_row(1, "a", 1, Level::low))});
  Client client;
  auto waiting = start("profile=p/a&for=1m&timeout=60s", &client);
  until_waiting(1);
  support::on(runtime_.core(0), [&] { client.leave(); });
  const auto told = answer(std::move(waiting));
  EXPECT_FALSE(told.at("satisfied").as_bool());
  EXPECT_EQ(told.at("rows").as_array().size(), 1U);
  EXPECT_FALSE(client.watched());
  until_waiting(0);
}

TEST_F(WaitTest, HeldGoesFromAnswerToRequest) {
  core::Row row = measured_row(1, "a", 1, Level::high, kNow - 10s);
  board_.fill({share(row)});
  const auto first = ask("profile=p/a&for=10200ms&timeout=0");
  EXPECT_FALSE(first.at("satisfied").as_bool());
  const std::string held(first.at("held").as_string());
  EXPECT_NE(held, "");
  board_.put(measured_row(1, "a", 11, Level::high, kNow));
  const auto second = ask("profile=p/a&for=10200ms&timeout=60s&held=" + held);
  EXPECT_TRUE(second.at("satisfied").as_bool());
  EXPECT_EQ(std::string(second.at("rows").at(0).at("holds_since").as_string()), base::to_rfc3339(kNow - 10s));
  EXPECT_FALSE(ask("profile=p/a&for=10200ms&timeout=0").at("satisfied").as_bool()) << "without it, it begins anew";
}

TEST_F(WaitTest, BeforeTheFirstSnapshotItWaitsForOne) {
  auto early = start("profile=p/a&timeout=20ms");
  ASSERT_TRUE(support::ready(early));
  EXPECT_EQ(early.get().status, 503);
  auto waiting = start("profile=p/a&timeout=60s");
  until_waiting(1);
  board_.fill({share(measured_row(1, "a", 1, Level::medium))});
  EXPECT_TRUE(answer(std::move(waiting)).at("satisfied").as_bool());
}

TEST_F(WaitTest, NoRequestIsHeldLongerThanProxiesBear) {
  EXPECT_LT(Wait::kLongestWait, 50s);
  board_.fill({share(measured_row(1, "a", 1, Level::low))});
  Wait brief(*board_, attention_, metrics_, 20ms);
  auto reply = start(brief, "profile=p/a&timeout=365d");
  ASSERT_TRUE(support::ready(reply));
  const http::Reply value = reply.get();
  EXPECT_THAT(*value.body, HasSubstr("\"satisfied\":false"));
  EXPECT_THAT(value.headers, testing::Contains(testing::Pair("Cache-Control", "no-store, no-transform")));
}

TEST_F(WaitTest, MistakesSayWhatIsRight) {
  board_.fill(support::many_rows(600));
  EXPECT_THAT(refusal(""), HasSubstr("profile: say what to wait for, such as profile=Amazon/c5"));
  EXPECT_THAT(refusal("profile=Amazon"), HasSubstr("profile: 'Amazon' names no profile; write PROVIDER/NAME"));
  EXPECT_THAT(refusal("profile=p/a&match=some"), HasSubstr("match: use any or all"));
  EXPECT_THAT(refusal("profile=p/a&at_least=GOOD"), HasSubstr("at_least: 'GOOD'"));
  EXPECT_THAT(refusal("profile=p/a&at_least=UNKNOWN"), HasSubstr("use LOW, MEDIUM or HIGH"));
  EXPECT_THAT(refusal("profile=p/a&free=-1"), HasSubstr("free='-1' is not a whole number from 0"));
  EXPECT_THAT(refusal("profile=p/a&for=5"), HasSubstr("for: '5' is not a duration"));
  EXPECT_THAT(refusal("profile=p/a&timeout=2"), HasSubstr("timeout: '2' is not a duration"));
  EXPECT_THAT(refusal("profile=p/a&held=what"), HasSubstr("held: send the value of an earlier answer"));
  EXPECT_THAT(refusal("profile=p/a&atleast=LOW"), HasSubstr("did you mean 'at_least'"));
  EXPECT_THAT(refusal("profile=p/*&match=all"), HasSubstr("more than 500 profiles match"));
  std::string many = "profile=p/a";
  for (int i = 0; i < 100; ++i) many += "&profile=p/a";
  EXPECT_THAT(refusal(many), HasSubstr("1 to 100 times"));
  std::string globs = "profile=p/a";
  for (int i = 0; i < 11; ++i) globs += fmt::format("&profile=p/{}*", i);
  EXPECT_THAT(refusal(globs), HasSubstr("at most 10 may have * or ?"));
}

}  // namespace
}  // namespace portal
