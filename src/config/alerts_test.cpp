#include <gmock/gmock.h>

#include <fstream>

#include "base/error.hpp"
#include "config/load.hpp"
#include "config/print.hpp"
#include "config/scalar.hpp"
#include "support/temp_dir.hpp"

namespace config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class AlertsConfigTest : public testing::Test {
 protected:
  Config read(const std::string& text) {
    std::ofstream(dir_ / "c.yaml") << text;
    return load(dir_ / "c.yaml", {});
  }
  std::string error(const std::string& text) {
    try {
      read(text);
    } catch (const base::UsageError& error) {
      return error.what();
    }
    return "no complaint";
  }
  /// Of a rule beside a good receiver.
  std::string error_of_rule(const std::string& rule) {
    return error("alerts: {receivers: [{name: team, url: 'https://example.org/'}], rules: [" + rule + "]}\n");
  }
  std::string error_of_receiver(const std::string& receiver) {
    return error("alerts: {receivers: [" + receiver + "]}\n");
  }

  support::TempDir dir_;
};

TEST_F(AlertsConfigTest, AMinimalRuleIsThreeLines) {
  const AlertsConfig alerts = read(R"(
alerts:
  receivers: [{name: me, template: ntfy, url: 'https://ntfy.sh/our-gpus'}]
  rules:
    - name: gpu
      profiles: [our-cluster/gpu]
      when: {reaches: HIGH}
)")
                                  .alerts;
  ASSERT_EQ(alerts.rules.size(), 1U);
  EXPECT_EQ(alerts.rules[0].when.reaches, core::Level::high);
  EXPECT_THAT(alerts.rules[0].profiles, ElementsAre("our-cluster/gpu"));
  EXPECT_EQ(alerts.rules[0].keep_firing_for, 5min);
  ASSERT_EQ(alerts.receivers.size(), 1U);
  EXPECT_EQ(alerts.receivers[0].webhook.form, WebhookForm::ntfy);
}

constexpr const char* kAll = R"(
probes: [{name: clouds, budget: [10/1h]}]
sets: {cfd: [a/x, b/*]}
alerts:
  time_zone: Europe/Berlin
  quiet_hours: ["22:00-07:00", "Sat,Sun"]
  receivers:
    - {name: hook, url_file: /run/secrets/url, secret_file: /run/secrets/key, header_files: ['X-Key: /run/secrets/x']}
    - {name: duty, template: pagerduty, routing_key_file: /run/secrets/pagerduty}
    - {name: mail, kind: email, server: 'smtp://mail.example.org:587', from: vacancy@example.org, to: [a@example.org],
       username: vacancy, password_file: /run/secrets/mail}
    - {name: am, kind: alertmanager, urls: ['http://am-0:9093', 'http://am-1:9093'], timeout: 5s, give_up_after: 1h}
  rules:
    - name: gone
      when: {below: MEDIUM}
      for: 5m
      keep_firing_for: 10m
      profiles: ['our-*/gpu*']
      labels: {region: 'eu-*'}
      severity: critical
      send_to: [duty, mail]
      group_by: [provider, region]
      group_wait: 2s
      group_interval: 1m
      remind_every: 4h
      resolved: false
      quiet_hours: []
    - {name: blind, when: {blind: '*'}, quiet_hours: ["Mon-Fri 18:00-08:00"]}
    - {name: spent, when: {budget: clouds, left: 0.2}}
    - {name: empty, when: {set: cfd, at_least: HIGH}}
)";

TEST_F(AlertsConfigTest, PrintsWhatItReads) {
  const Config config = read(kAll);
  const AlertRule& gone = config.alerts.rules.at(0);
  EXPECT_EQ(gone.hold, 5min);
  EXPECT_EQ(gone.quiet_hours, std::vector<QuietHours>());
  EXPECT_EQ(gone.labels.at("region"), "eu-*");
  EXPECT_FALSE(config.alerts.rules.at(2).quiet_hours);
  EXPECT_EQ(config.alerts.receivers.at(2).email.to.size(), 1U);
  std::ofstream(dir_ / "printed.yaml") << to_yaml(config);
  EXPECT_EQ(load(dir_ / "printed.yaml", {}).alerts, config.alerts) << to_yaml(config);
}

TEST_F(AlertsConfigTest, OtherAlertsTakeThePlaceOfThese) {
  const Config around = read(kAll);
  const Config list = with_alerts("# new\n- {name: x, when: {set: cfd}}\n", "rules", around);
  ASSERT_EQ(list.alerts.rules.size(), 1U);
  EXPECT_EQ(list.alerts.rules[0].name, "x");
  EXPECT_EQ(list.alerts.receivers, around.alerts.receivers);
  const Config file =
      with_alerts("alerts: {rules: [{name: y, when: {set: ml}}]}\nsets: {ml: [a/x]}\n", "rules", around);
  EXPECT_EQ(file.alerts.rules.at(0).when.set, "ml");
  EXPECT_EQ(file.alerts.time_zone, "Europe/Berlin");
  const Config none = with_alerts("- {name: x, when: {reaches: HIGH}, send_to: [me]}", "rules", read("{}"));
  EXPECT_EQ(none.alerts.rules.at(0).send_to, std::vector<std::string>{"me"}) << "receivers may come later";
  EXPECT_TRUE(none.alerts.receivers.empty());
  for (const auto& [text, complaint] : std::map<std::string, std::string>{
           {"- {name: x, when: {set: cfg}}", "rules:1: alerts.rules[0].when.set: 'cfg' is no set"},
           {"alerts: {rules: [{nam: x}]}", "did you mean name?"},
           {"hello", "rules:1"},
           {"", "holds no configuration"}})
    try {
      with_alerts(text, "rules", around);
      ADD_FAILURE() << text;
    } catch (const base::UsageError& error) {
      EXPECT_THAT(error.what(), HasSubstr(complaint));
    }
}

TEST_F(AlertsConfigTest, TheEnvironmentReplacesLists) {
  const Config config = load({}, {{"VACANCY_ALERTS_RECEIVERS", "[{name: a, url: 'http://localhost/'}]"},
                                  {"VACANCY_ALERTS_RULES", "[{name: x, when: {reaches: low}}]"},
                                  {"VACANCY_ALERTS_QUIET_HOURS", "['Sat,Sun']"},
                                  {"VACANCY_ALERTS_TIME_ZONE", "+02:00"}});
  EXPECT_EQ(config.alerts.rules.at(0).when.reaches, core::Level::low);
  EXPECT_EQ(to_text(config.alerts.quiet_hours.at(0)), "Sat,Sun");
}

TEST_F(AlertsConfigTest, RefusesRulesThatMakeNoSense) {
  const std::pair<const char*, const char*> cases[] = {
      {"{name: a}", "rules[0].when: says nothing to wait for; give one of reaches, below"},
      {"{name: a, when: {reaches: HIGH, below: LOW}}", "is several conditions"},
      {"{name: a, when: {reaches: UNKNOWN}}", "'UNKNOWN' is not a level; use LOW, MEDIUM or HIGH"},
      {"{name: a, when: {below: LOW}}", "LOW is never given"},
      {"{name: 'a b', when: {reaches: LOW}}", "'a b' is not a name"},
      {"{name: a, when: {reaches: LOW}}, {name: a, when: {reaches: LOW}}", "rules[1].name: 'a' is there twice"},
      {"{name: a, when: {reaches: LOW}, send_to: [tema]}", "'tema' is no receiver; did you mean team?"},
      {"{name: a, when: {reaches: LOW}, send_to: []}", "send_to: names no receiver; leave it out to send to all"},
      {"{name: a, when: {reaches: LOW}, send_to: [team, team]}", "send_to[0]: 'team' is there twice"},
      {"{name: a, when: {reaches: LOW}, profiles: []}", "matches nothing"},
      {"{name: a, when: {reaches: LOW}, profiles: [gpu]}", "profiles[0]"},
      {"{name: a, when: {reaches: LOW}, labels: {'a b': x}}", "labels.a b"},
      {"{name: a, when: {reaches: LOW}, group_by: ['?']}", "group_by[0]"},
      {"{name: a, when: {set: cfd}}", "when.set: there are no sets"},
      {"{name: a, when: {blind: clouds}}", "'clouds' matches no probe"},
      {"{name: a, when: {below: HIGH, at_least: LOW}}", "at_least: is for set alone"},
      {"{name: a, when: {budget: '*'}}", "'*' matches no probe with a budget"},
      {"{name: a, when: {reaches: LOW, left: 0.2}}", "left: is for budget alone"},
      {"{name: a, when: {blind: '*'}, profiles: [a/b]}", "is for reaches and below alone"},
      {"{name: a, when: {blind: '*'}, group_by: [provider]}", "is for reaches and below alone"},
      {"{name: a, when: {reaches: LOW}, remind_every: 1s}", "is too short"},
      {"{name: a, when: {reaches: LOW}, quiet_hours: ['00:00-12:00', '12:00-24:00']}", "never end"},
      {"{name: a, when: {reaches: LOW}, quiet_hours: [night]}", "'night' are no quiet hours"},
      {"{name: a, whne: {reaches: LOW}}", "did you mean when?"},
      {"{name: a, when: {reaches: LOW}, severity: high}", "'high' is unknown"},
  };
  for (const auto& [rule, complaint] : cases) EXPECT_THAT(error_of_rule(rule), HasSubstr(complaint)) << rule;
  EXPECT_THAT(error("probes: [{name: p, budget: [1/1h]}]\nalerts: {receivers: [{name: a, url: 'http://x'}], rules: "
                    "[{name: a, when: {budget: p, left: 2}}]}"),
              HasSubstr("2 is not a part of a budget"));
  EXPECT_THAT(error("alerts: {rules: [{name: a, when: {reaches: LOW}}]}"), HasSubstr("nobody to send to"));
  EXPECT_THAT(error("sets: {cfd: [a/x]}\nalerts: {receivers: [{name: a, url: 'http://x'}], rules: [{name: a, when: "
                    "{set: cfg}}]}"),
              HasSubstr("'cfg' is no set; did you mean cfd?"));
  EXPECT_THAT(error("alerts: {time_zone: '../x'}"), HasSubstr("alerts.time_zone: '../x' is not a time zone"));
}

TEST_F(AlertsConfigTest, RefusesReceiversThatMakeNoSense) {
  const std::pair<const char*, const char*> cases[] = {
      {"{name: a}", "receivers[0].url: is missing"},
      {"{name: a, url: 'ftp://x'}", "'ftp://x' is no address here"},
      {"{name: a, url: 'https://user:secret@x'}", "without a password"},
      {"{name: a, url: 'https://x', url_file: y}", "keep one"},
      {"{name: a, url: 'https://x', template: slak}", "did you mean slack?"},
      {"{name: a, template: pagerduty}", "routing_key_file: is missing"},
      {"{name: a, url: 'https://x', routing_key_file: y}", "is for template: pagerduty alone"},
      {"{name: a, url: 'https://x', header_files: [Key]}", "is not a header with its file"},
      {"{name: a, kind: sms}", "kind: 'sms' is unknown"},
      {"{name: a, kind: email, url: x}", "unknown key"},
      {"{name: a, kind: email, server: x, from: a@b, to: [a@b]}", "'x' is no address here; write smtp://HOST"},
      {"{name: a, kind: email, server: 'smtp://x', from: me, to: [a@b]}", "'me' is no address"},
      {"{name: a, kind: email, server: 'smtp://x', from: a@b}", "to: is empty"},
      {"{name: a, kind: email, server: 'smtp://x', from: a@b, to: ['a@b, c@d']}", "to[0]"},
      {"{name: a, kind: email, server: 'smtps://x', tls: false, from: a@b, to: [a@b]}", "smtps:// is TLS"},
      {"{name: a, kind: email, server: 'smtp://x', username: u, from: a@b, to: [a@b]}", "give both or none"},
      {"{name: a, kind: email, server: 'smtp://x', tls: false, username: u, password_file: p, from: a@b, to: [a@b]}",
       "plain text"},
      {"{name: a, kind: alertmanager}", "urls: is empty"},
      {"{name: a, kind: alertmanager, urls: [am]}", "urls[0]"},
      {"{name: a, kind: alertmanager, urls: ['http://am/?x=1']}", "urls[0]: has more than a path"},
      {"{name: a, template: ntfy, url: 'https://ntfy.sh'}", "url: has no topic"},
      {"{name: a, template: ntfy, url: 'https://ntfy.sh/'}", "url: has no topic"},
      {"{name: a, template: ntfy, url: 'https://ntfy.sh/a.b%20c'}", "of 1 to 64 of A-Z a-z 0-9 _ -"},
      {"{name: a, url: 'https://x', header_files: ['vacancy-id: /f']}",
       "header_files[0]: Vacancy-Id is sent by itself"},
      {"{name: a, url: 'https://x', header_files: ['X: /f', 'Host: /f']}", "header_files[1]: Host is sent by itself"},
      {"{name: a, url: 'https://x', token_file: t, header_files: ['Authorization: /f']}", "two ways to log in"},
      {"{name: a, url: 'https://x', timeout: 0s}", "timeout"},
      {"{name: a, url: 'https://x'}, {name: a, url: 'https://x'}", "'a' is there twice"},
  };
  for (const auto& [receiver, complaint] : cases)
    EXPECT_THAT(error_of_receiver(receiver), HasSubstr(complaint)) << receiver;
}

TEST_F(AlertsConfigTest, APasswordInAUrlIsNotRepeated) {
  for (const std::string url : {"https://user:hunter2@x", "https://user:hu/nter2@x", "user:hunter2@x",
                                "http://hunter2@", "https://a@b:hunter2@x"}) {
    const std::string texts[] = {
        error_of_receiver("{name: a, url: '" + url + "'}"),
        error_of_receiver("{name: a, kind: email, server: '" + url + "', from: a@b, to: [a@b]}"),
        error_of_receiver("{name: a, kind: alertmanager, urls: ['" + url + "']}"),
        error("portal: {hardware_urls: ['" + url + "']}\n"),
        error("portal: {public_url: '" + url + "'}\n"),
        error("probes: [{name: a, kind: http, url: '" + url + " '}]\n")};
    for (const std::string& text : texts) {
      EXPECT_THAT(text, Not(HasSubstr("nter2"))) << url;
      EXPECT_THAT(text, Not(HasSubstr("no complaint"))) << url;
    }
  }
}

TEST(QuietHoursTest, ReadsTimesAndDays) {
  for (const std::string text : {"22:00-07:00", "Sat,Sun", "Mon,Tue,Wed,Thu,Fri 18:00-08:00", "Sun 00:30-24:00"}) {
    QuietHours hours;
    ASSERT_TRUE(assign(hours, text)) << text;
    EXPECT_EQ(to_text(hours), text);
  }
  QuietHours days;
  ASSERT_TRUE(assign(days, "fri-MON,wed"));
  EXPECT_EQ(to_text(days), "Mon,Wed,Fri,Sat,Sun");
  for (const std::string text :
       {"", "22:00", "7-8", "22:00-22:00", "25:00-26:00", "24:00-07:00", "Mon-", "Mon 7:00-8:00", "12:60-13:00",
        "Mon Tue", "22:00-07:00 Mon", "Mon,,Tue", "-1:00-07:00"}) {
    QuietHours hours;
    EXPECT_FALSE(assign(hours, text)) << text;
  }
}

TEST(QuietHoursTest, BelongToTheDayOnWhichTheyBegin) {
  QuietHours hours;
  ASSERT_TRUE(assign(hours, "Fri 22:00-07:00"));
  EXPECT_FALSE(hours.contains(4, 21h + 59min));
  EXPECT_TRUE(hours.contains(4, 22h));
  EXPECT_FALSE(hours.contains(4, 6h)) << "Thursday's night";
  EXPECT_TRUE(hours.contains(5, 6h + 59min));
  EXPECT_FALSE(hours.contains(5, 7h));
  EXPECT_FALSE(hours.contains(5, 23h));
  ASSERT_TRUE(assign(hours, "Sun 22:00-07:00"));
  EXPECT_TRUE(hours.contains(0, 0min));
  ASSERT_TRUE(assign(hours, "Sat"));
  EXPECT_TRUE(hours.contains(5, 23h + 59min));
  EXPECT_FALSE(hours.contains(6, 0min));
}

}  // namespace
}  // namespace config
