#include "alert/forms.hpp"

#include <gmock/gmock.h>

#include <boost/json.hpp>
#include <set>

namespace alert {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A name with all that services take for markup, a link or a call of everybody.
constexpr const char* kNasty = R"(<!channel> & @here "a" *b* _c_ [d](http://e) `f` \g <https://h|i>)";

Message message() {
  Message message;
  message.id = "m-1";
  message.rule = "gpus";
  message.severity = config::Severity::error;
  message.at = base::Time{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}};
  message.group = {{"provider", "Amazon"}};
  message.still_firing = 2;
  message.items.resize(2);
  message.title = "Amazon: 2 alerts";
  message.text = "Amazon/c5 is HIGH\nAmazon/p4 is HIGH";
  return message;
}

Message nasty() {
  Message nasty = message();
  nasty.items.resize(1);
  nasty.items.front().url = "https://vacancy.example/hardware/Amazon/c5";
  nasty.title = kNasty;
  nasty.text = std::string("second ") + kNasty + "\nline";
  return nasty;
}

/// The value at a JSON pointer.
std::string at(const std::string& body, std::string_view pointer) {
  const boost::json::value value = boost::json::parse(body);
  return std::string(value.at_pointer(pointer).as_string());
}

TEST(Forms, Slack) {
  EXPECT_EQ(slack_body(message()),
            R"({"text":"Amazon: 2 alerts\nAmazon/c5 is HIGH\nAmazon/p4 is HIGH","mrkdwn":false})");
  const std::string text = at(slack_body(nasty()), "/text");
  EXPECT_THAT(text, HasSubstr("&lt;!channel&gt; &amp; @\u200Bhere \"a\" *b*"));
  const std::string told = text.substr(0, text.rfind('\n'));
  EXPECT_THAT(told, Not(HasSubstr("<")));
  EXPECT_THAT(told, Not(HasSubstr(">")));
  EXPECT_THAT(text, testing::EndsWith("\n<https://vacancy.example/hardware/Amazon/c5>")) << "our own link";
}

TEST(Forms, Mattermost) {
  EXPECT_EQ(mattermost_body(message()), R"({"text":"**Amazon: 2 alerts**\n\nAmazon/c5 is HIGH\nAmazon/p4 is HIGH"})");
  const std::string text = at(mattermost_body(nasty()), "/text");
  EXPECT_THAT(text, testing::StartsWith(
                        "**[\\<\\!channel\\> \\& @\u200Bhere \"a\" \\*b\\* \\_c\\_ \\[d\\]\\(http:\u200B//e\\)"));
  EXPECT_THAT(text, HasSubstr("](<https://vacancy.example/hardware/Amazon/c5>)**\n\nsecond \\<\\!channel\\>"));
  EXPECT_THAT(text, Not(HasSubstr("@here")));
  EXPECT_THAT(text, Not(HasSubstr("<!channel>")));
}

TEST(Forms, NothingInATextIsALinkOrAPicture) {
  Message message = alert::message();
  message.items.clear();
  message.title = "https://evil.example :fire: www.evil.example :+1: at 13:22:05, a:b and HIGH: yes :100: 5:x:y";
  message.text = "";
  const std::string told =
      "https:\u200B//evil.example :\u200Bfire: w\u200Bww.evil.example :\u200B+1: at 13:22:05, a:b and HIGH: yes "
      ":\u200B100: 5:\u200Bx:y";
  EXPECT_EQ(at(slack_body(message), "/text"), told);
  EXPECT_EQ(at(mattermost_body(message), "/text"), "**" + told + "**");
}

TEST(Forms, SlackHasTheLinksOfAll) {
  Message message = alert::message();
  message.items = {{.subject = "a/x", .url = "https://v/1"},
                   {.subject = "a/y", .url = "https://v/2?a&b"},
                   {.subject = "a/x", .url = "https://v/1"}};
  EXPECT_THAT(at(slack_body(message), "/text"), testing::EndsWith("\n<https://v/2?a&amp;b>\n<https://v/1>"));
}

TEST(Forms, Teams) {
  EXPECT_EQ(
      teams_body(message()),
      R"({"type":"message","attachments":[{"contentType":"application/vnd.microsoft.card.adaptive","content":)"
      R"({"$schema":"http://adaptivecards.io/schemas/adaptive-card.json","type":"AdaptiveCard","version":"1.4",)"
      R"("body":[{"type":"RichTextBlock","inlines":[{"type":"TextRun","text":"Amazon: 2 alerts","weight":"Bolder"}]},)"
      R"({"type":"RichTextBlock","inlines":[{"type":"TextRun","text":"Amazon/c5 is HIGH"}]},)"
      R"({"type":"RichTextBlock","inlines":[{"type":"TextRun","text":"Amazon/p4 is HIGH"}]}]}}]})");
  const std::string body = teams_body(nasty());
  EXPECT_EQ(at(body, "/attachments/0/content/body/0/inlines/0/text"), kNasty) << "a text run is no markup";
  EXPECT_EQ(at(body, "/attachments/0/content/actions/0/url"), "https://vacancy.example/hardware/Amazon/c5");
}

TEST(Forms, Ntfy) {
  EXPECT_EQ(ntfy_body(message(), "gpu-news"),
            R"({"topic":"gpu-news","title":"Amazon: 2 alerts","message":"Amazon/c5 is HIGH\nAmazon/p4 is HIGH",)"
            R"("priority":4,"tags":["error","firing"]})");
  EXPECT_EQ(at(ntfy_body(nasty(), "t"), "/title"), kNasty);
  EXPECT_EQ(at(ntfy_body(nasty(), "t"), "/click"), "https://vacancy.example/hardware/Amazon/c5");
  Message over = message();
  over.kind = Kind::resolved;
  EXPECT_THAT(ntfy_body(over, "t"), HasSubstr(R"("priority":2,"tags":["error","resolved"])"));
}

TEST(Forms, NothingIsSaidTwice) {
  Message one = message();
  one.items.resize(1);
  one.items.front().text = "Amazon/c5 is HIGH";
  one.text = "Amazon/c5 is HIGH (2026-11-24 13:22:05 UTC)\nRule gpus.";
  for (const char* before : {"", "Still: ", "Over: "}) {
    one.title = before + one.items.front().text;
    EXPECT_EQ(at(slack_body(one), "/text"), one.title + "\n(2026-11-24 13:22:05 UTC)\nRule gpus.");
    EXPECT_EQ(at(ntfy_body(one, "t"), "/message"), "(2026-11-24 13:22:05 UTC)\nRule gpus.");
  }
  EXPECT_THAT(at(mattermost_body(one), "/text"), testing::EndsWith("**\n\n\\(2026-11-24 13:22:05 UTC\\)\nRule gpus."));
  EXPECT_EQ(at(teams_body(one), "/attachments/0/content/body/1/inlines/0/text"), "(2026-11-24 13:22:05 UTC)");
}

TEST(Forms, PagerDuty) {
  const std::string key = at(pagerduty_body(message(), "key"), "/dedup_key");
  EXPECT_THAT(key, testing::MatchesRegex("vacancy/gpus/[0-9a-f]+"));
  EXPECT_EQ(
      pagerduty_body(message(), "key"),
      R"({"routing_key":"key","event_action":"trigger","dedup_key":")" + key +
          R"(","payload":)"
          R"({"summary":"Amazon: 2 alerts","source":"Vacancy","severity":"error","timestamp":"2026-11-24T00:00:00.000Z",)"
          R"("class":"gpus","custom_details":{"id":"m-1","text":"Amazon/c5 is HIGH\nAmazon/p4 is HIGH"}},)"
          R"("client":"Vacancy"})");
  EXPECT_EQ(at(pagerduty_body(nasty(), "key"), "/client_url"), "https://vacancy.example/hardware/Amazon/c5");
}

TEST(Forms, AnIncidentOfPagerDutyEndsWhenNothingFires) {
  Message over = message();
  over.kind = Kind::resolved;
  over.still_firing = 1;
  EXPECT_FALSE(is_for_pagerduty(over)) << "good news is no event";
  EXPECT_TRUE(is_for_pagerduty(message()));
  over.still_firing = 0;
  EXPECT_TRUE(is_for_pagerduty(over));
  EXPECT_EQ(at(pagerduty_body(over, "key"), "/event_action"), "resolve");
  EXPECT_EQ(at(pagerduty_body(over, "key"), "/dedup_key"), at(pagerduty_body(message(), "key"), "/dedup_key"))
      << "the same incident";
  const Message test = test_message("t-1", message().at);
  EXPECT_EQ(at(pagerduty_body(test, "key"), "/event_action"), "trigger");
  EXPECT_EQ(at(pagerduty_body(test, "key"), "/dedup_key"), "vacancy/test/t-1");
}

TEST(Forms, IncidentsOfOthersAreOthers) {
  std::set<std::string> keys;
  const auto add = [&](const std::string& source, const std::map<std::string, std::string>& group) {
    Message message = alert::message();
    message.source = source;
    message.group = group;
    keys.insert(at(pagerduty_body(message, "key"), "/dedup_key"));
  };
  add("https://one", {{"a", "x"}, {"b", "y"}});
  add("https://two", {{"a", "x"}, {"b", "y"}});
  add("https://one", {{"a", "x/b=y"}});
  EXPECT_EQ(keys.size(), 3U);
}

TEST(Forms, ALongGroupHasAShortKey) {
  Message first = message(), second = message();
  first.group["region"] = std::string(300, 'x');
  second.group["region"] = std::string(300, 'y');
  const std::string key = at(pagerduty_body(first, "key"), "/dedup_key");
  EXPECT_LE(key.size(), 255U);
  EXPECT_NE(key, at(pagerduty_body(second, "key"), "/dedup_key"));
}

TEST(Forms, ALongTextIsShortened) {
  Message large = message();
  large.text.clear();
  while (large.text.size() < 200'000) large.text += "\u00e4<\n";
  large.title = std::string(5'000, 't');
  EXPECT_LE(slack_body(large).size(), 80'000U);
  EXPECT_LE(mattermost_body(large).size(), 16'000U);
  EXPECT_LE(teams_body(large).size(), 28'000U);
  EXPECT_LE(at(ntfy_body(large, "t"), "/message").size(), 4'096U);
  EXPECT_LE(at(pagerduty_body(large, "k"), "/payload/summary").size(), 1'024U);
  EXPECT_TRUE(at(slack_body(large), "/text").ends_with("\u2026"));
}

}  // namespace
}  // namespace alert
