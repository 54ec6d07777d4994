#include "alert/grouping.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "alert/json.hpp"
#include "alert/wording.hpp"
#include "base/text.hpp"
#include "core/profile.hpp"

namespace alert {
namespace {

/// Of two messages of a group.
constexpr std::chrono::milliseconds kApart{1};
/// A change may be told so long after it happened.
constexpr std::chrono::minutes kLate{1};

std::string hash_of(const std::string& text, const std::string& more = "") {
  return fmt::format("{:016x}", core::stable_hash({text, more}));
}

std::string name_of(const Labels& labels) {
  return hash_of(boost::json::serialize(to_object(labels)));
}

std::string group_key(std::string_view name) {
  return fmt::format("g/{}", name);
}

std::string item_key(std::string_view name, std::uint64_t number) {
  return fmt::format("i/{}/{}", name, number);
}

/// The parts of an item's key.
std::optional<std::pair<std::string, std::uint64_t>> parse_item_key(std::string_view key) {
  const auto slash = key.rfind('/');
  const auto number = base::number_of<std::uint64_t>(key.substr(slash + 1));
  if (slash <= 2 || !number) return std::nullopt;
  return std::pair(std::string(key.substr(2, slash - 2)), *number);
}

}  // namespace

Grouping::Gathered& Grouping::group_of(const Labels& labels) {
  Gathered& group = groups_[name_of(labels)];
  group.labels = labels;
  return group;
}

void Grouping::begin(const Labels& labels) {
  ++group_of(labels).firing;
}

void Grouping::end(const Labels& labels, base::Time at) {
  Gathered& group = group_of(labels);
  // Nothing may follow: then it is forgotten.
  if (--group.firing == 0 && group.items.empty()) set_due(name_of(labels), group, at);
}

void Grouping::set_due(const std::string& name, Gathered& group, std::optional<base::Time> due) {
  if (group.due) agenda_.erase({*group.due, name});
  group.due = due;
  if (due) agenda_.emplace(*due, name);
  changed_.insert(group_key(name));
}

void Grouping::limit(base::Time now) {
  const config::AlertRule& rule = rule_.config();
  // One that waits for the end of quiet hours asks for it again.
  const base::Time latest =
      now + std::max<base::Duration>({rule.group_wait, rule.group_interval, rule.remind_every, kApart});
  for (auto& [name, group] : groups_)
    if (group.due && *group.due > latest) set_due(name, group, latest);
}

void Grouping::put(Gathered& group, std::uint64_t number, Item item) {
  group.of[item.subject].insert(number);
  group.items.insert_or_assign(number, std::move(item));
}

void Grouping::drop(const std::string& name, Gathered& group, std::uint64_t number) {
  group.items.erase(number);
  changed_.insert(item_key(name, number));
}

void Grouping::add(const Labels& labels, Item item) {
  const std::string name = name_of(labels);
  Gathered& group = group_of(labels);
  const config::AlertRule& rule = rule_.config();
  base::Time due = item.at + rule.group_wait;
  // One from the future is from before the clock was set back. Messages of one time could have one id.
  if (group.last && *group.last <= item.at + kLate)
    due = std::max(due, *group.last + std::max<base::Duration>(rule.group_interval, kApart));
  if (group.items.size() >= kMostItems)
    for (const std::uint64_t number : std::exchange(group.of[item.subject], {})) drop(name, group, number);
  const std::uint64_t number = group.items.empty() ? 0 : group.items.rbegin()->first + 1;
  put(group, number, std::move(item));
  changed_.insert(item_key(name, number));
  // A due without changes to tell is a reminder, or the group's end.
  const bool first = group.items.size() == 1;
  set_due(name, group, group.due && !first ? std::min(*group.due, due) : due);
}

std::optional<base::Time> Grouping::due() const {
  return agenda_.empty() ? std::nullopt : std::optional(agenda_.begin()->first);
}

std::vector<Item> Grouping::take_items(const std::string& name, Gathered& group) {
  std::vector<Item> items;
  for (auto& [number, item] : group.items) {
    changed_.insert(item_key(name, number));
    items.push_back(std::move(item));
  }
  group.items.clear();
  group.of.clear();
  return items;
}

void Grouping::send_first(std::vector<Message>& out, const Firing& firing) {
  const auto [now, name] = *agenda_.begin();
  Gathered& group = groups_.at(name);
  if (const auto end = rule_.quiet().until(now)) return set_due(name, group, *end);
  const bool reminds = group.items.empty() && group.firing > 0;
  const auto items = reminds ? firing(group.labels) : take_items(name, group);
  if (items.empty() && group.firing == 0) {
    set_due(name, group, std::nullopt);
    groups_.erase(name);
    return;
  }
  for (std::size_t begin = 0; begin < items.size(); begin += kMostItems) {
    const auto first = items.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last = items.begin() + static_cast<std::ptrdiff_t>(std::min(begin + kMostItems, items.size()));
    const bool fires = std::ranges::any_of(last_of_each({first, last}), &Item::firing);
    const Kind kind = reminds ? Kind::reminder : fires ? Kind::firing : Kind::resolved;
    out.push_back(message_of(group, kind, now, {first, last}));
  }
  if (!items.empty()) group.last = now;
  const config::AlertRule& rule = rule_.config();
  if (group.firing == 0)
    set_due(name, group, now + rule.group_interval);
  else
    set_due(name, group, rule.remind_every.count() > 0 ? std::optional(now + rule.remind_every) : std::nullopt);
}

Message Grouping::message_of(const Gathered& group, Kind kind, base::Time at, std::vector<Item> items) const {
  const config::AlertRule& rule = rule_.config();
  Message message{.id = "",
                  .rule = rule.name,
                  .severity = rule.severity,
                  .kind = kind,
                  .at = std::chrono::floor<std::chrono::milliseconds>(at),
                  .group = group.labels,
                  .source = setting_.source,
                  .still_firing = group.firing,
                  .items = std::move(items)};
  std::string content = fmt::format("{} {}", to_string(kind), at.time_since_epoch().count());
  for (const Item& item : message.items)
    content += fmt::format("\n{} {} {}", item.subject, item.firing, item.at.time_since_epoch().count());
  message.id = fmt::format("{}-{}", rule.name, hash_of(name_of(group.labels), content));
  word(message, setting_);
  return message;
}

bool Grouping::holds_back(const Labels& labels, std::string_view subject) const {
  const auto group = groups_.find(name_of(labels));
  return group != groups_.end() && group->second.of.contains(std::string(subject));
}

Message Grouping::reminder(const Labels& labels, std::vector<Item> items) const {
  Gathered group{{.labels = labels}};
  group.firing = items.size();
  Message message = message_of(group, Kind::reminder, {}, {});
  message.items = std::move(items);
  word(message, setting_);
  return message;
}

bool Grouping::load(std::string_view key, std::string_view text) {
  if (key.starts_with("g/")) {
    auto group = parse_group(text);
    if (!group || name_of(group->labels) != key.substr(2)) return false;
    Gathered& gathered = group_of(group->labels);
    gathered.last = group->last;
    set_due(std::string(key.substr(2)), gathered, group->due);
    return true;
  }
  const auto place = parse_item_key(key);
  const auto group = place ? groups_.find(place->first) : groups_.end();
  auto item = parse_item(text);
  if (group == groups_.end() || !item) return false;
  put(group->second, place->second, *std::move(item));
  return true;
}

std::string Grouping::text_of(const std::string& key) const {
  const bool whole = key.starts_with("g/");
  const auto place = whole ? std::pair(key.substr(2), std::uint64_t{0}) : parse_item_key(key).value();
  const auto group = groups_.find(place.first);
  if (group == groups_.end()) return {};
  if (whole) return to_json(static_cast<const Group&>(group->second));
  const auto item = group->second.items.find(place.second);
  return item != group->second.items.end() ? to_json(item->second) : std::string();
}

}  // namespace alert
