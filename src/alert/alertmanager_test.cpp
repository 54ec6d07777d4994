#include "alert/alertmanager.hpp"

#include <gmock/gmock.h>

#include "base/runtime.hpp"
#include "support/eventually.hpp"
#include "support/scripted_transport.hpp"

namespace alert {
namespace {

using namespace std::chrono_literals;
using support::ScriptedTransport;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr base::Time kNow{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}};

Message message() {
  Item item;
  item.profile = {"Amazon", "c5/large"};
  item.subject = subject_of(item.profile);
  item.reason = "4 of 8 nodes idle";
  item.since = kNow - 10min;
  item.at = kNow - 5min;
  item.labels = {{"gpu.kind", "A\"100"}, {"name", "of a label"}, {"2nd", "x"}, {"empty", ""}};
  item.url = "https://vacancy.example/hardware/Amazon/c5%2Flarge";
  item.text = "Amazon/c5/large is HIGH";
  Message message;
  message.id = "m-1";
  message.rule = "gpus";
  message.items = {item};
  return message;
}

TEST(Alertmanager, AFiringItemEndsLaterThanItIsRepeated) {
  EXPECT_EQ(alerts_of({message()}, kNow),
            R"([{"labels":{"alertname":"gpus","severity":"warning","provider":"Amazon","name":"c5/large",)"
            R"("_2nd":"x","gpu_kind":"A\"100"},"annotations":{"summary":"Amazon/c5/large is HIGH","message_id":"m-1",)"
            R"("description":"4 of 8 nodes idle"},"startsAt":"2026-11-23T23:50:00.000Z",)"
            R"("endsAt":"2026-11-24T00:05:00.000Z",)"
            R"("generatorURL":"https://vacancy.example/hardware/Amazon/c5%2Flarge"}])");
}

TEST(Alertmanager, AProviderMayHaveASlash) {
  Message slash = message();
  slash.items.front().profile = {"eu/1", "gpu"};
  slash.items.front().subject = subject_of({"eu/1", "gpu"});
  EXPECT_THAT(alerts_of({slash}, kNow), HasSubstr(R"("provider":"eu/1","name":"gpu")"));
}

TEST(Alertmanager, AnItemThatIsOverHasEnded) {
  Message over = message();
  over.items.front().firing = false;
  EXPECT_THAT(alerts_of({over}, kNow),
              HasSubstr(R"("startsAt":"2026-11-23T23:50:00.000Z","endsAt":"2026-11-23T23:55:00.000Z")"));
  over.items.front().since = kNow;
  EXPECT_THAT(alerts_of({over}, kNow), HasSubstr(R"("endsAt":"2026-11-24T00:00:00.000Z")")) << "never before its begin";
}

TEST(Alertmanager, SetsAndProbesAreLabels) {
  Message sets = message();
  sets.items.front() = {.about = Subject::set, .subject = "cfd"};
  EXPECT_THAT(alerts_of({sets}, kNow), HasSubstr(R"({"alertname":"gpus","severity":"warning","set":"cfd"})"));
  sets.items.front().about = Subject::probe;
  EXPECT_THAT(alerts_of({sets}, kNow), HasSubstr(R"({"alertname":"gpus","severity":"warning","probe":"cfd"})"));
}

TEST(Alertmanager, ATestEndsByItself) {
  EXPECT_THAT(alerts_of({test_message("t", kNow)}, kNow),
              HasSubstr(R"("startsAt":"2026-11-24T00:00:00.000Z","endsAt":"2026-11-24T00:01:00.000Z")"));
}

class AlertmanagerTest : public testing::Test {
 protected:
  AlertmanagerTest() { runtime_.start(); }
  Delivery deliver(const Message& message) {
    return support::start(runtime_.background(), receiver_->deliver(message, sending())).get();
  }
  Delivery repeat(std::vector<Message> firing) {
    return support::start(runtime_.background(), receiver_->repeat(std::move(firing), sending())).get();
  }
  static Sending sending() { return {.now = kNow, .deadline = std::chrono::steady_clock::now() + 10s}; }

  base::Runtime runtime_{1};
  ScriptedTransport transport_;
  config::AlertmanagerOptions options_{.urls = {"http://a:9093", "http://b:9093/prefix/"}};
  std::unique_ptr<Receiver> receiver_ = receiver_of(options_, transport_.transport());
};

TEST_F(AlertmanagerTest, AllOfAClusterHear) {
  EXPECT_EQ(deliver(message()).outcome, Outcome::delivered);
  std::vector<std::string> urls;
  for (const auto& call : transport_.calls()) {
    urls.push_back(call.url);
    EXPECT_EQ(call.body, alerts_of({message()}, kNow));
  }
  EXPECT_THAT(urls, ElementsAre("http://a:9093/api/v2/alerts", "http://b:9093/prefix/api/v2/alerts"));
}

TEST_F(AlertmanagerTest, OneThatHearsIsEnough) {
  transport_.answer([](const probe::Request& request) -> ScriptedTransport::Answer {
    if (request.url.contains("a:9093")) return std::unexpected("cannot connect");
    return ScriptedTransport::status(200);
  });
  const Delivery delivery = deliver(message());
  EXPECT_EQ(delivery.outcome, Outcome::delivered);
  EXPECT_EQ(delivery.error, "http://a:9093 cannot connect");
}

TEST_F(AlertmanagerTest, NoneThatHearsIsAFailure) {
  transport_.answer([](const probe::Request& request) -> ScriptedTransport::Answer {
    if (request.url.contains("a:9093")) return ScriptedTransport::status(400);
    return ScriptedTransport::status(503);
  });
  const Delivery delivery = deliver(message());
  EXPECT_EQ(delivery.outcome, Outcome::failed) << "the other may take it later";
  EXPECT_EQ(delivery.error, "http://a:9093 answered 400 Words; http://b:9093/prefix/ answered 503 Words");
}

TEST_F(AlertmanagerTest, RepeatsAllThatFiresInParts) {
  EXPECT_GT(receiver_->repeat_every(), 0s);
  EXPECT_LT(2 * receiver_->repeat_every(), kAlertmanagerBelieves);
  EXPECT_EQ(repeat({}).outcome, Outcome::delivered);
  EXPECT_THAT(transport_.calls(), IsEmpty());
  std::vector<Message> many(2500, message());
  EXPECT_EQ(repeat(many).outcome, Outcome::delivered);
  EXPECT_THAT(transport_.calls(), SizeIs(6));
  transport_.answer([](const auto&) { return ScriptedTransport::status(500); });
  EXPECT_EQ(repeat(many).outcome, Outcome::failed);
}

}  // namespace
}  // namespace alert
