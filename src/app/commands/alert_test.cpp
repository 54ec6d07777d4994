// alert against a hardware service that answers what the test says.
#include <fstream>

#include "app/commands/administration.hpp"
#include "support/command_test.hpp"
#include "support/temp_dir.hpp"

namespace app {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class AlertTest : public support::CommandTest {
 protected:
  AlertTest() { std::ofstream(directory_ / "token") << "a-token-of-some-length\n"; }

  Ran alert(std::vector<std::string> words) {
    words.insert(words.begin(), "alert");
    words.insert(words.end(), {"--hardware-url", url(), "--token-file", directory_ / "token"});
    return run(add_alert, std::move(words));
  }

  support::TempDir directory_;
};

TEST_F(AlertTest, ListsRulesReceiversAndDeadLetters) {
  const std::string body = R"({"now":"2026-11-24T13:22:05.000Z","rules":[
    {"name":"gpu","condition":"reaches HIGH","severity":"info","send_to":["chat","mail"],"pending":1,"firing":1,"alerts":[
      {"subject":"a/x","state":"firing","since":"2026-11-24T13:00:00.000Z","level":"HIGH","reason":"4 \u001b[31midle"},
      {"subject":"a/y","state":"pending","since":"2026-11-24T13:01:00.000Z","level":"HIGH","reason":""}]}],
    "receivers":[{"name":"chat","kind":"webhook","waiting":2,"dead":1,"oldest":"2026-11-24T13:00:00.000Z"},
                 {"name":"mail","kind":"email","waiting":0,"dead":0}],
    "dead":[{"id":"gpu-01","receiver":"chat","title":"a/x is HIGH","created_at":"2026-11-24T13:00:00.000Z","attempts":9,
             "error":"answered 400","gave_up_at":"2026-11-24T13:10:00.000Z"}]})";
  will_answer({{200, body}});
  EXPECT_EQ(alert({"list"}).out,
            "gpu (info): reaches HIGH; to chat, mail: 1 firing, 1 pending\n"
            "  firing    a/x  HIGH  since 2026-11-24T13:00:00.000Z  4 ?[31midle\n"
            "  pending   a/y  HIGH  since 2026-11-24T13:01:00.000Z\n"
            "receiver chat (webhook): 2 waiting since 2026-11-24T13:00:00.000Z, 1 dead\n"
            "receiver mail (email): 0 waiting, 0 dead\n"
            "dead letter gpu-01 to chat: a/x is HIGH\n"
            "  9 attempts until 2026-11-24T13:10:00.000Z: answered 400\n");
  EXPECT_THAT(asked().back(), HasSubstr("GET /hardware/alerts [Bearer a-token-of-some-length]"));
  will_answer({{200, body}});
  EXPECT_EQ(alert({"list", "--json"}).out, body);
  will_answer({{200, R"({"now":"","rules":[],"receivers":[],"dead":[]})"}});
  EXPECT_THAT(alert({"list"}).out, HasSubstr("no rules"));
  std::string once = body;
  once.replace(once.find("\"attempts\":9"), 12, "\"attempts\":1");
  will_answer({{200, once}});
  EXPECT_THAT(alert({"list"}).out, HasSubstr("\n  1 attempt until"));
}

TEST_F(AlertTest, TestsAReceiver) {
  will_answer({{200, R"({"receiver":"chat","delivered":true})"}});
  const Ran ran = alert({"test", "chat"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out, "chat has taken the test message\n");
  EXPECT_THAT(asked().back(), AllOf(HasSubstr("POST /hardware/alerts/test "), HasSubstr(R"({"receiver":"chat"})")));
  will_answer({{503, R"({"detail":"chat: answered 500"})", "application/problem+json"}});
  const Ran failed = alert({"test", "chat"});
  EXPECT_EQ(failed.code, 1);
  EXPECT_THAT(failed.err, HasSubstr("chat: answered 500"));
  EXPECT_EQ(alert({"test"}).code, 2);
}

TEST_F(AlertTest, ReplaysRules) {
  const std::string body = R"({"from":"2026-11-24T00:00:00.000Z","to":"2026-11-25T00:00:00.000Z","messages":[
    {"id":"g-1","rule":"gpu","severity":"info","kind":"firing","at":"2026-11-24T13:00:00.000Z","title":"a/x is HIGH",
     "items":[{"text":"a/x is HIGH","firing":true}]},
    {"id":"g-2","rule":"gpu","severity":"info","kind":"resolved","at":"2026-11-24T14:00:00.000Z","title":"gpu: 2 over",
     "items":[{"text":"a/x is LOW","firing":false},{"text":"a/y is LOW","firing":false}]}],"more":true})";
  will_answer({{200, body}});
  EXPECT_EQ(alert({"replay", "gpu", "--from", "2026-11-24", "--to", "2026-11-25"}).out,
            "2026-11-24T13:00:00.000Z  firing    gpu  a/x is HIGH\n"
            "2026-11-24T14:00:00.000Z  resolved  gpu  gpu: 2 over\n"
            "  Over: a/x is LOW\n"
            "  Over: a/y is LOW\n"
            "2 messages from 2026-11-24T00:00:00.000Z to 2026-11-25T00:00:00.000Z, and more that are not shown\n");
  EXPECT_THAT(asked().back(),
              HasSubstr(R"({"rule":"gpu","from":"2026-11-24T00:00:00.000Z","to":"2026-11-25T00:00:00.000Z"})"));
  std::ofstream(directory_ / "rules.yaml") << "- {name: x}\n";
  will_answer({{400, R"({"detail":"rules:1: alerts.rules[0].when: says nothing"})", "application/problem+json"}});
  const Ran refused = alert({"replay", "--rules", directory_ / "rules.yaml", "--since", "7d"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr((directory_ / "rules.yaml") + ":1: alerts.rules[0].when: says nothing"));
  EXPECT_THAT(asked().back(), AllOf(HasSubstr(R"("rules":"- {name: x}\n")"), Not(HasSubstr("\"to\""))));
  EXPECT_THAT(alert({"replay", "--since", "soon"}).err, HasSubstr("--since"));
  EXPECT_THAT(alert({"replay", "--rules", directory_ / "none"}).err, HasSubstr("none"));
}

TEST_F(AlertTest, TriesDeadLettersAgain) {
  will_answer({{200, R"({"retried":0,"overtaken":2})"}, {200, R"({"retried":2})"}, {200, R"({"retried":1})"}});
  EXPECT_EQ(alert({"retry"}).out,
            "0 messages are tried again\n2 are not: later messages about the same group have arrived\n");
  EXPECT_EQ(alert({"retry"}).out, "2 messages are tried again\n");
  EXPECT_THAT(asked().back(), testing::EndsWith("{}"));
  EXPECT_EQ(alert({"retry", "gpu-01"}).out, "1 message is tried again\n");
  EXPECT_THAT(asked().back(), HasSubstr(R"({"id":"gpu-01"})"));
}

}  // namespace
}  // namespace app
