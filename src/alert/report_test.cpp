#include "alert/report.hpp"

#include <gmock/gmock.h>

#include "alert/state.hpp"
#include "alert/wording.hpp"

namespace alert {
namespace {

using namespace std::chrono_literals;

const base::Time kAt = base::parse_rfc3339("2026-11-24T13:22:05.000Z").value();

TEST(Report, SaysWhatIsGoingOn) {
  Plan plan;
  plan.rules = {{.name = "r", .when = {.reaches = core::Level::high}, .hold = 5min},
                {.name = "r.2",
                 .when = {.set = "s"},
                 .severity = config::Severity::info,
                 .send_to = std::vector<std::string>{"mail"}}};
  plan.receivers = {"chat", "mail"};
  const std::vector<config::AlertReceiver> receivers = {{.name = "chat"}, {.name = "mail", .kind = "email"}};
  const Alert firing{.phase = Alert::Phase::firing, .since = kAt, .fired = kAt + 5min, .cause = {core::Level::high}};
  const Alert pending{.since = kAt, .due = kAt + 5min, .cause = {core::Level::high, {}, "idle"}};
  const store::AlertMemory memory{.states = {{"r.2/known", "{}"},
                                             {"r/a/a/x", to_json(firing)},
                                             {"r/a/a/y", to_json(pending)},
                                             {"r/a/a/z", "nonsense"},
                                             {"r/known", "{}"}}};
  using store::MessageState;
  const store::OutboxCounts outbox{kAt,
                                   {{"chat", MessageState::waiting, 2, kAt - 1h},
                                    {"chat", MessageState::dead, 1, kAt},
                                    {"gone", MessageState::dead, 7, kAt}}};
  const store::Message dead{.id = "r-1",
                            .receiver = "chat",
                            .body = to_json(test_message("r-1", kAt)),
                            .created = kAt,
                            .attempts = 3,
                            .error = "answered 404",
                            .ended = kAt + 1h};
  EXPECT_EQ(
      report(plan, receivers, memory, outbox, {&dead, 1}),
      R"({"now":"2026-11-24T13:22:05.000Z","rules":[)"
      R"({"name":"r","condition":"reaches HIGH for 5m","severity":"warning","send_to":["chat","mail"],)"
      R"("pending":1,"firing":1,"alerts":[)"
      R"({"subject":"a/x","state":"firing","since":"2026-11-24T13:22:05.000Z","level":"HIGH","reason":"",)"
      R"("fired_at":"2026-11-24T13:27:05.000Z"},)"
      R"({"subject":"a/y","state":"pending","since":"2026-11-24T13:22:05.000Z","level":"HIGH","reason":"idle"}]},)"
      R"({"name":"r.2","condition":"nothing of set s is MEDIUM","severity":"info","send_to":["mail"],)"
      R"("pending":0,"firing":0,"alerts":[]}],)"
      R"("receivers":[{"name":"chat","kind":"webhook","waiting":2,"dead":1,"oldest":"2026-11-24T12:22:05.000Z"},)"
      R"({"name":"mail","kind":"email","waiting":0,"dead":0}],)"
      R"("dead":[{"id":"r-1","receiver":"chat","title":"Test of Vacancy's alerts",)"
      R"("created_at":"2026-11-24T13:22:05.000Z","attempts":3,"error":"answered 404",)"
      R"("gave_up_at":"2026-11-24T14:22:05.000Z"}]})");
}

TEST(Report, HasSomeMessages) {
  const std::vector<Message> two(2, test_message("t", kAt));
  EXPECT_EQ(messages_json({}, false), R"({"messages":[],"more":false})");
  EXPECT_EQ(messages_json(two, true),
            R"({"messages":[)" + to_json(two[0]) + "," + to_json(two[0]) + R"(],"more":true})");
}

TEST(Report, NamesConditions) {
  EXPECT_EQ(condition_of({.when = {.below = core::Level::medium}}), "below MEDIUM");
  EXPECT_EQ(condition_of({.when = {.blind = "*"}}), "blind for *");
  EXPECT_EQ(condition_of({.when = {.budget = "c*", .left = 0.25}}), "less than 25 % of a budget of c* left");
}

}  // namespace
}  // namespace alert
