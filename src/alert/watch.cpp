#include "alert/watch.hpp"

#include <algorithm>

#include "alert/wording.hpp"

namespace alert {
namespace {

using Phase = Alert::Phase;

constexpr std::string_view kPrefix = "a/";
/// The state that says that a rule is not new.
const std::string kKnown = "known";

std::string key_of(const std::string& subject) {
  return std::string(kPrefix) + subject;
}

}  // namespace

Watch::Watch(config::AlertRule rule, const Setting& setting)
    : rule_(std::move(rule), setting), setting_(setting), grouping_(rule_, setting) {}

void Watch::put(const std::string& subject, Alert alert) {
  Alert& place = alerts_[subject];
  agenda_.erase({place.due, subject});
  if (alert.phase != Phase::firing) agenda_.emplace(alert.due, subject);
  place = std::move(alert);
  changed_.insert(key_of(subject));
}

void Watch::erase(const std::string& subject) {
  const auto place = alerts_.find(subject);
  agenda_.erase({place->second.due, subject});
  alerts_.erase(place);
  changed_.insert(key_of(subject));
}

void Watch::wake() {
  new_ = false;
  changed_.insert(kKnown);
}

void Watch::find(const std::string& subject, const Finding& finding) {
  if (new_) return;
  const auto found = alerts_.find(subject);
  const config::AlertRule& rule = rule_.config();
  if (found == alerts_.end()) {
    if (finding.truth != Truth::holds) return;
    return put(subject, {.about = rule_.about(),
                         .since = finding.since,
                         .due = std::max(std::min(finding.since, finding.at) + rule.hold, finding.at),
                         .cause = finding.cause,
                         .group = finding.group});
  }
  Alert alert = found->second;
  if (!alert.fires()) {
    if (finding.truth != Truth::holds) return erase(subject);
    // Its level may have gone on from LOW to MEDIUM; the first change began it.
    alert.cause.level = finding.cause.level;
    alert.cause.reason = finding.cause.reason;
  } else {
    const bool over = finding.truth == Truth::over;
    if (!over)
      alert.due = {};
    else if (alert.phase == Phase::firing)
      alert.due = finding.at + rule.keep_firing_for;
    alert.phase = over ? Phase::clearing : Phase::firing;
    // A reminder tells what is now; but receivers know an alert by its labels.
    Cause cause = finding.cause;
    cause.labels = std::move(alert.cause.labels);
    alert.cause = std::move(cause);
  }
  if (alert != found->second) put(subject, std::move(alert));
}

void Watch::end(const std::string& subject, base::Time at) {
  const auto found = alerts_.find(subject);
  if (found == alerts_.end()) return;
  const Alert alert = found->second;
  erase(subject);
  if (!alert.fires()) return;
  grouping_.end(alert.group, at);
  if (!rule_.config().resolved) return;
  Item item = item_of(subject, alert, false, at);
  item.text = farewell_to(item);
  grouping_.add(alert.group, std::move(item));
}

void Watch::limit(base::Time now) {
  const config::AlertRule& rule = rule_.config();
  for (const auto& [subject, alert] : alerts_) {
    Alert limited = alert;
    limited.due = std::min(alert.due, now + (alert.fires() ? rule.keep_firing_for : rule.hold));
    if (limited != alert) put(subject, std::move(limited));
  }
  grouping_.limit(now);
}

void Watch::turn_first() {
  const auto [at, subject] = *agenda_.begin();
  Alert alert = alerts_.at(subject);
  const bool fires = alert.phase == Phase::pending;
  if (fires) {
    alert.phase = Phase::firing;
    alert.due = {};
    alert.fired = at;
    put(subject, alert);
    grouping_.begin(alert.group);
  } else {
    erase(subject);
    grouping_.end(alert.group, at);
  }
  if (fires || rule_.config().resolved) grouping_.add(alert.group, item_of(subject, alert, fires, at));
}

void Watch::advance(base::Time now, std::vector<Message>& out) {
  for (auto next = due(); next && *next <= now; next = due()) {
    // What fires at the same time belongs into the message.
    if (!agenda_.empty() && agenda_.begin()->first <= *next)
      turn_first();
    else
      grouping_.send_first(out, [this](const Labels& group) { return firing_in(group); });
  }
}

std::optional<base::Time> Watch::due() const {
  const auto message = grouping_.due();
  if (agenda_.empty()) return message;
  return std::min(agenda_.begin()->first, message.value_or(base::Time::max()));
}

Item Watch::item_of(const std::string& subject, const Alert& alert, bool firing, base::Time at) const {
  using std::chrono::milliseconds;
  Item item{.about = alert.about.value(),
            .subject = subject,
            .firing = firing,
            .level = alert.cause.level,
            .from = alert.cause.from,
            .reason = alert.cause.reason,
            .since = std::chrono::floor<milliseconds>(alert.since),
            .at = std::chrono::floor<milliseconds>(at),
            .labels = alert.cause.labels};
  if (item.about == Subject::profile) item.profile = profile_of(subject);
  item.url = url_of(item, setting_.public_url);
  item.text = sentence_of(item, rule_.config().when);
  return item;
}

std::vector<Item> Watch::firing_in(const Labels& group) const {
  std::vector<Item> items;
  for (const auto& [subject, alert] : alerts_)
    if (alert.phase == Phase::firing && alert.group == group)
      items.push_back(item_of(subject, alert, true, alert.fired));
  return items;
}

std::vector<Message> Watch::firing() const {
  std::map<Labels, std::vector<Item>> groups;
  for (const auto& [subject, alert] : alerts_)
    if (alert.fires() && !grouping_.holds_back(alert.group, subject))
      groups[alert.group].push_back(item_of(subject, alert, true, alert.fired));
  std::vector<Message> messages;
  for (auto& [group, items] : groups) messages.push_back(grouping_.reminder(group, std::move(items)));
  return messages;
}

bool Watch::load(std::string_view key, std::string_view text) {
  if (Grouping::has_key(key)) return grouping_.load(key, text);
  if (key == kKnown) new_ = false;
  if (!key.starts_with(kPrefix)) return key == kKnown;
  auto alert = parse_alert(text);
  if (!alert) return false;
  if (!alert->about) alert->about = rule_.about();
  if (alert->fires()) grouping_.begin(alert->group);
  put(std::string(key.substr(kPrefix.size())), *std::move(alert));
  return true;
}

std::set<std::string> Watch::take_changed() {
  std::set<std::string> changed = std::exchange(changed_, {});
  changed.merge(grouping_.take_changed());
  return changed;
}

std::string Watch::text_of(const std::string& key) const {
  if (Grouping::has_key(key)) return grouping_.text_of(key);
  if (key == kKnown) return new_ ? "" : "{}";
  const auto alert = alerts_.find(std::string_view(key).substr(kPrefix.size()));
  return alert != alerts_.end() ? to_json(alert->second) : std::string();
}

}  // namespace alert
