#include "alert/forms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cctype>

#include "alert/json.hpp"
#include "alert/post.hpp"
#include "alert/sign.hpp"
#include "base/text.hpp"
#include "config/scalar.hpp"

namespace alert {
namespace {

namespace json = boost::json;

/// Below the limits of the services: 40,000 characters for Slack, 16,383 for Mattermost, 28 KB for a card of Teams,
/// 4,096 bytes for ntfy, 1,024 characters for a summary of PagerDuty.
constexpr std::size_t kSlackBytes = 20'000;
constexpr std::size_t kMattermostBytes = 6'000;
constexpr std::size_t kTeamsBytes = 10'000;
constexpr std::size_t kTeamsLines = 30;
constexpr std::size_t kNtfyBytes = 4'000;
constexpr std::size_t kNtfyTitleBytes = 250;
constexpr std::size_t kTitleBytes = 1'000;

/// The page about the message's only subject; "" when there are several.
std::string page_of(const Message& message) {
  const auto pages = pages_of(message);
  return pages.size() == 1 ? pages.front() : std::string();
}

std::string title_of(const Message& message) {
  return shortened(message.title, kTitleBytes);
}

/// The text without the title: of a single item, its time and the rule.
std::string text_of(const Message& message) {
  if (message.items.size() != 1) return message.text;
  const std::string& told = message.items.front().text;
  const auto at = told.empty() ? std::string::npos : message.text.find(told);
  if (at == std::string::npos || !message.title.ends_with(told)) return message.text;
  return message.text.substr(std::min(at + told.size() + 1, message.text.size()));
}

std::string lines_of(const Message& message) {
  const std::string text = text_of(message);
  return text.empty() ? message.title : message.title + "\n" + text;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

constexpr std::string_view kNothing = "\u200B";

bool is_in_a_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '+' || c == '-' || c == '\'';
}

/// Does a link or a picture begin with the ':' at `at`, as in "http://…" and ":fire:"? "13:22:05" is a time.
bool begins_something(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at + 1);
  if (rest.starts_with("//")) return true;
  const auto end = static_cast<std::size_t>(std::ranges::find_if_not(rest, is_in_a_word) - rest.begin());
  const bool named = end > 0 && end < rest.size() && rest[end] == ':';
  const bool is_number = std::ranges::all_of(rest.substr(0, end), [](char c) { return c >= '0' && c <= '9'; });
  return named && !(is_number && at > 0 && is_in_a_word(text[at - 1]));
}

/// Services make links of "http://…" and "www.…", pictures of ":fire:", and mentions of "@channel", unless something
/// stands between that nobody sees.
std::string inert(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    const bool www = base::equals_ignoring_case(text.substr(i, 3), "www");
    if (text[i] == '@' || www || (text[i] == ':' && begins_something(text, i))) out += kNothing;
  }
  return out;
}

/// Slack reads mentions and links in angle brackets, whether markup is on or not.
std::string slack_escaped(std::string_view text) {
  return replaced(replaced(replaced(std::string(text), "&", "&amp;"), "<", "&lt;"), ">", "&gt;");
}

/// Mattermost takes "@channel" for a call of everybody also behind a backslash.
std::string mattermost_escaped(std::string_view text) {
  return base::markdown_quoted(inert(text));
}

/// Text that no client takes for markup.
json::object literal(std::string_view text, bool title) {
  json::object run{{"type", "TextRun"}, {"text", text}};
  if (title) run["weight"] = "Bolder";
  return {{"type", "RichTextBlock"}, {"inlines", json::array{std::move(run)}}};
}

/// ntfy's priorities: 3 is the default, 5 makes a phone ring.
int priority_of(const Message& message) {
  if (message.kind == Kind::resolved) return 2;
  switch (message.severity) {
    case config::Severity::info:
      return 2;
    case config::Severity::warning:
      return 3;
    case config::Severity::error:
      return 4;
    case config::Severity::critical:
      return 5;
  }
  return 3;
}

/// Names the group of the message. A test is an incident of its own.
std::string dedup_key(const Message& message) {
  if (message.kind == Kind::test) return fmt::format("vacancy/test/{}", message.id);
  const json::array group{message.source, to_object(message.group)};
  return fmt::format("vacancy/{}/{}", message.rule, hmac_sha256("", json::serialize(group)));
}

}  // namespace

std::string slack_body(const Message& message) {
  std::string text = slack_escaped(inert(shortened(lines_of(message), kSlackBytes)));
  for (const std::string& page : pages_of(message)) text += fmt::format("\n<{}>", slack_escaped(page));
  return json::serialize(json::object{{"text", text}, {"mrkdwn", false}});
}

std::string mattermost_body(const Message& message) {
  const std::string title = mattermost_escaped(title_of(message));
  const std::string page = page_of(message);
  std::string text = page.empty() ? fmt::format("**{}**", title) : fmt::format("**[{}](<{}>)**", title, page);
  if (const std::string more = text_of(message); !more.empty())
    text += "\n\n" + mattermost_escaped(shortened(more, kMattermostBytes));
  return json::serialize(json::object{{"text", std::move(text)}});
}

std::string teams_body(const Message& message) {
  json::array body{literal(title_of(message), true)};
  const std::string text = shortened(text_of(message), kTeamsBytes);
  for (std::string_view rest = text; !rest.empty() && body.size() <= kTeamsLines;) {
    const auto line = rest.substr(0, rest.find('\n'));
    if (!line.empty()) body.push_back(literal(line, false));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
  json::object card{{"$schema", "http://adaptivecards.io/schemas/adaptive-card.json"},
                    {"type", "AdaptiveCard"},
                    {"version", "1.4"},
                    {"body", std::move(body)}};
  if (const std::string page = page_of(message); !page.empty())
    card["actions"] = json::array{json::object{{"type", "Action.OpenUrl"}, {"title", "Open"}, {"url", page}}};
  const json::object attachment{{"contentType", "application/vnd.microsoft.card.adaptive"},
                                {"content", std::move(card)}};
  return json::serialize(json::object{{"type", "message"}, {"attachments", json::array{attachment}}});
}

std::string ntfy_body(const Message& message, const std::string& topic) {
  const std::string text = text_of(message);
  json::object body{{"topic", topic},
                    {"title", shortened(message.title, kNtfyTitleBytes)},
                    {"message", shortened(text.empty() ? message.title : text, kNtfyBytes)},
                    {"priority", priority_of(message)},
                    {"tags", json::array{config::to_text(message.severity), to_string(message.kind)}}};
  if (const std::string page = page_of(message); !page.empty()) body["click"] = page;
  return json::serialize(body);
}

bool is_for_pagerduty(const Message& message) {
  return message.kind != Kind::resolved || message.still_firing == 0;
}

std::string pagerduty_body(const Message& message, const std::string& routing_key) {
  const bool over = message.still_firing == 0 && message.kind != Kind::test;
  json::object body{
      {"routing_key", routing_key},
      {"event_action", over ? "resolve" : "trigger"},
      {"dedup_key", dedup_key(message)},
      {"payload", json::object{{"summary", title_of(message)},
                               {"source", "Vacancy"},
                               {"severity", config::to_text(message.severity)},
                               {"timestamp", base::to_rfc3339(message.at)},
                               {"class", message.rule},
                               {"custom_details", json::object{{"id", message.id}, {"text", message.text}}}}},
      {"client", "Vacancy"}};
  if (const std::string page = page_of(message); !page.empty()) body["client_url"] = page;
  return json::serialize(body);
}

}  // namespace alert
