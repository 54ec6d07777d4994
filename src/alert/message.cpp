#include "alert/message.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "alert/json.hpp"
#include "base/json.hpp"
#include "config/scalar.hpp"

namespace alert {
namespace {

constexpr std::array<std::string_view, 3> kSubjects{"profile", "set", "probe"};
constexpr std::array<std::string_view, 4> kKinds{"firing", "resolved", "reminder", "test"};

/// More links help nobody.
constexpr std::size_t kMostPages = 20;

template <class T, std::size_t N>
T parse_word(std::string_view word, const std::array<std::string_view, N>& words) {
  const auto found = std::ranges::find(words, word);
  if (found == words.end()) throw BadJson(fmt::format("'{}' is unknown", word));
  return static_cast<T>(found - words.begin());
}

core::Level level_of(const boost::json::object& object, std::string_view key) {
  const auto level = core::parse_level(text_at(object, key));
  if (!level) throw BadJson(fmt::format("'{}' is no level", key));
  return *level;
}

config::Severity severity_at(const boost::json::object& object, std::string_view key) {
  config::Severity severity{};
  if (!config::assign(severity, text_at(object, key))) throw BadJson(fmt::format("'{}' is no severity", key));
  return severity;
}

boost::json::object item_object(const Item& item) {
  boost::json::object object{{"about", kSubjects[static_cast<std::size_t>(item.about)]}, {"subject", item.subject}};
  if (item.about == Subject::profile) {
    object["provider"] = item.profile.provider;
    object["name"] = item.profile.name;
  }
  object["firing"] = item.firing;
  object["level"] = core::to_string(item.level);
  if (item.from) object["from"] = core::to_string(*item.from);
  object["reason"] = item.reason;
  object["since"] = base::to_rfc3339(item.since);
  object["at"] = base::to_rfc3339(item.at);
  object["labels"] = to_object(item.labels);
  object["url"] = item.url;
  object["text"] = item.text;
  return object;
}

Item item_from(const boost::json::object& object) {
  Item item;
  item.about = parse_word<Subject>(text_at(object, "about"), kSubjects);
  item.subject = text_at(object, "subject");
  if (item.about == Subject::profile)
    item.profile = {std::string(text_at(object, "provider")), std::string(text_at(object, "name"))};
  item.firing = object.at("firing").as_bool();
  item.level = level_of(object, "level");
  if (object.contains("from")) item.from = level_of(object, "from");
  item.reason = text_at(object, "reason");
  item.since = time_at(object, "since");
  item.at = time_at(object, "at");
  item.labels = labels_at(object, "labels");
  item.url = text_at(object, "url");
  item.text = text_at(object, "text");
  return item;
}

}  // namespace

std::string_view to_string(Subject subject) {
  return kSubjects[static_cast<std::size_t>(subject)];
}

std::optional<Subject> parse_subject(std::string_view text) {
  const auto found = std::ranges::find(kSubjects, text);
  if (found == kSubjects.end()) return std::nullopt;
  return static_cast<Subject>(found - kSubjects.begin());
}

std::string subject_of(const core::ProfileKey& profile) {
  std::string subject;
  for (const char c : profile.provider) {
    if (c == '/')
      subject += "~1";
    else if (c == '~')
      subject += "~0";
    else
      subject += c;
  }
  return subject + '/' + profile.name;
}

core::ProfileKey profile_of(std::string_view subject) {
  const auto slash = std::min(subject.find('/'), subject.size());
  core::ProfileKey profile;
  for (std::size_t i = 0; i < slash; ++i) {
    const bool escape = subject[i] == '~' && i + 1 < slash;
    profile.provider += escape ? (subject[++i] == '1' ? '/' : '~') : subject[i];
  }
  profile.name = subject.substr(std::min(slash + 1, subject.size()));
  return profile;
}

std::string_view to_string(Kind kind) {
  return kKinds[static_cast<std::size_t>(kind)];
}

std::vector<const Item*> last_of_each(std::span<const Item> items) {
  std::map<std::pair<Subject, std::string_view>, const Item*> last;
  for (const Item& item : items) last[{item.about, item.subject}] = &item;
  std::vector<const Item*> found;
  for (const Item& item : items)
    if (last.at({item.about, item.subject}) == &item) found.push_back(&item);
  return found;
}

std::vector<std::string> pages_of(const Message& message) {
  std::vector<std::string> pages;
  for (const Item* item : last_of_each(message.items))
    if (!item->url.empty() && pages.size() < kMostPages) pages.push_back(item->url);
  return pages;
}

std::string to_json(const Item& item) {
  return boost::json::serialize(item_object(item));
}

base::Result<Item> parse_item(std::string_view text) {
  return parsed(text, item_from);
}

std::string to_json(const Message& message) {
  boost::json::array items;
  for (const Item& item : message.items) items.push_back(item_object(item));
  return boost::json::serialize(boost::json::object{{"id", message.id},
                                                    {"rule", message.rule},
                                                    {"severity", config::to_text(message.severity)},
                                                    {"kind", to_string(message.kind)},
                                                    {"at", base::to_rfc3339(message.at)},
                                                    {"group", to_object(message.group)},
                                                    {"source", message.source},
                                                    {"still_firing", message.still_firing},
                                                    {"title", message.title},
                                                    {"text", message.text},
                                                    {"items", std::move(items)}});
}

base::Result<Message> parse_message(std::string_view json) {
  return parsed(json, [](const boost::json::object& object) {
    Message message;
    message.id = text_at(object, "id");
    message.rule = text_at(object, "rule");
    message.severity = severity_at(object, "severity");
    message.kind = parse_word<Kind>(text_at(object, "kind"), kKinds);
    message.at = time_at(object, "at");
    message.group = labels_at(object, "group");
    if (object.contains("source")) message.source = text_at(object, "source");
    message.still_firing = object.at("still_firing").to_number<std::size_t>();
    message.title = text_at(object, "title");
    message.text = text_at(object, "text");
    for (const auto& item : object.at("items").as_array()) message.items.push_back(item_from(item.as_object()));
    return message;
  });
}

Message test_message(const std::string& id, base::Time at) {
  Message message;
  message.id = id;
  message.rule = "test";
  message.severity = config::Severity::info;
  message.kind = Kind::test;
  message.at = std::chrono::floor<std::chrono::milliseconds>(at);
  message.title = "Test of Vacancy's alerts";
  message.text = "This message checks that alerts arrive here. Nothing has happened.";
  return message;
}

}  // namespace alert
