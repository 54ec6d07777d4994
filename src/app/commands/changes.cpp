#include "app/commands/changes.hpp"

#include <algorithm>

#include "app/commands/row_lines.hpp"
#include "app/json_text.hpp"

namespace app {
namespace {

namespace json = boost::json;

std::string_view word_of(Change::Kind kind) {
  switch (kind) {
    case Change::Kind::current:
      return "current";
    case Change::Kind::added:
      return "added";
    case Change::Kind::changed:
      return "changed";
    case Change::Kind::removed:
      return "removed";
  }
  return "";
}

bool has_failed(const json::object& row) {
  return !text_of(row, "error").empty();
}

/// The parts of a row whose change makes a line. Not the text of errors, which often holds numbers that differ each
/// time.
auto told(const json::object& row) {
  return std::tuple(text_of(row, "availability"), text_of(row, "freshness"), has_failed(row));
}

/// "HIGH", or "LOW → HIGH".
std::string step(const Change& change, std::string_view key) {
  const std::string now = text_of(change.row, key), before = text_of(change.before, key);
  return before.empty() || before == now ? now : before + " → " + now;
}

core::ProfileKey key_of(const json::object& row) {
  return {text_of(row, "provider"), text_of(row, "name")};
}

std::int64_t id_of(const json::object& row) {
  return row.at("id").to_number<std::int64_t>();
}

}  // namespace

std::string to_line(const Change& change) {
  std::string line = fmt::format("{}  {}", change.now, name_of(change.row));
  if (change.kind == Change::Kind::added || change.kind == Change::Kind::removed)
    line.append("  ").append(word_of(change.kind));
  if (change.kind == Change::Kind::removed) return line;
  const bool recovered = change.kind == Change::Kind::changed && has_failed(change.before) && !has_failed(change.row);
  for (const std::string& part : {step(change, "availability"), step(change, "freshness"), numbers_of(change.row),
                                  std::string(recovered ? "works again" : ""), note_of(change.row)})
    if (!part.empty()) line.append("  ").append(part);
  return line;
}

std::string to_json(const Change& change) {
  json::object out{{"change", word_of(change.kind)}, {"now", change.now}};
  if (change.kind == Change::Kind::changed)
    out["before"] = {{"availability", text_of(change.before, "availability")},
                     {"freshness", text_of(change.before, "freshness")},
                     {"failed", has_failed(change.before)}};
  out["row"] = change.row;
  return to_json(json::value(std::move(out)));
}

std::vector<Change> Changes::fold(const http::SseEvent& event) {
  const json::value value = json::parse(json::string_view(event.data));
  if (event.event == "for") {
    view_ = value.to_number<std::size_t>();
    return {};
  }
  const json::object& data = value.as_object();
  if (std::string now = text_of(data, "now"); !now.empty()) now_ = std::move(now);
  if (event.event == "snapshot") fold_snapshot(data);
  if (event.event == "change") {
    for (const json::value& row : data.at("changed").as_array()) note(row.as_object());
    for (const json::value& id : data.at("removed").as_array()) remove(id.to_number<std::int64_t>());
  }
  return std::exchange(out_, {});
}

std::vector<std::string> Changes::unmatched() const {
  std::vector<std::string> unmatched;
  for (const core::Pattern& pattern : patterns_)
    if (std::ranges::none_of(known_, [&](const auto& known) { return pattern.matches(key_of(known.second.row)); }))
      unmatched.push_back(pattern.text());
  return unmatched;
}

void Changes::fold_snapshot(const json::object& data) {
  const std::string phase = text_of(data, "phase");
  if (phase == "begin") {
    for (auto& [id, known] : known_)
      if (known.view == view_) known.seen = false;
  } else if (phase == "rows") {
    for (const json::value& row : data.at("rows").as_array()) note(row.as_object());
  } else if (phase == "end") {
    filled_.insert(view_);
    std::vector<std::int64_t> gone;
    for (const auto& [id, known] : known_)
      if (known.view == view_ && !known.seen) gone.push_back(id);
    std::ranges::for_each(gone, [this](std::int64_t id) { remove(id); });
  }
}

void Changes::note(const json::object& row) {
  const std::int64_t id = id_of(row);
  if (!wanted(row)) return remove(id);
  const auto place = known_.find(id);
  if (place == known_.end()) {
    known_[id] = {.row = row, .view = view_};
    out_.push_back({filled_.contains(view_) ? Change::Kind::added : Change::Kind::current, now_, row, {}});
    return;
  }
  Known& known = place->second;
  known.seen = true;
  if (told(known.row) != told(row)) out_.push_back({Change::Kind::changed, now_, row, known.row});
  known.row = row;
}

void Changes::remove(std::int64_t id) {
  const auto place = known_.find(id);
  if (place == known_.end()) return;
  out_.push_back({Change::Kind::removed, now_, std::move(place->second.row), {}});
  known_.erase(place);
}

bool Changes::wanted(const json::object& row) const {
  const core::ProfileKey key = key_of(row);
  return patterns_.empty() || std::ranges::any_of(patterns_, [&](const auto& pattern) { return pattern.matches(key); });
}

}  // namespace app
