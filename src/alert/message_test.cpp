// The JSON of messages, and what they tell people.
#include "alert/message.hpp"

#include <gmock/gmock.h>

#include "alert/wording.hpp"

namespace alert {
namespace {

using testing::HasSubstr;

const base::Time kAt = base::parse_rfc3339("2026-11-24T13:22:05.123Z").value();

Message example() {
  Message message{.id = "gpu-0123",
                  .rule = "gpu",
                  .severity = config::Severity::critical,
                  .kind = Kind::firing,
                  .at = kAt,
                  .group = {{"provider", "Amazon"}},
                  .still_firing = 2};
  message.items.push_back({.subject = "Amazon/c5",
                           .profile = {"Amazon", "c5"},
                           .level = core::Level::high,
                           .from = core::Level::low,
                           .reason = "4 of 8 \"nodes\" idle\n",
                           .since = kAt,
                           .at = kAt,
                           .labels = {{"region", "eu"}},
                           .url = "https://v.example.org/profile/Amazon/c5",
                           .text = "Amazon/c5 is HIGH"});
  message.items.push_back({.about = Subject::set, .subject = "größe", .firing = false, .since = kAt, .at = kAt});
  word(message, {});
  return message;
}

TEST(Message, ItsJsonReadsBack) {
  EXPECT_EQ(parse_message(to_json(example())).value(), example()) << to_json(example());
  const Message test = test_message("test-1", kAt);
  EXPECT_EQ(parse_message(to_json(test)).value(), test);
  EXPECT_EQ(parse_item(to_json(example().items[0])).value(), example().items[0]);
}

TEST(Message, EachProfileIsASubjectOfItsOwn) {
  EXPECT_EQ(subject_of({"Amazon", "c5/large"}), "Amazon/c5/large");
  EXPECT_EQ(subject_of({"q/r", "c"}), "q~1r/c");
  EXPECT_EQ(subject_of({"q", "r/c"}), "q/r/c");
  EXPECT_EQ(subject_of({"q~1r", "c"}), "q~01r/c");
  for (const core::ProfileKey& key : std::vector<core::ProfileKey>{
           {"a", "b"}, {"q/r", "c"}, {"q", "r/c"}, {"~", "/"}, {"~1", "~1"}, {"/~0/", "~/~"}, {"1~", "0"}})
    EXPECT_EQ(profile_of(subject_of(key)), key) << subject_of(key);
  for (const char* other : {"", "/", "~", "~/", "a"}) EXPECT_NO_THROW(profile_of(other)) << other;
}

TEST(Message, OtherJsonIsRefused) {
  const std::string whole = to_json(example());
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(parse_message(std::string_view(whole).substr(0, size)));
  for (const std::string text : {"null", "[]", "{}", "{\"id\":1}"}) EXPECT_FALSE(parse_message(text)) << text;
  for (const std::string word : {"critical", "firing", "provider", "profile", "2026"}) {
    std::string other = whole;
    other.replace(other.find(word), word.size(), "xxxx");
    if (word != "provider") EXPECT_FALSE(parse_message(other)) << other;
  }
}

TEST(Wording, IsPlain) {
  Message message = example();
  EXPECT_EQ(message.title, "gpu: 1 alert (Amazon/c5), 1 over (größe)");
  EXPECT_EQ(message.text,
            "Amazon/c5 is HIGH (2026-11-24 13:22:05 UTC)\n"
            "Over:  (2026-11-24 13:22:05 UTC)\n"
            "Rule gpu, severity critical, provider Amazon; 2 alerts of this group fire now.");
  message.still_firing = 1;
  message.group.clear();
  word(message, {});
  EXPECT_THAT(message.text, testing::EndsWith("severity critical; 1 alert of this rule fires now."));
  message.items.resize(1);
  message.kind = Kind::reminder;
  word(message, {.zone = base::TimeZone::find("+02:00").value(), .zone_name = "+02:00"});
  EXPECT_EQ(message.title, "Still: Amazon/c5 is HIGH");
  EXPECT_THAT(message.text, HasSubstr("(since 2026-11-24 15:22:05 +02:00)"));
}

TEST(Wording, SaysWhatHappened) {
  const config::AlertCondition profiles{.reaches = core::Level::high}, set{.set = "s"}, blind{.blind = "*"},
      budget{.budget = "*"};
  Item item = example().items[0];
  item.reason = "4 of 8 nodes idle";
  EXPECT_EQ(sentence_of(item, profiles), "Amazon/c5 is HIGH (was LOW): 4 of 8 nodes idle");
  item.reason.clear();
  item.from.reset();
  EXPECT_EQ(sentence_of(item, profiles), "Amazon/c5 is HIGH");
  Item other{.about = Subject::set, .subject = "s"};
  EXPECT_EQ(sentence_of(other, set), "Nothing is left of set s, MEDIUM or better");
  other.about = Subject::probe;
  EXPECT_EQ(sentence_of(other, blind), "Vacancy is blind for probe s");
  other.reason = "8 % of a budget left";
  EXPECT_EQ(sentence_of(other, budget), "Probe s has 8 % of a budget left");
  EXPECT_EQ(farewell_to(other), "probe s is no longer watched");
}

TEST(Wording, LinksToThePage) {
  Item item{.subject = "A b/c/d", .profile = {"A b", "c/d"}};
  EXPECT_EQ(url_of(item, ""), "");
  EXPECT_EQ(url_of(item, "https://v.example.org/x"), "https://v.example.org/x/profile/A%20b/c%2Fd");
  item.profile = {"eu/1", "gpu"};
  EXPECT_EQ(url_of(item, "https://v.example.org"), "https://v.example.org/profile/eu%2F1/gpu");
  item.about = Subject::set;
  item.subject = "cfd";
  EXPECT_EQ(url_of(item, "https://v.example.org"), "https://v.example.org/set/cfd");
}

}  // namespace
}  // namespace alert
