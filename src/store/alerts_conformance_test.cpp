// The lease of alerts, what the evaluation remembers, and the outbox, over every kind of store.
#include <gmock/gmock.h>

#include "support/store_harness.hpp"

namespace store {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::SizeIs;

auto with_id(const std::string& id) {
  return Field("id", &Message::id, id);
}

class AlertsTest : public StoreTest {
 protected:
  AlertTurn hold(const std::string& owner = "a") {
    const auto turn = store().hold_alerts(owner, kLease);
    EXPECT_TRUE(turn);
    return turn.value_or(AlertTurn{});
  }
  /// Adds messages for `receiver`, with their ids for orders: "x1" and "x2" have the order "x".
  void add(const AlertTurn& turn, const std::vector<std::string>& ids, const std::string& receiver = "chat") {
    AlertStep step;
    for (const std::string& id : ids)
      step.messages.push_back({id, receiver, id.substr(0, 1), "{\"of\":\"" + id + "\"}"});
    EXPECT_TRUE(store().advance_alerts(turn, step));
  }
  std::vector<std::string> due(const std::string& receiver = "chat", std::size_t limit = 10) {
    std::vector<std::string> ids;
    for (const Message& message : store().due_messages(receiver, limit).messages) ids.push_back(message.id);
    return ids;
  }
  std::int64_t number(const std::string& id) {
    for (const MessageState state : {MessageState::waiting, MessageState::delivered, MessageState::dead})
      for (const Message& message : store().messages(state, 1000))
        if (message.id == id && message.receiver != "mail") return message.number;
    return 0;
  }
  bool settle(const AlertTurn& turn, const std::string& id, MessageState state, base::Duration pause = {}) {
    return store().settle(turn, {.number = number(id), .state = state, .error = "refused", .pause = pause});
  }
};

TEST_P(AlertsTest, OneReplicaAtATimeHasTheLease) {
  const AlertTurn first = hold("a");
  EXPECT_FALSE(store().hold_alerts("b", kLease));
  clock_.advance(kLease);
  EXPECT_FALSE(store().hold_alerts("b", kLease));
  EXPECT_EQ(hold("a"), first) << "extended";
  clock_.advance(kLease);
  EXPECT_FALSE(store().hold_alerts("b", kLease));
  clock_.advance(kTick);
  EXPECT_EQ(hold("a"), first) << "expired, but nobody took it";
  clock_.advance(kLease + kTick);
  const AlertTurn second = hold("b");
  EXPECT_GT(second.token, first.token);
  EXPECT_FALSE(store().hold_alerts("a", kLease));
}

TEST_P(AlertsTest, AReleasedLeaseIsFreeAtOnce) {
  const AlertTurn first = hold("a");
  store().release_alerts({"b", first.token});
  EXPECT_FALSE(store().hold_alerts("b", kLease));
  store().release_alerts(first);
  const AlertTurn second = hold("b");
  store().release_alerts(first);
  EXPECT_FALSE(store().hold_alerts("c", kLease)) << "only its owner releases it";
  store().release_alerts(second);
  EXPECT_GT(hold("a").token, second.token);
}

TEST_P(AlertsTest, AReplicaThatLostTheLeaseCannotWrite) {
  const AlertTurn lost = hold("a");
  add(lost, {"x1"});
  clock_.advance(kLease + kTick);
  const AlertTurn turn = hold("b");
  EXPECT_FALSE(
      store().advance_alerts(lost, {.seen = 9, .states = {{"k", "v"}}, .messages = {{"y1", "chat", "y", "{}"}}}));
  EXPECT_FALSE(settle(lost, "x1", MessageState::delivered));
  EXPECT_FALSE(store().settle({"b", lost.token}, {.number = number("x1")}));
  EXPECT_FALSE(store().settle({"a", turn.token}, {.number = number("x1")}));
  const AlertMemory memory = store().alert_memory();
  EXPECT_EQ(memory.seen, 0);
  EXPECT_THAT(memory.states, IsEmpty());
  EXPECT_THAT(due(), ElementsAre("x1"));
}

TEST_P(AlertsTest, TheEvaluationRemembers) {
  EXPECT_FALSE(store().alert_memory().seen);
  const AlertTurn turn = hold();
  EXPECT_FALSE(store().alert_memory().seen) << "a lease is no evaluation";
  const std::string long_key = std::string(kMostAlertKey - 1, 'k') + "\u00e4";
  ASSERT_TRUE(store().advance_alerts(
      turn, {.seen = 7, .states = {{"b", "1"}, {long_key.substr(1), "2"}, {"A", "3"}, {"a", "4"}}}));
  ASSERT_TRUE(store().advance_alerts(turn, {.seen = 8, .states = {{"b", "5"}, {"A", ""}, {"none", ""}}}));
  store().release_alerts(turn);
  hold("b");
  const AlertMemory memory = store().alert_memory();
  EXPECT_EQ(memory.seen, 8);
  EXPECT_THAT(memory.states,
              ElementsAre(AlertState{"a", "4"}, AlertState{"b", "5"}, AlertState{long_key.substr(1), "2"}));
}

TEST_P(AlertsTest, AStepIsWrittenAsAWhole) {
  const AlertTurn turn = hold();
  std::vector<AlertState> states;
  AlertStep step{.seen = 1};
  for (int i = 0; i < 1000; ++i) {
    step.states.push_back({fmt::format("{:04}", i), "x"});
    step.messages.push_back(
        {fmt::format("m{:04}", i), "chat", fmt::to_string(i % 500), std::string(100'000 / 1000, 'b')});
  }
  ASSERT_TRUE(store().advance_alerts(turn, step));
  EXPECT_EQ(store().alert_memory().states, step.states);
  EXPECT_THAT(store().messages(MessageState::waiting, 2000), SizeIs(1000));
  EXPECT_THAT(due("chat", 2000), SizeIs(500)) << "one of each order";
  AlertStep most{.seen = 3, .states = {step.states.begin(), step.states.end() - 1}};
  for (AlertState& state : most.states) state.text.clear();
  ASSERT_TRUE(store().advance_alerts(turn, most));
  EXPECT_EQ(store().alert_memory().states, (std::vector<AlertState>{{"0999", "x"}}));
}

TEST_P(AlertsTest, AnIdThatIsKnownStopsNothing) {
  const AlertTurn turn = hold();
  add(turn, {"x1", "x2"});
  ASSERT_TRUE(store().advance_alerts(turn, {.seen = 2, .messages = {{"x1", "chat", "x", "new"}}}));
  EXPECT_EQ(store().alert_memory().seen, 2);
  const auto waiting = store().messages(MessageState::waiting, 9);
  EXPECT_THAT(waiting, ElementsAre(with_id("x1"), with_id("x2"))) << "it comes once";
  EXPECT_EQ(waiting[0].body, "new");
}

TEST_P(AlertsTest, ManyLargeMessagesAreKept) {
  const AlertTurn turn = hold();
  AlertStep step;
  for (int i = 0; i < 70; ++i)
    step.messages.push_back({fmt::format("{:02}", i), "chat", fmt::to_string(i), std::string(300'000, 'x')});
  ASSERT_TRUE(store().advance_alerts(turn, step)) << "more together than a server takes at once";
  EXPECT_THAT(store().messages(MessageState::waiting, 100), SizeIs(70));
  EXPECT_EQ(store().due_messages("chat", 100).messages.at(69).body.size(), 300'000U);
}

TEST_P(AlertsTest, ALargeMessageIsKept) {
  const AlertTurn turn = hold();
  const std::string body(300'000, 'x');
  ASSERT_TRUE(store().advance_alerts(turn, {.messages = {{"m", "chat", "o", body}}}));
  EXPECT_EQ(store().due_messages("chat", 1).messages.at(0).body, body);
}

TEST_P(AlertsTest, MessagesOfAnOrderComeOneAfterTheOther) {
  const AlertTurn turn = hold();
  add(turn, {"x1", "y1", "x2"});
  add(turn, {"x3", "z1"});
  add(turn, {"x1"}, "mail");
  EXPECT_THAT(due(), ElementsAre("x1", "y1", "z1"));
  EXPECT_THAT(due("chat", 2), ElementsAre("x1", "y1"));
  EXPECT_THAT(due("mail"), ElementsAre("x1")) << "each receiver has orders of its own";
  EXPECT_THAT(due("nobody"), IsEmpty());
  ASSERT_TRUE(settle(turn, "y1", MessageState::delivered));
  EXPECT_THAT(due(), ElementsAre("x1", "z1"));
  ASSERT_TRUE(settle(turn, "x1", MessageState::waiting, 1min));
  EXPECT_THAT(due(), ElementsAre("z1")) << "x2 waits for x1";
  ASSERT_TRUE(settle(turn, "z1", MessageState::waiting, 2min));
  const DueMessages waiting = store().due_messages("chat", 10);
  EXPECT_THAT(waiting.messages, IsEmpty());
  EXPECT_EQ(waiting.now, now());
  EXPECT_EQ(waiting.next_due, now() + 1min);
  clock_.advance(2min);
  EXPECT_THAT(due(), ElementsAre("x1", "z1"));
  ASSERT_TRUE(settle(turn, "x1", MessageState::dead));
  EXPECT_THAT(due(), ElementsAre("x2", "z1")) << "a dead one lets the next one pass";
}

TEST_P(AlertsTest, AnAttemptIsRecorded) {
  const AlertTurn turn = hold();
  add(turn, {"x1"});
  const base::Time made = now();
  clock_.advance(1s);
  settle(turn, "x1", MessageState::waiting, 5s);
  const Message failed = store().messages(MessageState::waiting, 1).at(0);
  EXPECT_THAT(failed,
              AllOf(with_id("x1"), Field(&Message::receiver, "chat"), Field(&Message::body, "{\"of\":\"x1\"}"),
                    Field(&Message::created, made), Field(&Message::due, made + 6s), Field(&Message::attempts, 1),
                    Field(&Message::error, "refused"), Field(&Message::ended, std::nullopt)));
  clock_.advance(5s);
  settle(turn, "x1", MessageState::delivered);
  EXPECT_THAT(store().messages(MessageState::waiting, 1), IsEmpty());
  EXPECT_THAT(
      store().messages(MessageState::delivered, 1),
      ElementsAre(AllOf(Field(&Message::attempts, 2), Field(&Message::error, ""), Field(&Message::ended, now()))));
  EXPECT_TRUE(settle(turn, "x1", MessageState::dead)) << "it has ended, and stays as it is";
  EXPECT_THAT(store().messages(MessageState::dead, 1), IsEmpty());
}

TEST_P(AlertsTest, ATimeOfAClockThatWasAheadDoesNotHoldMessagesUp) {
  const AlertTurn turn = hold();
  add(turn, {"x1"});
  settle(turn, "x1", MessageState::waiting, 30min);
  clock_.set_wall(now() - 31min);
  EXPECT_THAT(due(), ElementsAre("x1"));
}

TEST_P(AlertsTest, TheOutboxIsCounted) {
  EXPECT_THAT(store().outbox().counts, IsEmpty());
  const AlertTurn turn = hold();
  const base::Time made = now();
  add(turn, {"x1", "y1"});
  add(turn, {"m1"}, "mail");
  clock_.advance(1s);
  add(turn, {"z1"});
  settle(turn, "x1", MessageState::dead);
  const OutboxCounts counted = store().outbox();
  EXPECT_EQ(counted.now, now());
  EXPECT_THAT(counted.counts, ElementsAre(OutboxCount{"chat", MessageState::waiting, 2, made},
                                          OutboxCount{"chat", MessageState::dead, 1, made},
                                          OutboxCount{"mail", MessageState::waiting, 1, made}));
}

TEST_P(AlertsTest, DeadMessagesCanBeSentAgain) {
  const AlertTurn turn = hold();
  add(turn, {"x1", "y1", "z1"});
  for (const char* id : {"x1", "y1"}) settle(turn, id, MessageState::dead);
  clock_.advance(1h);
  EXPECT_EQ(store().revive_messages("z1"), Revived{}) << "it is not dead";
  EXPECT_EQ(store().revive_messages("y1"), Revived{1});
  EXPECT_THAT(due(), ElementsAre("y1", "z1"));
  EXPECT_THAT(store().messages(MessageState::waiting, 9),
              testing::Contains(AllOf(with_id("y1"), Field(&Message::created, now()), Field(&Message::attempts, 0),
                                      Field(&Message::ended, std::nullopt))));
  EXPECT_EQ(store().revive_messages(""), Revived{1});
  EXPECT_THAT(due(), ElementsAre("x1", "y1", "z1"));
}

TEST_P(AlertsTest, ADeadMessageIsNotSentAfterALaterOne) {
  const AlertTurn turn = hold();
  add(turn, {"x1", "x2", "x3", "y1"});
  add(turn, {"x0"}, "mail");
  store().settle(turn, {.number = store().due_messages("mail", 1).messages.at(0).number, .state = MessageState::dead});
  settle(turn, "x1", MessageState::dead);
  settle(turn, "x2", MessageState::delivered);
  settle(turn, "x3", MessageState::dead);
  settle(turn, "y1", MessageState::dead);
  clock_.advance(1h);
  while (store().tidy_outbox({.delivered = 1min})) continue;
  EXPECT_EQ(store().revive_messages("x1"), (Revived{0, 1})) << "also when the later one is forgotten";
  EXPECT_EQ(store().revive_messages(""), (Revived{3, 1}));
  EXPECT_THAT(due(), ElementsAre("x3", "y1"));
  EXPECT_THAT(due("mail"), ElementsAre("x0")) << "each receiver has its own order";
}

TEST_P(AlertsTest, TheLaterOnesOfItsOrderComeWithADeadMessage) {
  const AlertTurn turn = hold();
  add(turn, {"x1", "x2", "x3", "y1"});
  for (const char* id : {"x1", "x2", "x3", "y1"}) settle(turn, id, MessageState::dead);
  EXPECT_EQ(store().revive_messages("x2"), Revived{2});
  EXPECT_THAT(due(), ElementsAre("x2"));
  settle(turn, "x2", MessageState::delivered);
  EXPECT_THAT(due(), ElementsAre("x3"));
  EXPECT_EQ(store().revive_messages(""), (Revived{1, 1})) << "y1, and not x1";
}

TEST_P(AlertsTest, MessagesOfAReceiverThatIsGoneAreGivenUp) {
  const AlertTurn turn = hold();
  add(turn, {"x1"}, "gone");
  add(turn, {"y1"});
  const std::vector<std::string> receivers{"chat"};
  clock_.advance(1h);
  add(turn, {"z1"}, "gone");
  store().give_up_strangers(receivers, 1h);
  EXPECT_THAT(due("gone"), ElementsAre("x1", "z1")) << "another replica may know it already";
  clock_.advance(kTick);
  store().give_up_strangers(receivers, 1h);
  EXPECT_THAT(due("gone"), ElementsAre("z1"));
  EXPECT_THAT(due(), ElementsAre("y1"));
  EXPECT_THAT(store().messages(MessageState::dead, 9),
              ElementsAre(AllOf(with_id("x1"), Field(&Message::error, std::string(kNoReceiver)),
                                Field(&Message::ended, now()))));
}

TEST_P(AlertsTest, EndedMessagesAreKeptForAWhile) {
  const OutboxRetention kept{.delivered = 1h, .dead = 3h, .most_delivered = 3, .most_dead = 2};
  const auto tidy = [&] {
    while (store().tidy_outbox(kept)) continue;
  };
  const AlertTurn turn = hold();
  add(turn, {"a1", "b1", "c1", "d1", "e1", "f1", "g1", "h1"});
  for (const char* id : {"a1", "b1", "c1", "d1"}) settle(turn, id, MessageState::delivered);
  for (const char* id : {"e1", "f1", "g1"}) settle(turn, id, MessageState::dead);
  tidy();
  EXPECT_THAT(store().messages(MessageState::delivered, 9), ElementsAre(with_id("d1"), with_id("c1"), with_id("b1")));
  EXPECT_THAT(store().messages(MessageState::dead, 9), ElementsAre(with_id("g1"), with_id("f1")));
  clock_.advance(1h + kTick);
  tidy();
  EXPECT_THAT(store().messages(MessageState::delivered, 9), IsEmpty());
  EXPECT_THAT(store().messages(MessageState::dead, 9), SizeIs(2));
  clock_.advance(2h);
  tidy();
  EXPECT_THAT(store().messages(MessageState::dead, 9), IsEmpty());
  EXPECT_THAT(due(), ElementsAre("h1")) << "what waits is kept";
}

INSTANTIATE_TEST_SUITE_P(Stores, AlertsTest, testing::ValuesIn(store_kinds()),
                         [](const auto& info) { return info.param.name; });

TEST(OrderKey, IsTheSameForever) {
  EXPECT_EQ(order_key(""), -3750763034362895579);
  EXPECT_EQ(order_key("a"), static_cast<std::int64_t>(0xaf63dc4c8601ec8cU));
}

}  // namespace
}  // namespace store
