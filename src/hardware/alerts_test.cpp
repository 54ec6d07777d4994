// Alerts of a service, from a reading to the receiver, and as administrators see them.
#include <gmock/gmock.h>

#include "alert/message.hpp"
#include "support/captured_log.hpp"
#include "support/hardware_service.hpp"

namespace hardware {
namespace {

using namespace std::chrono_literals;
using support::eventually;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// A receiver of webhooks: keeps what it gets.
class Hook {
 public:
  explicit Hook(base::Runtime& runtime) : serving_(runtime, routes()) {}

  std::string url() const { return fmt::format("http://127.0.0.1:{}/hook", serving_.port()); }
  void answer(int status) { status_ = status; }
  std::vector<alert::Message> messages() const {
    const std::lock_guard lock(mutex_);
    return messages_;
  }
  /// "+a/x", "-a/x", "test", in the order in which they came.
  std::string told() const {
    std::string told;
    for (const alert::Message& message : messages()) {
      if (message.items.empty()) told += std::string(alert::to_string(message.kind)) + ' ';
      for (const alert::Item& item : message.items) told += (item.firing ? '+' : '-') + item.subject + ' ';
    }
    return told;
  }

 private:
  http::Router routes() {
    const auto take = [this](const http::Request& request) -> http::Answer {
      const std::lock_guard lock(mutex_);
      if (status_ < 300) messages_.push_back(alert::parse_message(request.body).value());
      return http::json_reply("{}", status_);
    };
    return std::move(http::Router().add("POST", "/hook", take, {.max_body_bytes = http::kAnyBody}));
  }

  mutable std::mutex mutex_;
  std::vector<alert::Message> messages_;
  std::atomic<int> status_ = 200;
  support::Serving serving_;
};

class AlertsTest : public ServiceTest {
 protected:
  using ServiceTest::ServiceTest;
  void SetUp() override {
    next_ = config_;
    next_.probes.back().ttl = kTick;
    next_.alerts.receivers = {{.name = "hook", .webhook = {.url = hook_.url()}}};
    next_.alerts.rules = {
        {.name = "low", .when = {.reaches = core::Level::low}, .group_wait = 0s, .group_interval = 0s}};
  }
  void reload() { ASSERT_TRUE(support::ready(support::start(runtime_.background(), service_->reload(next_)))); }

  Hook hook_{runtime_};
  config::Config next_;
};

TEST_F(AlertsTest, AReadingReachesTheReceiver) {
  reload();
  ASSERT_TRUE(store_.add({"a", "x"}));
  EXPECT_TRUE(eventually([&] { return hook_.told() == "+a/x "; }));
  ASSERT_TRUE(store_.remove(1));
  EXPECT_TRUE(eventually([&] { return hook_.told() == "+a/x -a/x "; })) << hook_.told();
  EXPECT_TRUE(eventually([&] {
    return ask("GET", "/hardware/alerts").find(R"("name":"hook","kind":"webhook","waiting":0,"dead":0)") !=
           std::string::npos;
  }));
}

TEST_F(AlertsTest, TheListShowsWhatFires) {
  EXPECT_THAT(ask("GET", "/hardware/alerts"), AllOf(HasSubstr("HTTP/1.1 200"), HasSubstr(R"("rules":[])")));
  EXPECT_THAT(ask("GET", "/hardware/alerts", "", "wrong"), HasSubstr("HTTP/1.1 401"));
  reload();
  ASSERT_TRUE(store_.add({"a", "x"}));
  EXPECT_TRUE(eventually([&] {
    return ask("GET", "/hardware/alerts").find(R"("firing":1,"alerts":[{"subject":"a/x","state":"firing")") !=
           std::string::npos;
  }));
  const auto gauge = [&](const char* state) {
    return metrics_.gauge("vacancy_alerts", "", {{"rule", "low"}, {"state", state}}).Value();
  };
  EXPECT_EQ(gauge("firing"), 1);
  EXPECT_EQ(gauge("pending"), 0);
}

TEST_F(AlertsTest, AReceiverIsTested) {
  EXPECT_THAT(ask("POST", "/hardware/alerts/test", R"({"receiver":"hook"})"),
              AllOf(HasSubstr("HTTP/1.1 404"), HasSubstr("there is no receiver 'hook'")));
  reload();
  EXPECT_THAT(ask("POST", "/hardware/alerts/test", R"({"receiver":"hook"})"),
              AllOf(HasSubstr("HTTP/1.1 200"), HasSubstr(R"({"receiver":"hook","delivered":true})")));
  EXPECT_EQ(hook_.told(), "test ");
  EXPECT_THAT(ask("POST", "/hardware/alerts/test", R"({"receiver":"no\nhook"})"),
              HasSubstr("there is no receiver 'no hook'"));
  EXPECT_THAT(ask("POST", "/hardware/alerts/test", R"({"receiver":"a","receiver":"b"})"),
              HasSubstr("the key \\\"receiver\\\" twice in one object"));
  hook_.answer(500);
  EXPECT_THAT(ask("POST", "/hardware/alerts/test", R"({"receiver":"hook"})"),
              AllOf(HasSubstr("HTTP/1.1 503"), HasSubstr("500")));
  for (const char* bad : {"", "[]", "{", R"({"receiver":1})", R"({"receiver":"hook","more":1})", R"({"name":"x"})"})
    EXPECT_THAT(ask("POST", "/hardware/alerts/test", bad), HasSubstr("HTTP/1.1 400")) << bad;
}

TEST_F(AlertsTest, DeadLettersAreShownAndTriedAgain) {
  hook_.answer(400);
  reload();
  ASSERT_TRUE(store_.add({"a", "x"}));
  ASSERT_TRUE(
      eventually([&] { return ask("GET", "/hardware/alerts").find(R"("waiting":0,"dead":1)") != std::string::npos; }));
  EXPECT_THAT(ask("GET", "/hardware/alerts"),
              AllOf(HasSubstr(R"("receiver":"hook","title":"a/x is )"), HasSubstr("400")));
  support::RawClient portal(serving_->port());
  portal.send("GET /hardware/events HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(portal.read_until(R"("dead_letters":1})"), HasSubstr("event: sets"));
  hook_.answer(200);
  EXPECT_THAT(ask("POST", "/hardware/alerts/retry", R"({"id":"nobody"})"),
              AllOf(HasSubstr("HTTP/1.1 404"), HasSubstr("no dead letter has the id 'nobody'")));
  EXPECT_THAT(ask("POST", "/hardware/alerts/retry"), HasSubstr(R"({"retried":1,"overtaken":0})"));
  EXPECT_TRUE(eventually([&] { return hook_.told() == "+a/x "; }));
}

TEST_F(AlertsTest, AQueryIsNoConditionOfAdministrators) {
  for (const char* target : {"GET /hardware/alerts", "POST /hardware/alerts/test", "POST /hardware/alerts/replay",
                             "POST /hardware/alerts/retry", "GET /hardware/probes", "POST /hardware/probes/test",
                             "GET /hardware/profiles", "POST /hardware/", "PUT /hardware/1", "DELETE /hardware/1"}) {
    const std::string_view text = target;
    const auto blank = text.find(' ');
    EXPECT_THAT(ask(text.substr(0, blank), std::string(text.substr(blank + 1)) + "?id=x"),
                AllOf(HasSubstr("HTTP/1.1 400"), HasSubstr("query parameter 'id' is unknown here")))
        << target;
  }
}

TEST_F(AlertsTest, AReplayTellsWhatWouldHaveBeenSent) {
  reload();
  ASSERT_TRUE(store_.add({"a", "x"}));
  ASSERT_TRUE(eventually([&] { return hook_.told() == "+a/x "; }));
  EXPECT_THAT(ask("POST", "/hardware/alerts/replay", R"({"rule":"low"})"),
              AllOf(HasSubstr("HTTP/1.1 200"), HasSubstr(R"("subject":"a/x","provider":"a","name":"x","firing":true)"),
                    HasSubstr(R"("more":false)")))
      << "the same as was sent";
  EXPECT_THAT(ask("POST", "/hardware/alerts/replay", R"({"rules":"- {name: other, when: {reaches: LOW}, for: 1h}"})"),
              HasSubstr(R"("messages":[])"));
  const std::string future = ask("POST", "/hardware/alerts/replay", R"({"rule":"low","to":"2999-01-01T00:00:00Z"})");
  EXPECT_THAT(future,
              AllOf(HasSubstr(R"("subject":"a/x","provider":"a","name":"x","firing":true)"), Not(HasSubstr("2999"))))
      << "up to now";
  const std::pair<const char*, const char*> cases[] = {
      {R"({"rule":"none"})", "there is no rule 'none'"},
      {R"({"rules":"alerts: {time_zone: Europe/Atlantis, rules: [{name: x, when: {reaches: LOW}}]}"})",
       "Europe/Atlantis"},
      {R"({"rules":"- {name: x}"})", "rules:1: alerts.rules[0].when: says nothing to wait for"},
      {R"({"from":"yesterday"})", "from: 'yesterday' is not a time"},
      {R"({"from":"2026-11-24T13:00:00Z","to":"2026-11-24T13:00:00Z"})", "from: it must be before 'to'"},
      {R"({"from":"2999-11-24T13:00:00Z","to":"2999-11-25T13:00:00Z"})", "and in the past"},
      {R"({"from":"0000-01-01T00:00:00+01:00"})", "is not a time"},
      {R"({"rule":"a","rule":"b"})", R"(the body has the key \"rule\" twice in one object)"},
      {R"({"rule":"no\nrule"})", "there is no rule 'no rule'"},
      {R"({"form":"x"})", "'form' is not expected"},
      {"[]", "the body is not a JSON object"},
  };
  for (const auto& [body, complaint] : cases)
    EXPECT_THAT(ask("POST", "/hardware/alerts/replay", body), AllOf(HasSubstr("HTTP/1.1 400"), HasSubstr(complaint)))
        << body;
}

TEST_F(AlertsTest, WithoutHistoryThereIsNoReplay) {
  next_.hardware.history.transitions = 0s;
  reload();
  EXPECT_THAT(ask("POST", "/hardware/alerts/replay"),
              AllOf(HasSubstr("HTTP/1.1 501"), HasSubstr("hardware.history.transitions is 0")));
}

TEST_F(AlertsTest, AReloadThatCannotBeAppliedChangesNothing) {
  next_.alerts.time_zone = "Europe/Atlantis";
  auto reloaded = support::start(runtime_.background(), service_->reload(next_));
  ASSERT_EQ(reloaded.wait_for(1min), std::future_status::ready);
  EXPECT_THROW(reloaded.get(), base::UsageError);
  EXPECT_THAT(ask("GET", "/hardware/alerts"), HasSubstr(R"("rules":[])"));
}

class ShortLeaseTest : public AlertsTest {
 protected:
  ShortLeaseTest() : AlertsTest(10ms, false, 300ms) {}
  double gauge(const char* state) {
    return metrics_.gauge("vacancy_alerts", "", {{"rule", "low"}, {"state", state}}).Value();
  }
};

TEST_F(ShortLeaseTest, WhatIsDueWithoutTheLeaseStopsNothing) {
  next_.alerts.rules[0].hold = 500ms;
  next_.probes.back().ttl = kHour;
  reload();
  ASSERT_TRUE(store_.add({"a", "x"}));
  ASSERT_TRUE(eventually([&] { return gauge("pending") == 1; }));
  const auto due = std::chrono::steady_clock::now() + 500ms;
  store_.lose(true);
  ASSERT_TRUE(eventually([&] { return gauge("pending") == 0; })) << "the lease is lost";
  ASSERT_TRUE(eventually([&] { return std::chrono::steady_clock::now() > due + 50ms; }));
  EXPECT_NO_THROW(support::on(runtime_.background(), [] {})) << "the thread has time for others";
  EXPECT_EQ(hook_.told(), "");
  store_.lose(false);
  EXPECT_TRUE(eventually([&] { return hook_.told() == "+a/x "; })) << "it goes on by itself";
}

TEST_F(AlertsTest, AnOutboxThatFailsIsNoFaultOfTheDatabase) {
  const support::CapturedLog log;
  reload();
  store_.refuse_outbox(true);
  ASSERT_TRUE(store_.add({"a", "x"}));
  ASSERT_TRUE(eventually([&] { return log.count("the outbox of alerts cannot be used: alert_due") > 0; }));
  store_.refuse_outbox(false);
  ASSERT_TRUE(eventually([&] { return hook_.told() == "+a/x "; }));
  EXPECT_TRUE(eventually([&] { return log.count("the database of alerts works again") == 1; }));
  EXPECT_EQ(log.count("the database works again"), 0U) << "which decides about readiness";
}

TEST_F(AlertsTest, AReplayLeavesNoHistoryOut) {
  reload();
  ASSERT_TRUE(store_.add({"a", "x"}));
  ASSERT_TRUE(eventually([&] { return hook_.told() == "+a/x "; }));
  store_.endless = true;
  EXPECT_THAT(ask("POST", "/hardware/alerts/replay"),
              AllOf(HasSubstr("HTTP/1.1 400"), HasSubstr("a/x has more than 20000 transitions in this time")));
}

TEST_F(AlertsTest, OneReplayIsUnderWay) {
  reload();
  ASSERT_TRUE(store_.add({"a", "x"}));
  ASSERT_TRUE(eventually([&] { return hook_.told() == "+a/x "; }));
  store_.gate.close();
  auto first = std::async([&] { return ask("POST", "/hardware/alerts/replay"); });
  ASSERT_TRUE(eventually([&] { return store_.gate.waiting() == 1; }));
  EXPECT_THAT(ask("POST", "/hardware/alerts/replay"),
              AllOf(HasSubstr("HTTP/1.1 503"), HasSubstr("another replay is under way")));
  store_.gate.open();
  EXPECT_THAT(first.get(), HasSubstr("HTTP/1.1 200"));
  EXPECT_TRUE(eventually([&] { return ask("POST", "/hardware/alerts/replay").starts_with("HTTP/1.1 200"); }));
}

TEST_F(AlertsTest, ALostDatabaseIsSaid) {
  reload();
  store_.lose(true);
  EXPECT_THAT(ask("GET", "/hardware/alerts"), HasSubstr("HTTP/1.1 503"));
  store_.lose(false);
  ASSERT_TRUE(store_.add({"a", "x"}));
  EXPECT_TRUE(eventually([&] { return hook_.told() == "+a/x "; })) << "it goes on by itself";
}

}  // namespace
}  // namespace hardware
