#include "alert/state.hpp"

#include <algorithm>
#include <array>

#include "alert/json.hpp"

namespace alert {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 3> kPhases{"pending", "firing", "clearing"};

/// Exact, so that a replica which takes over decides as the one before it would have.
std::int64_t micros(base::Time time) {
  return time.time_since_epoch().count();
}

base::Time micros_at(const json::object& object, std::string_view key) {
  return base::Time{base::Duration{object.at(key).to_number<std::int64_t>()}};
}

core::Level level_at(const json::object& object, std::string_view key) {
  const auto level = core::parse_level(text_at(object, key));
  if (!level) throw BadJson(fmt::format("'{}' is no level", key));
  return *level;
}

Subject subject_at(const json::object& object, std::string_view key) {
  const auto subject = parse_subject(text_at(object, key));
  if (!subject) throw BadJson(fmt::format("'{}' is no subject", key));
  return *subject;
}

}  // namespace

std::string_view to_string(Alert::Phase phase) {
  return kPhases[static_cast<std::size_t>(phase)];
}

std::string to_json(const Alert& alert) {
  json::object object{{"phase", to_string(alert.phase)}, {"since", micros(alert.since)}};
  if (alert.about) object["about"] = to_string(*alert.about);
  if (alert.phase != Alert::Phase::firing) object["due"] = micros(alert.due);
  if (alert.fires()) object["fired"] = micros(alert.fired);
  object["level"] = core::to_string(alert.cause.level);
  if (alert.cause.from) object["from"] = core::to_string(*alert.cause.from);
  object["reason"] = alert.cause.reason;
  object["labels"] = to_object(alert.cause.labels);
  object["group"] = to_object(alert.group);
  return json::serialize(object);
}

base::Result<Alert> parse_alert(std::string_view text) {
  return parsed(text, [](const json::object& object) {
    Alert alert;
    const auto phase = std::ranges::find(kPhases, text_at(object, "phase"));
    if (phase == kPhases.end()) throw BadJson("its phase is unknown");
    alert.phase = static_cast<Alert::Phase>(phase - kPhases.begin());
    if (object.contains("about")) alert.about = subject_at(object, "about");
    alert.since = micros_at(object, "since");
    if (alert.phase != Alert::Phase::firing) alert.due = micros_at(object, "due");
    if (alert.fires()) alert.fired = micros_at(object, "fired");
    alert.cause.level = level_at(object, "level");
    if (object.contains("from")) alert.cause.from = level_at(object, "from");
    alert.cause.reason = text_at(object, "reason");
    alert.cause.labels = labels_at(object, "labels");
    alert.group = labels_at(object, "group");
    return alert;
  });
}

std::string to_json(const Group& group) {
  json::object object{{"labels", to_object(group.labels)}};
  if (group.last) object["last"] = micros(*group.last);
  if (group.due) object["due"] = micros(*group.due);
  return json::serialize(object);
}

base::Result<Group> parse_group(std::string_view text) {
  return parsed(text, [](const json::object& object) {
    Group group{.labels = labels_at(object, "labels")};
    if (object.contains("last")) group.last = micros_at(object, "last");
    if (object.contains("due")) group.due = micros_at(object, "due");
    return group;
  });
}

}  // namespace alert
