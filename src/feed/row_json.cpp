#include "feed/row_json.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <unordered_set>

#include "base/json.hpp"
#include "base/text.hpp"

namespace feed {
namespace {

namespace json = boost::json;

void append(std::string& out, std::string_view text) {
  base::append_json_string(out, text);
}
void append(std::string& out, std::int64_t number) {
  fmt::format_to(std::back_inserter(out), "{}", number);
}
void append(std::string& out, double number) {
  out += base::number_text(number);
}
void append(std::string& out, bool value) {
  out += value ? "true" : "false";
}
void append(std::string& out, const core::Labels& labels) {
  base::append_json_object(out, labels);
}
void append(std::string& out, const std::optional<base::Time>& time) {
  out += time ? "\"" : "null";
  if (!time) return;
  base::append_rfc3339(out, *time);
  out += '"';
}

std::string_view text_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || value->is_null()) return {};
  if (!value->is_string()) throw std::runtime_error(fmt::format("'{}' is not a string", key));
  return value->get_string();
}

/// Makes the text of another service printable.
std::string line_of(const json::object& object, std::string_view key) {
  return base::to_line(text_of(object, key));
}

std::int64_t integer_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || !value->is_number()) throw std::runtime_error(fmt::format("'{}' is not a number", key));
  return value->to_number<std::int64_t>();
}

std::optional<double> number_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || value->is_null()) return std::nullopt;
  return value->to_number<double>();
}

std::optional<base::Time> time_of(const json::object& object, std::string_view key) {
  const std::string_view text = text_of(object, key);
  if (text.empty()) return std::nullopt;
  const auto time = base::parse_rfc3339(text);
  if (!time) throw std::runtime_error(fmt::format("'{}' is not an RFC 3339 time", key));
  return time;
}

core::Level level_of(const json::object& object, std::string_view key) {
  const auto level = core::parse_level(text_of(object, key));
  if (!level) throw std::runtime_error(fmt::format("'{}' is not one of HIGH, MEDIUM, LOW, UNKNOWN", key));
  return *level;
}

core::Reading parse_reading(const json::object& object, base::Time measured_at) {
  core::Reading reading;
  // An expired row keeps its former level; the clock says that it has expired.
  reading.level = level_of(object, object.contains("was") ? "was" : "availability");
  for (const core::Number& number : core::kNumbers) reading.*number.value = number_of(object, number.name);
  reading.reason = line_of(object, "reason");
  reading.measured_at = measured_at;
  reading.stale_at = time_of(object, "stale_at").value_or(measured_at);
  reading.expires_at = time_of(object, "expires_at").value_or(measured_at);
  reading.took = std::chrono::milliseconds(integer_of(object, "took_ms"));
  if (const auto changed_at = time_of(object, "changed_at"))
    reading.changed = core::LevelChange{level_of(object, "changed_from"), *changed_at};
  const auto recent = core::RecentLevels::parse(text_of(object, "recent"));
  if (!recent) throw std::runtime_error("'recent' is not up to 48 letters of H, M, L and -");
  reading.recent = *recent;
  return reading;
}

/// Makes labels of another service text in one line.
core::Labels labels_of(const json::object& object) {
  core::Labels labels;
  const json::value* sent = object.if_contains("labels");
  if (sent == nullptr) return labels;
  if (!sent->is_object()) throw std::runtime_error("'labels' is not an object");
  for (const auto& member : sent->get_object())
    labels[base::to_line(member.key())] = line_of(sent->get_object(), member.key());
  return labels;
}

core::RowPtr parse_row(const json::object& object) {
  auto row = std::make_shared<core::Row>();
  row->profile.id = integer_of(object, "id");
  row->profile.key = {line_of(object, "provider"), line_of(object, "name")};
  row->profile.labels = labels_of(object);
  row->revision = integer_of(object, "revision");
  row->probe = line_of(object, "probe");
  row->unit = line_of(object, "unit");
  const json::value* simulated = object.if_contains("simulated");
  row->simulated = simulated != nullptr && *simulated == json::value(true);
  if (const auto measured_at = time_of(object, "measured_at")) row->reading = parse_reading(object, *measured_at);
  if (const auto failed_at = time_of(object, "failed_at"))
    row->failure = core::Failure{line_of(object, "error"), *failed_at};
  // A later version may have another reason. Which one it was that is overdue is not told, nor wanted.
  const std::string_view due_reason = text_of(object, "due_reason");
  const auto reason = due_reason == kOverdue ? core::DueReason::quiet : core::parse_due_reason(due_reason);
  if (const auto due_at = time_of(object, "due_at"); due_at && reason) row->next = core::NextRun{*due_at, *reason};
  return row;
}

const json::object& as_object(const json::value& value) {
  if (!value.is_object()) throw std::runtime_error("an element is not a JSON object");
  return value.get_object();
}

/// {"KEY":"value"}: the keys are words, since they become parts of names of environment variables.
base::Result<core::Labels> given_labels(const json::value& value) {
  const auto wrong = [](std::string_view what) {
    return base::fail(base::Errc::invalid, fmt::format("{}; send {{\"KEY\":\"value\"}}", what));
  };
  if (!value.is_object()) return wrong("'labels' is not an object");
  core::Labels labels;
  for (const auto& member : value.get_object()) {
    if (!member.value().is_string())
      return wrong(fmt::format("the value of label '{}' is not a string", base::to_line(member.key())));
    labels.emplace(member.key(), member.value().get_string());
  }
  if (auto checked = core::checked_labels(labels); !checked) return wrong(checked.error().message);
  return labels;
}

base::Result<SentProfile> profile_of(const json::value& value) {
  const auto wrong = [](std::string_view what) {
    return base::fail(base::Errc::invalid, fmt::format("{}; send {{\"provider\":\"…\",\"name\":\"…\"}}", what));
  };
  if (!value.is_object()) return wrong("the profile is not a JSON object");
  const json::object& object = value.get_object();
  for (const auto& member : object)
    if (member.key() != "provider" && member.key() != "name" && member.key() != "labels" &&
        member.key() != "attributes")
      return wrong(fmt::format("key '{}' is unknown", std::string_view(member.key())));
  const json::value* provider = object.if_contains("provider");
  const json::value* name = object.if_contains("name");
  if (provider == nullptr || !provider->is_string()) return wrong("'provider' is missing or not a string");
  if (name == nullptr || !name->is_string()) return wrong("'name' is missing or not a string");
  auto key = core::checked_key(provider->get_string(), name->get_string());
  if (!key) return std::unexpected(key.error());
  SentProfile profile{std::move(*key), {}};
  const json::value* labels = object.if_contains("labels");
  const json::value* former = object.if_contains("attributes");
  if (labels != nullptr && former != nullptr)
    return wrong("'attributes' is the former name of 'labels', and both are there");
  if (labels == nullptr) labels = former;
  if (labels != nullptr) {
    auto read = given_labels(*labels);
    if (!read) return std::unexpected(read.error());
    profile.labels = std::move(*read);
  }
  return profile;
}

std::unexpected<base::Error> repeats(const base::JsonMistake& mistake) {
  return base::fail(base::Errc::invalid, fmt::format("the body {}; send it once", mistake.message));
}

}  // namespace

void append_row(std::string& out, const core::Row& row, base::Time now) {
  const std::size_t begin = out.size();
  fields(row, now, [&](std::string_view name, const auto& value) {
    out.append(",\"").append(name).append("\":");
    append(out, value);
  });
  out[begin] = '{';
  out += '}';
}

void append_rows(std::string& out, std::span<const core::RowPtr> rows, base::Time now) {
  out += '[';
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i > 0) out += ',';
    append_row(out, *rows[i], now);
  }
  out += ']';
}

void append_counts(std::string& out, const board::Counts& counts) {
  fmt::format_to(std::back_inserter(out),
                 "\"HIGH\":{},\"MEDIUM\":{},\"LOW\":{},\"UNKNOWN\":{},\"FRESH\":{},\"STALE\":{},\"EXPIRED\":{},"
                 "\"PENDING\":{},\"failing\":{},\"changed\":{},\"total\":{}",
                 counts.high, counts.medium, counts.low, counts.unknown, counts.fresh, counts.stale, counts.expired,
                 counts.pending, counts.failing, counts.changed, counts.total);
}

std::vector<core::RowPtr> parse_rows(const json::array& array) {
  std::vector<core::RowPtr> rows;
  rows.reserve(array.size());
  for (const json::value& value : array) rows.push_back(parse_row(as_object(value)));
  return rows;
}

base::Result<SentProfile> parse_profile(std::string_view text) {
  const auto value = base::parse_json(text);
  if (!value && value.error().repeats) return repeats(value.error());
  if (!value || !value->is_object())
    return base::fail(base::Errc::invalid, "the body is not a JSON object; send {\"provider\":\"…\",\"name\":\"…\"}");
  return profile_of(*value);
}

base::Result<std::vector<SentProfile>> parse_profiles(std::string_view text) {
  const auto value = base::parse_json(text);
  if (!value && value.error().repeats) return repeats(value.error());
  if (!value || !value->is_array())
    return base::fail(base::Errc::invalid,
                      "the body is not a JSON array; send [{\"provider\":\"…\",\"name\":\"…\"}, …]");
  const json::array& array = value->get_array();
  if (array.size() > kMostProfiles)
    return base::fail(base::Errc::invalid,
                      fmt::format("{} profiles in one request; the most is {}", array.size(), kMostProfiles));
  std::vector<SentProfile> profiles;
  for (const json::value& one : array) {
    auto profile = profile_of(one);
    if (!profile)
      return base::fail(profile.error().code,
                        fmt::format("element {} of the array: {}", profiles.size(), profile.error().message));
    profiles.push_back(std::move(*profile));
  }
  return profiles;
}

base::Result<std::vector<core::ProfileId>> parse_ids(std::string_view text, std::size_t most) {
  const auto wrong = [most] {
    return base::fail(base::Errc::invalid,
                      fmt::format("the body is not a JSON array of up to {} ids; send [1, 2]", most));
  };
  const auto json = base::parse_json(text);
  if (!json || !json->is_array() || json->get_array().size() > most) return wrong();
  std::vector<core::ProfileId> ids;
  for (const json::value& value : json->get_array()) {
    if (!value.is_int64() || value.get_int64() <= 0) return wrong();
    ids.push_back(value.get_int64());
  }
  return ids;
}

std::vector<core::Row> parse_original(std::string_view text, base::Time measured_at, base::Duration took) {
  std::vector<core::Row> rows;
  std::unordered_set<std::string> seen;
  const json::value answer = json::parse(json::string_view(text));
  if (!answer.is_array()) throw std::runtime_error("not a JSON array");
  for (const json::value& value : answer.get_array()) {
    const json::object& object = as_object(value);
    const std::string provider = line_of(object, "provider"), name = line_of(object, "name");
    const auto key = core::checked_key(provider, name);
    // One odd name does not cost the others.
    if (!key && !provider.empty() && !name.empty()) continue;
    if (!key) throw std::runtime_error(key.error().message);
    if (!seen.insert(key->provider + '\0' + key->name).second) continue;
    core::Row row;
    row.profile.key = *key;
    core::Reading reading;
    reading.level = level_of(object, "availability");
    reading.measured_at = measured_at;
    reading.took = took;
    row.reading = std::move(reading);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace feed
