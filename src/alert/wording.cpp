#include "alert/wording.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/duration.hpp"
#include "base/url.hpp"
#include "config/scalar.hpp"

namespace alert {
namespace {

/// More lines help nobody in a chat.
constexpr std::size_t kMostLines = 20;
/// In a title.
constexpr std::size_t kMostNames = 3;

/// The name of the item's subject, for people.
std::string name_of(const Item& item) {
  return item.about == Subject::profile ? fmt::format("{}/{}", item.profile.provider, item.profile.name) : item.subject;
}

std::string with_reason(std::string sentence, const std::string& reason) {
  return reason.empty() ? sentence : fmt::format("{}: {}", sentence, reason);
}

std::string local_text(base::Time time, const Setting& setting) {
  const auto local = std::chrono::floor<std::chrono::seconds>(time + setting.zone.offset_at(time));
  return fmt::format("{:%Y-%m-%d %H:%M:%S} {}", local, setting.zone_name);
}

/// "2 alerts (Amazon/c5, Azure/H16mr)", of those that fire in the end or of those that are over.
std::string count_of(const std::vector<const Item*>& items, bool firing) {
  std::string names;
  std::size_t count = 0;
  for (const Item* item : items) {
    if (item->firing != firing) continue;
    if (count < kMostNames) names += fmt::format("{}{}", count == 0 ? "" : ", ", name_of(*item));
    if (count == kMostNames) names += ", …";
    ++count;
  }
  return count == 0 ? ""
                    : fmt::format("{} {}({})", count, firing ? (count == 1 ? "alert " : "alerts ") : "over ", names);
}

std::string title_of(const Message& message) {
  const auto items = last_of_each(message.items);
  if (items.size() == 1) {
    const Item& item = *items.front();
    const std::string_view before = message.kind == Kind::reminder ? "Still: " : item.firing ? "" : "Over: ";
    return fmt::format("{}{}", before, item.text);
  }
  const std::string fire = count_of(items, true), over = count_of(items, false);
  return fmt::format("{}: {}{}{}{}", message.rule, message.kind == Kind::reminder ? "still " : "", fire,
                     fire.empty() || over.empty() ? "" : ", ", over);
}

std::string text_of(const Message& message, const Setting& setting) {
  std::string text;
  for (std::size_t i = 0; i < std::min(message.items.size(), kMostLines); ++i) {
    const Item& item = message.items[i];
    const bool reminds = message.kind == Kind::reminder;
    text += fmt::format("{}{} ({}{})\n", item.firing ? "" : "Over: ", item.text, reminds ? "since " : "",
                        local_text(reminds ? item.since : item.at, setting));
  }
  if (message.items.size() > kMostLines) text += fmt::format("and {} more\n", message.items.size() - kMostLines);
  text += fmt::format("Rule {}, severity {}", message.rule, config::to_text(message.severity));
  for (const auto& [key, value] : message.group) text += fmt::format(", {} {}", key, value);
  const bool one = message.still_firing == 1;
  if (message.still_firing > 0 && message.kind != Kind::reminder)
    text += fmt::format("; {} alert{} of this {} fire{} now", message.still_firing, one ? "" : "s",
                        message.group.empty() ? "rule" : "group", one ? "s" : "");
  return text + ".";
}

}  // namespace

std::string condition_of(const config::AlertRule& rule) {
  const config::AlertCondition& when = rule.when;
  std::string text;
  if (when.reaches) text = fmt::format("reaches {}", core::to_string(*when.reaches));
  if (when.below) text = fmt::format("below {}", core::to_string(*when.below));
  if (!when.set.empty()) text = fmt::format("nothing of set {} is {}", when.set, core::to_string(when.at_least));
  if (!when.blind.empty()) text = fmt::format("blind for {}", when.blind);
  if (!when.budget.empty()) text = fmt::format("less than {} % of a budget of {} left", when.left * 100, when.budget);
  return rule.hold.count() > 0 ? fmt::format("{} for {}", text, base::to_string(rule.hold)) : text;
}

std::string sentence_of(const Item& item, const config::AlertCondition& when) {
  if (item.about == Subject::profile) {
    const std::string was = item.from ? fmt::format(" (was {})", core::to_string(*item.from)) : "";
    return with_reason(fmt::format("{} is {}{}", name_of(item), core::to_string(item.level), was), item.reason);
  }
  if (item.about == Subject::set)
    return with_reason(item.firing ? fmt::format("Nothing is left of set {}, {} or better", item.subject,
                                                 core::to_string(when.at_least))
                                   : fmt::format("Something of set {} is there again", item.subject),
                       item.reason);
  if (!when.budget.empty()) return fmt::format("Probe {} has {}", item.subject, item.reason);
  return with_reason(item.firing ? fmt::format("Vacancy is blind for probe {}", item.subject)
                                 : fmt::format("Vacancy sees again for probe {}", item.subject),
                     item.reason);
}

std::string farewell_to(const Item& item) {
  return fmt::format("{} {} is no longer watched", to_string(item.about), name_of(item));
}

std::string url_of(const Item& item, const std::string& public_url) {
  if (public_url.empty() || item.about == Subject::probe) return {};
  if (item.about == Subject::set) return fmt::format("{}/set/{}", public_url, base::percent_encode(item.subject));
  return fmt::format("{}/profile/{}/{}", public_url, base::percent_encode(item.profile.provider),
                     base::percent_encode(item.profile.name));
}

void word(Message& message, const Setting& setting) {
  message.title = title_of(message);
  message.text = text_of(message, setting);
}

}  // namespace alert
