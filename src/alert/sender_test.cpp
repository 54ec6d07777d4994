#include "alert/sender.hpp"

#include <gmock/gmock.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <thread>

#include "base/runtime.hpp"
#include "base/text.hpp"
#include "support/eventually.hpp"
#include "support/gated_store.hpp"
#include "support/scripted_transport.hpp"

namespace alert {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;
using store::MessageState;
using support::eventually;
using support::on;
using support::ScriptedTransport;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// The id of the message in a request.
std::string id_of(const probe::Request& request) {
  const auto message = parse_message(request.body);
  return message ? message->id : "";
}

/// A replica that sends to receiver "chat".
class Replica {
 public:
  Replica(base::Runtime& runtime, store::Store& store, ScriptedTransport& transport,
          const config::AlertReceiver& config, base::Duration lease, Firing firing,
          std::unique_ptr<Receiver> receiver = nullptr)
      : runtime_(runtime),
        caller_(2, metrics_),
        lease_(runtime.background().get_executor(), store, caller_, fault_, base::random_hex(8), lease,
               [this] { courier_.wake(); }),
        meters_(metrics_, "chat"),
        courier_(config, receiver ? std::move(receiver) : make_receiver(config, transport.transport()),
                 {store, caller_, fault_, lease_}, std::move(firing), meters_, runtime.background().get_executor(),
                 {.first_pause = 10ms, .longest_pause = 50ms, .look = 20ms}),
        lease_ended_(support::start(runtime.background(), lease_.run())),
        courier_ended_(support::start(runtime.background(), courier_.run())) {}
  ~Replica() { stop(); }
  Replica(const Replica&) = delete;
  Replica& operator=(const Replica&) = delete;

  void stop() {
    if (!lease_ended_.valid()) return;
    on(runtime_.background(), [this] { courier_.stop(); });
    courier_ended_.get();
    on(runtime_.background(), [this] { lease_.stop(); });
    lease_ended_.get();
  }
  bool leads() {
    return on(runtime_.background(), [this] { return lease_.turn().has_value(); });
  }
  store::AlertTurn turn() {
    EXPECT_TRUE(eventually([this] { return leads(); }));
    return on(runtime_.background(), [this] { return lease_.turn()->turn; });
  }
  std::string metrics() const { return metrics_.text(); }
  std::string fault() const { return fault_.text(); }

 private:
  base::Runtime& runtime_;
  base::Metrics metrics_;
  base::Fault fault_{"the database"};
  store::Caller caller_;
  Lease lease_;
  ReceiverMeters meters_;
  Courier courier_;
  std::future<void> lease_ended_;
  std::future<void> courier_ended_;
};

/// A store whose answers about the lease may be long in coming, and which may refuse to count.
class StallingStore final : public support::MemoryStore {
 public:
  using MemoryStore::MemoryStore;
  std::optional<store::AlertTurn> hold_alerts(const std::string& owner, base::Duration lease) override {
    gate.pass();
    return MemoryStore::hold_alerts(owner, lease);
  }
  store::OutboxCounts outbox() override {
    if (refuses_to_count) throw base::Lost("gone");
    return MemoryStore::outbox();
  }
  support::Gate gate;
  std::atomic<bool> refuses_to_count = false;
};

/// Refuses all for an hour, and forgets what is not repeated.
class ForgetfulReceiver final : public Receiver {
 public:
  explicit ForgetfulReceiver(std::atomic<int>& repeated) : repeated_(repeated) {}
  boost::asio::awaitable<Delivery> deliver(Message, Sending) override {
    co_return Delivery{.outcome = Outcome::failed, .error = "busy", .answered = true, .retry_after = 1h};
  }
  base::Duration repeat_every() const override { return 20ms; }
  boost::asio::awaitable<Delivery> repeat(std::vector<Message>, Sending) override {
    ++repeated_;
    co_return Delivery{};
  }

 private:
  std::atomic<int>& repeated_;
};

class SenderTest : public testing::Test {
 protected:
  SenderTest() {
    runtime_.start();
    config_.name = "chat";
    config_.webhook.url = "http://chat.example/";
  }
  Replica replica(base::Duration lease = 15s) {
    return {runtime_, store_, transport_, config_, lease, [this](const std::string&) {
              ++repeats_;
              return std::vector<Message>{test_message("firing", {})};
            }};
  }
  /// Adds messages with their ids for orders: "x1" and "x2" have the order "x".
  void add(const store::AlertTurn& turn, const std::vector<std::string>& ids) {
    store::AlertStep step;
    for (const std::string& id : ids)
      step.messages.push_back(
          {id, "chat", id.substr(0, 1), to_json(test_message(id, base::system_clock().wall_now()))});
    ASSERT_TRUE(store_.advance_alerts(turn, step));
  }
  std::vector<std::string> ids(MessageState state) {
    std::vector<std::string> ids;
    for (const store::Message& message : store_.messages(state, 10'000)) ids.insert(ids.begin(), message.id);
    return ids;
  }
  bool all_delivered(std::size_t count) {
    return eventually([&] { return ids(MessageState::delivered).size() == count; });
  }
  std::vector<std::string> called() {
    std::vector<std::string> called;
    for (const auto& request : transport_.calls()) called.push_back(id_of(request));
    return called;
  }

  static std::map<char, std::vector<std::string>> by_order(const std::vector<std::string>& ids) {
    std::map<char, std::vector<std::string>> orders;
    for (const std::string& id : ids) orders[id.front()].push_back(id);
    return orders;
  }

  base::Runtime runtime_{1};
  StallingStore store_{base::system_clock()};
  ScriptedTransport transport_;
  config::AlertReceiver config_;
  std::atomic<int> repeats_ = 0;
};

TEST_F(SenderTest, DeliversInOrderAndOnce) {
  Replica replica = this->replica();
  std::vector<std::string> expected;
  for (int i = 0; i < 100; ++i) expected.push_back(fmt::format("{}{}", static_cast<char>('a' + i % 7), i));
  add(replica.turn(), expected);
  ASSERT_TRUE(all_delivered(100));
  EXPECT_EQ(by_order(called()), by_order(expected));
  EXPECT_THAT(replica.metrics(), HasSubstr(R"(vacancy_alert_sent_total{outcome="delivered",receiver="chat"} 100)"));
}

TEST_F(SenderTest, TheFirstMessageIsTriedUntilTheReceiverCanBeReached) {
  transport_.answer([this](const auto&) -> ScriptedTransport::Answer {
    if (transport_.calls().size() < 6) return std::unexpected("cannot connect");
    return ScriptedTransport::status(200);
  });
  Replica replica = this->replica();
  add(replica.turn(), {"x1", "y1", "x2"});
  ASSERT_TRUE(all_delivered(3));
  EXPECT_THAT(called(), ElementsAre("x1", "x1", "x1", "x1", "x1", "x1", "y1", "x2"));
  EXPECT_EQ(store_.messages(MessageState::delivered, 9).back().attempts, 6);
  EXPECT_THAT(replica.metrics(), HasSubstr(R"(vacancy_alert_sent_total{outcome="failed",receiver="chat"} 5)"));
}

TEST_F(SenderTest, AMessageThatFailsHoldsUpItsOrderAlone) {
  transport_.answer(
      [](const probe::Request& request) { return ScriptedTransport::status(id_of(request) == "x1" ? 500 : 200); });
  Replica replica = this->replica();
  add(replica.turn(), {"x1", "x2", "y1", "z1"});
  ASSERT_TRUE(all_delivered(2));
  EXPECT_THAT(ids(MessageState::delivered), ElementsAre("y1", "z1"));
  EXPECT_THAT(ids(MessageState::waiting), ElementsAre("x1", "x2"));
  EXPECT_THAT(store_.messages(MessageState::waiting, 9).back().error, "answered 500 Words");
  transport_.answer([](const auto&) { return ScriptedTransport::status(200); });
  ASSERT_TRUE(all_delivered(4));
  const auto called = this->called();
  EXPECT_LT(std::ranges::find(called, "y1"), std::ranges::find(called, "x2"));
  EXPECT_EQ(called.back(), "x2");
}

TEST_F(SenderTest, AMessageThatIsRefusedIsDeadAtOnce) {
  transport_.answer(
      [](const probe::Request& request) { return ScriptedTransport::status(id_of(request) == "x1" ? 400 : 200); });
  Replica replica = this->replica();
  add(replica.turn(), {"x1", "x2"});
  ASSERT_TRUE(all_delivered(1));
  EXPECT_THAT(ids(MessageState::dead), ElementsAre("x1"));
  EXPECT_THAT(called(), ElementsAre("x1", "x2"));
  EXPECT_EQ(store_.messages(MessageState::dead, 1).at(0).error, "answered 400 Words");
  EXPECT_THAT(replica.metrics(), HasSubstr(R"(vacancy_alert_sent_total{outcome="dead",receiver="chat"} 1)"));
  transport_.answer([](const auto&) { return ScriptedTransport::status(200); });
  EXPECT_EQ(store_.revive_messages("x1"), (store::Revived{.overtaken = 1})) << "x2 was the last word";
}

TEST_F(SenderTest, ADeadMessageThatIsRevivedIsSent) {
  transport_.answer([](const auto&) { return ScriptedTransport::status(400); });
  Replica replica = this->replica();
  add(replica.turn(), {"x1", "x2"});
  ASSERT_TRUE(eventually([&] { return ids(MessageState::dead).size() == 2; }));
  transport_.answer([](const auto&) { return ScriptedTransport::status(200); });
  EXPECT_EQ(store_.revive_messages("x1").waiting, 2);
  EXPECT_TRUE(all_delivered(2)) << "seen without being told";
  EXPECT_THAT(called(), ElementsAre("x1", "x2", "x1", "x2"));
}

TEST_F(SenderTest, AMessageIsGivenUpAfterAWhile) {
  config_.give_up_after = 300ms;
  transport_.answer([](const auto&) { return ScriptedTransport::status(503); });
  Replica replica = this->replica();
  add(replica.turn(), {"x1"});
  ASSERT_TRUE(eventually([&] { return ids(MessageState::dead).size() == 1; }));
  EXPECT_GT(store_.messages(MessageState::dead, 1).at(0).attempts, 1);
}

TEST_F(SenderTest, AReceiverSaysWhenToComeAgain) {
  transport_.answer([](const auto&) { return ScriptedTransport::status(429, 20min); });
  Replica replica = this->replica();
  add(replica.turn(), {"x1", "y1"});
  ASSERT_TRUE(eventually([&] { return store_.messages(MessageState::waiting, 9).back().attempts == 1; }));
  EXPECT_GT(store_.messages(MessageState::waiting, 9).back().due, base::system_clock().wall_now() + 19min);
  EXPECT_THAT(called(), ElementsAre("x1")) << "nothing else is sent before that";
}

TEST_F(SenderTest, AReceiverCannotAskForever) {
  transport_.answer([](const auto&) { return ScriptedTransport::status(429, std::chrono::hours{24}); });
  Replica replica = this->replica();
  add(replica.turn(), {"x1"});
  ASSERT_TRUE(eventually([&] { return store_.messages(MessageState::waiting, 9).back().attempts == 1; }));
  EXPECT_LE(store_.messages(MessageState::waiting, 9).back().due, base::system_clock().wall_now() + 1h);
}

TEST_F(SenderTest, OneReplicaSendsAndTheNextGoesOn) {
  auto first = std::make_unique<Replica>(runtime_, store_, transport_, config_, 15s, Firing());
  const store::AlertTurn turn = first->turn();
  Replica second = replica(300ms);
  add(turn, {"x1"});
  ASSERT_TRUE(all_delivered(1));
  EXPECT_FALSE(second.leads());
  first.reset();
  add(second.turn(), {"x2"});
  ASSERT_TRUE(all_delivered(2));
  EXPECT_THAT(called(), ElementsAre("x1", "x2"));
}

TEST_F(SenderTest, AReplicaThatLosesTheLeaseStopsSending) {
  Replica first = replica(300ms);
  const store::AlertTurn turn = first.turn();
  transport_.hold(true);
  add(turn, {"x1", "y1"});
  ASSERT_TRUE(eventually([&] { return called().size() == 1; }));
  store_.lose(true);
  ASSERT_TRUE(eventually([&] { return transport_.stopped() == 1; })) << "the call is cut off";
  EXPECT_FALSE(first.leads());
  store_.lose(false);
  transport_.hold(false);
  ASSERT_TRUE(all_delivered(2));
  EXPECT_THAT(called(), ElementsAre("x1", "x1", "y1")) << "repeated, with its id";
}

TEST_F(SenderTest, AReplicaWhoseDatabaseStallsStopsSending) {
  Replica first = replica(300ms);
  const store::AlertTurn turn = first.turn();
  transport_.hold(true);
  add(turn, {"x1"});
  ASSERT_TRUE(eventually([&] { return called().size() == 1; }));
  store_.gate.close();
  EXPECT_TRUE(eventually([&] { return transport_.stopped() == 1; })) << "the call is cut off";
  EXPECT_FALSE(first.leads());
  store_.gate.open();
  transport_.hold(false);
  EXPECT_TRUE(all_delivered(1)) << "it goes on by itself";
}

TEST_F(SenderTest, WhatFailedIsForgottenWithTheLease) {
  Replica first = replica(300ms);
  first.turn();
  store_.lose(true);
  ASSERT_TRUE(eventually([&] { return first.fault().starts_with("the outbox of alerts cannot be used"); }));
  ASSERT_TRUE(eventually([&] { return !first.leads(); }));
  store_.gate.close();
  store_.lose(false);
  ASSERT_TRUE(eventually([&] { return store_.MemoryStore::hold_alerts("another", 1h).has_value(); }));
  store_.gate.open();
  EXPECT_TRUE(eventually([&] { return first.fault().empty(); }));
}

TEST_F(SenderTest, WhatFiresIsRepeatedWhileMessagesFail) {
  std::atomic<int> repeated = 0;
  const auto firing = [](const std::string&) { return std::vector<Message>{test_message("firing", {})}; };
  Replica replica(runtime_, store_, transport_, config_, 15s, firing, std::make_unique<ForgetfulReceiver>(repeated));
  add(replica.turn(), {"a1", "b1", "c1", "d1", "e1", "f1", "g1", "h1"});
  ASSERT_TRUE(eventually([&] { return store_.messages(MessageState::waiting, 9).back().attempts == 1; }));
  const int before = repeated;
  EXPECT_TRUE(eventually([&] { return repeated > before + 2; }));
}

TEST_F(SenderTest, AnEndThatCannotBeWrittenIsNotRepeated) {
  Replica replica = this->replica();
  const store::AlertTurn turn = replica.turn();
  transport_.hold(true);
  add(turn, {"x1"});
  ASSERT_TRUE(eventually([&] { return called().size() == 1; }));
  store_.lose(true);
  transport_.hold(false);
  std::this_thread::sleep_for(50ms);
  store_.lose(false);
  ASSERT_TRUE(all_delivered(1));
  EXPECT_THAT(called(), ElementsAre("x1"));
}

TEST_F(SenderTest, WhatIsNoMessageIsDead) {
  Replica replica = this->replica();
  ASSERT_TRUE(
      store_.advance_alerts(replica.turn(), {.messages = {{"x1", "chat", "x", "{}"}, {"x2", "mail", "x", "{}"}}}));
  ASSERT_TRUE(eventually([&] { return ids(MessageState::dead).size() == 1; }));
  EXPECT_THAT(store_.messages(MessageState::dead, 1).at(0).error, HasSubstr("the outbox holds no message"));
  EXPECT_THAT(ids(MessageState::waiting), ElementsAre("x2")) << "not for this receiver";
  EXPECT_THAT(called(), IsEmpty());
}

TEST_F(SenderTest, WhatFiresIsRepeatedForReceiversThatForget) {
  Replica webhook = replica();
  webhook.turn();
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(repeats_, 0);
  webhook.stop();
  config_.kind = "alertmanager";
  config_.alertmanager.urls = {"http://a:9093"};
  const Replica repeating = replica();
  ASSERT_TRUE(eventually([&] { return transport_.calls().size() == 1; }));
  EXPECT_EQ(repeats_, 1);
  EXPECT_THAT(transport_.calls().at(0).body, HasSubstr("VacancyTest"));
}

/// The sender as a whole, with receivers that nobody listens for.
class WholeSenderTest : public SenderTest {
 protected:
  WholeSenderTest() {
    config_.webhook.url = "http://127.0.0.1:1/";
    lease_ended_ = support::start(runtime_.background(), lease_.run());
    sender_ended_ = support::start(runtime_.background(), sender_.run());
  }
  ~WholeSenderTest() override {
    on(runtime_.background(), [this] { sender_.stop(); });
    sender_ended_.get();
    on(runtime_.background(), [this] { lease_.stop(); });
    lease_ended_.get();
  }
  void configure(std::vector<config::AlertReceiver> receivers) {
    on(runtime_.background(), [&] { sender_.configure(receivers); });
  }
  base::Result<void> test(const std::string& receiver) {
    return support::start(runtime_.background(), sender_.test(receiver, base::system_clock().wall_now())).get();
  }
  store::AlertTurn turn() {
    EXPECT_TRUE(eventually([&] { return on(runtime_.background(), [&] { return lease_.turn().has_value(); }); }));
    return on(runtime_.background(), [&] { return lease_.turn()->turn; });
  }

  base::Metrics metrics_;
  base::Fault fault_{"the database"};
  store::Caller caller_{2, metrics_};
  Lease lease_{runtime_.background().get_executor(), store_, caller_, fault_, "a", 15s, [this] { sender_.wake(); }};
  Sender sender_{{}, {store_, caller_, fault_, lease_}, Firing(), metrics_, runtime_.background().get_executor()};
  std::future<void> lease_ended_, sender_ended_;
};

TEST_F(WholeSenderTest, SendsToTheReceiversOfNow) {
  add(turn(), {"x1"});
  configure({config_});
  ASSERT_TRUE(eventually([&] { return store_.messages(MessageState::waiting, 1).at(0).attempts > 0; }));
  EXPECT_THAT(store_.messages(MessageState::waiting, 1).at(0).error, HasSubstr("cannot connect"));
  configure({});
  const auto attempts = [&] { return store_.messages(MessageState::waiting, 1).at(0).attempts; };
  configure({});
  const auto before = attempts();
  config_.webhook.url = "http://127.0.0.1:2/";
  configure({config_});
  ASSERT_TRUE(eventually([&] { return attempts() > before; }));
  EXPECT_THAT(store_.messages(MessageState::waiting, 1).at(0).error, HasSubstr("port 2"));
}

TEST_F(WholeSenderTest, ACountThatFailsLeavesTheNumbers) {
  configure({config_});
  add(turn(), {"x1"});
  const auto count = [&] { return support::start(runtime_.background(), sender_.count()).get(); };
  const auto& waiting = metrics_.gauge("vacancy_alert_outbox", "", {{"receiver", "chat"}});
  count();
  EXPECT_EQ(waiting.Value(), 1);
  store_.refuses_to_count = true;
  count();
  EXPECT_EQ(waiting.Value(), 1);
}

/// Gives each connection the same bytes once it has sent a line, and says no more, or closes it.
class Mute {
 public:
  explicit Mute(std::string answer, bool closes = false)
      : answer_(std::move(answer)), closes_(closes), thread_([this] { serve(); }) {}
  ~Mute() {
    ended_ = true;
    boost::system::error_code ignored;
    tcp::socket(context_).connect(acceptor_.local_endpoint(), ignored);
    thread_.join();
  }
  std::string url() const { return fmt::format("http://127.0.0.1:{}/", acceptor_.local_endpoint().port()); }

 private:
  void serve() {
    std::vector<tcp::socket> open;
    while (!ended_) {
      boost::system::error_code ignored;
      tcp::socket& socket = open.emplace_back(acceptor_.accept());
      std::string request;
      if (!ended_) boost::asio::read_until(socket, boost::asio::dynamic_buffer(request), "\r\n", ignored);
      boost::asio::write(socket, boost::asio::buffer(answer_), ignored);
      if (closes_) socket.shutdown(tcp::socket::shutdown_send, ignored);
    }
  }

  std::string answer_;
  bool closes_;
  std::atomic<bool> ended_ = false;
  boost::asio::io_context context_;
  tcp::acceptor acceptor_{context_, {boost::asio::ip::make_address("127.0.0.1"), 0}};
  std::thread thread_;
};

TEST_F(WholeSenderTest, AStatusThatHasComeDecides) {
  constexpr const char* kEndless = "HTTP/1.1 {}\r\nContent-Length: 99999999\r\n\r\nsome";
  config_.timeout = 500ms;
  const Mute takes(fmt::format(kEndless, "202 Accepted")), refuses(fmt::format(kEndless, "413 Too Large"));
  const Mute large(fmt::format(kEndless, "200 OK") + std::string(1 << 16, 'x')), none("HTTP/1.1 200 OK\r\n");
  const auto told = [&](const Mute& server) {
    config_.webhook.url = server.url();
    configure({config_});
    const auto sent = test("chat");
    return sent ? "delivered" : sent.error().message;
  };
  EXPECT_EQ(told(takes), "delivered");
  EXPECT_THAT(told(refuses), HasSubstr("answered 413 Too Large: some"));
  EXPECT_THAT(told(none), HasSubstr("500ms")) << "its head is not complete";
  const Mute cut(fmt::format(kEndless, "200 OK"), true), refuses_cut(fmt::format(kEndless, "413 Too Large"), true);
  EXPECT_THAT(told(cut), HasSubstr("cut off"));
  const Mute cut_head("HTTP/1.1 200 OK\r\nContent-Le", true), cut_before_end("HTTP/1.1 200 OK\r\nA: b\r\n", true);
  EXPECT_THAT(told(cut_head), HasSubstr("cut off"));
  EXPECT_THAT(told(cut_before_end), HasSubstr("cut off"));
  EXPECT_THAT(told(refuses_cut), HasSubstr("answered 413"));
  config_.timeout = 5min;
  EXPECT_EQ(told(large), "delivered") << "at once";
}

TEST_F(WholeSenderTest, ATestTellsWhatIsWrong) {
  configure({config_});
  EXPECT_EQ(test("nobody").error().code, base::Errc::not_found);
  const auto failed = test("chat");
  EXPECT_EQ(failed.error().code, base::Errc::unavailable);
  EXPECT_THAT(failed.error().message, HasSubstr("chat: cannot connect"));
  EXPECT_THAT(ids(MessageState::waiting), IsEmpty()) << "it is not tried again";
}

}  // namespace
}  // namespace alert
