#include "feed/events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.hpp"
#include "feed/row_json.hpp"

namespace feed {
namespace {

namespace json = boost::json;

base::Time now_of(const json::object& object) {
  const auto now = base::parse_rfc3339(object.at("now").as_string());
  if (!now) throw std::runtime_error("'now' is not an RFC 3339 time");
  return *now;
}

void append_now(std::string& out, base::Time now) {
  out += "\"now\":\"";
  base::append_rfc3339(out, now);
  out += '"';
}

void append_counts_key(std::string& out, const ViewCounts* counts) {
  if (counts == nullptr) return;
  out += ",\"counts\":{";
  append_counts(out, counts->choice);
  out += fmt::format(",\"matching\":{}}}", counts->matching);
}

}  // namespace

void append_snapshot_begin(std::string& out, const board::State& state, base::Time now) {
  std::string data = fmt::format("{{\"phase\":\"begin\",\"epoch\":\"{}\",\"revision\":{},\"total\":{},",
                                 state.version.epoch, state.version.revision, state.snapshot.size());
  append_now(data, now);
  data += '}';
  http::append_event(out, "snapshot", "", data);
}

void append_snapshot_rows(std::string& out, std::span<const core::RowPtr> rows, base::Time now) {
  std::string data = "{\"phase\":\"rows\",\"rows\":";
  append_rows(data, rows, now);
  data += '}';
  http::append_event(out, "snapshot", "", data);
}

void append_snapshot_end(std::string& out, const core::Version& version, const ViewCounts* counts) {
  std::string data = "{\"phase\":\"end\"";
  append_counts_key(data, counts);
  data += '}';
  http::append_event(out, "snapshot", core::to_string(version), data);
}

void append_change(std::string& out, const core::Change& change, const core::Version* version, base::Time now,
                   const ViewCounts* counts) {
  std::string data = "{";
  append_now(data, now);
  data += ",\"changed\":";
  append_rows(data, change.rows, now);
  data += ",\"removed\":[";
  for (std::size_t i = 0; i < change.removed.size(); ++i)
    fmt::format_to(std::back_inserter(data), "{}{}", i > 0 ? "," : "", change.removed[i].id);
  data += ']';
  append_counts_key(data, counts);
  data += '}';
  http::append_event(out, "change", version != nullptr ? core::to_string(*version) : "", data);
}

void append_view(std::string& out, const core::Version& version, base::Time now, const ViewCounts& counts) {
  std::string data = "{";
  append_now(data, now);
  append_counts_key(data, &counts);
  data += '}';
  http::append_event(out, "view", core::to_string(version), data);
}

void append_set_names(std::string& out, const core::Set& set) {
  base::append_json_string(out += "\"name\":", set.name);
  out += ",\"choices\":[";
  for (const std::string& choice : set.choices) {
    base::append_json_string(out, choice);
    out += ',';
  }
  if (!set.choices.empty()) out.pop_back();
  out += ']';
}

void append_sets(std::string& out, const board::State& state) {
  const core::Sets& sets = *state.sets;
  std::string data = "{\"sets\":[";
  for (const core::Set& set : sets) {
    append_set_names(data += '{', set);
    data += "},";
  }
  if (!sets.empty()) data.pop_back();
  http::append_event(out, "sets", "", data += fmt::format("],\"dead_letters\":{}}}", state.dead_letters));
}

std::string heartbeat_event(const board::State& state) {
  std::string data = "{";
  if (state.filled) append_now(data, state.now(std::chrono::steady_clock::now()));
  std::string out;
  http::append_event(out, "heartbeat", "", data += '}');
  return out;
}

void append_outage(std::string& out, const board::State& state) {
  out += "\"outage\":";
  if (!state.outage) {
    out += "null";
    return;
  }
  fmt::format_to(std::back_inserter(out), "{{\"side\":\"{}\",\"since\":", board::to_string(state.outage->side));
  out += state.filled ? fmt::format("\"{}\"", base::to_rfc3339(state.now(state.outage->since))) : "null";
  fmt::format_to(std::back_inserter(out), ",\"message\":\"{}\"}}", board::sentence(state.outage->side));
}

std::string status_json(const board::State& state) {
  std::string data = "{";
  if (state.filled) {
    append_now(data, state.now(std::chrono::steady_clock::now()));
    data += ',';
  }
  append_outage(data, state);
  return data += '}';
}

void EventFolder::fold(const http::SseEvent& event) {
  if (event.event == "snapshot")
    fold_snapshot(event.data);
  else if (event.event == "change")
    fold_change(event);
  else if (event.event == "sets")
    fold_sets(event.data);
  else if (event.event == "status")
    fold_status(event.data);
}

void EventFolder::fold_snapshot(std::string_view data) {
  const json::value value = json::parse(json::string_view(data));
  const json::object& object = value.as_object();
  const std::string_view phase = object.at("phase").as_string();
  if (phase == "begin") {
    contents_ = {};
    contents_.version = {std::string(object.at("epoch").as_string()), object.at("revision").to_number<std::int64_t>()};
    contents_.now = now_of(object);
    contents_.removed_since = contents_.version.revision;
    contents_.rows.reserve(object.at("total").to_number<std::size_t>());
    filling_now_ = true;
  } else if (!filling_now_) {
    throw std::runtime_error("a snapshot goes on that did not begin");
  } else if (phase == "rows") {
    auto rows = parse_rows(object.at("rows").as_array());
    contents_.rows.insert(contents_.rows.end(), rows.begin(), rows.end());
  } else if (phase == "end") {
    filling_now_ = false;
    board_.fill(std::exchange(contents_, {}));
  }
}

void EventFolder::fold_change(const http::SseEvent& event) {
  const json::value value = json::parse(json::string_view(event.data));
  const json::object& object = value.as_object();
  const base::Time now = now_of(object);
  // Rows that only aged: this board ages them by itself.
  if (!event.has_id) return board_.set_clock(now);
  const auto version = core::parse_version(event.id);
  if (!version || version->epoch != board_.state()->version.epoch)
    throw std::runtime_error("a change of another epoch");
  core::Change change;
  change.rows = parse_rows(object.at("changed").as_array());
  for (const json::value& id : object.at("removed").as_array())
    change.removed.push_back({id.to_number<std::int64_t>(), version->revision});
  board_.apply(std::move(change), version->revision, now);
}

void EventFolder::fold_sets(std::string_view data) {
  const json::value value = json::parse(json::string_view(data));
  core::Sets sets;
  for (const json::value& each : value.as_object().at("sets").as_array()) {
    core::Set& set = sets.emplace_back(std::string(each.as_object().at("name").as_string()));
    // A newer service's pattern that this version cannot read matches nothing.
    for (const json::value& choice : each.as_object().at("choices").as_array())
      set.choices.emplace_back(choice.as_string());
  }
  std::ranges::sort(sets, {}, &core::Set::name);
  board_.set_sets(std::move(sets));
  // Older services count none.
  const json::value* const dead = value.as_object().if_contains("dead_letters");
  board_.set_dead_letters(dead != nullptr ? dead->to_number<std::size_t>() : 0);
}

void EventFolder::fold_status(std::string_view data) {
  const json::value value = json::parse(json::string_view(data));
  const json::value& outage = value.as_object().at("outage");
  if (outage.is_null()) return board_.set_outage({});
  const json::object& object = outage.as_object();
  // A side that only a newer service knows is beyond the portal, too.
  const auto side = board::parse_side(object.at("side").as_string()).value_or(board::Side::hardware);
  auto since = std::chrono::steady_clock::now();
  if (const json::value& at = object.at("since"); at.is_string())
    if (const auto begun = base::parse_rfc3339(at.get_string()))
      since -= std::max(now_of(value.as_object()) - *begun, base::Duration{0});
  board_.set_outage(board::Outage{side, since});
}

}  // namespace feed
