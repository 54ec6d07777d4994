#include "portal/row_data.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "base/url.hpp"
#include "feed/events.hpp"
#include "portal/strip.hpp"

namespace portal {

using kainjow::mustache::data;

namespace {

constexpr std::string_view kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; worker-src 'self'; "
    "base-uri 'none'; form-action 'self'";

/// The sets at the foot of a page; of many, some.
void set_sets(data& page, const core::Sets& sets) {
  constexpr std::size_t kShown = 10;
  data shown{data::type::list};
  for (const core::Set& set : std::span(sets).first(std::min(kShown, sets.size()))) {
    data out;
    out.set("name", set.name);
    out.set("separator", &set == sets.data() ? "" : ", ");
    shown << out;
  }
  page.set("has_sets", !sets.empty());
  page.set("sets", shown);
  set_if_any(page, "more_sets", sets.size() > kShown ? std::to_string(sets.size() - kShown) : "");
}

void set_strip(data& out, const core::Reading& reading, base::Time now) {
  core::RecentLevels::Letters letters;
  const std::string_view recent = reading.recent.text(letters);
  if (recent.empty()) return;
  out.set("recent", std::string(recent));
  out.set("strip", strip(letters_at(recent, reading, now)));
}

}  // namespace

void set_if_any(data& out, const std::string& key, const std::string& text) {
  if (!text.empty()) out.set(key, text);
}

std::string number_text(double number) {
  std::string text = base::number_text(number);
  if (text.contains('e')) return text;
  const std::size_t digits = std::min(text.find('.'), text.size());
  const std::size_t first = text.starts_with('-') ? 1 : 0;
  for (std::size_t at = digits; at > first + 3;) text.insert(at -= 3, ",");
  return text;
}

void set_counts(data& out, const board::Counts& counts) {
  const std::pair<const char*, std::size_t> all[] = {
      {"total", counts.total},           {"count_high", counts.high},       {"count_medium", counts.medium},
      {"count_low", counts.low},         {"count_stale", counts.stale},     {"count_expired", counts.expired},
      {"count_pending", counts.pending}, {"count_unknown", counts.unknown}, {"count_fresh", counts.fresh},
      {"count_changed", counts.changed}, {"count_failing", counts.failing},
  };
  for (const auto& [name, count] : all) {
    out.set(name, std::to_string(count));
    out.set(std::string(name) + "_text", number_text(static_cast<double>(count)));
  }
}

std::string counts_text(const board::Counts& counts) {
  std::vector<std::string> parts;
  const std::pair<const char*, std::size_t> all[] = {{"high", counts.high},
                                                     {"medium", counts.medium},
                                                     {"low", counts.low},
                                                     {"stale", counts.stale},
                                                     {"unknown", counts.unknown}};
  for (const auto& [word, count] : all)
    if (count > 0) parts.push_back(fmt::format("{} {}", number_text(static_cast<double>(count)), word));
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string capacity_text(const core::Row& row) {
  if (!row.reading || !row.reading->free) return "";
  const auto& [free, total] = std::tie(row.reading->free, row.reading->total);
  const std::string unit = row.unit.empty() ? "" : " " + row.unit.text();
  return number_text(*free) + (total ? " of " + number_text(*total) + unit : unit + " free");
}

std::string_view without_rule(std::string_view reason) {
  const auto is_rule = [](std::string_view text) {
    constexpr std::string_view kLevels[] = {"HIGH: ", "MEDIUM: ", "LOW: "};
    return std::ranges::any_of(kLevels, [&](std::string_view level) { return text.starts_with(level); });
  };
  if (is_rule(reason)) return "";
  const std::size_t at = reason.rfind(" (");
  return at != std::string_view::npos && reason.ends_with(')') && is_rule(reason.substr(at + 2)) ? reason.substr(0, at)
                                                                                                 : reason;
}

std::string profile_path(std::string_view prefix, const core::ProfileKey& key) {
  return fmt::format("{}/{}/{}", prefix, base::percent_encode(key.provider), base::percent_encode(key.name));
}

data row_data(const core::Row& row, base::Time now, std::string_view root) {
  const core::Freshness freshness = core::freshness(row, now);
  const std::string level(core::to_string(core::effective_level(row, now)));
  data out;
  out.set("id", std::to_string(row.profile.id));
  out.set("provider", row.profile.key.provider);
  out.set("name", row.profile.key.name);
  out.set("url", std::string(root) + profile_path("profile", row.profile.key));
  out.set("level", level);
  out.set("level_class", base::lower(level));
  out.set("freshness_class", base::lower(core::to_string(freshness)));
  if (row.failure) set_if_any(out, "error", row.failure->error);
  out.set("simulated", row.simulated);
  if (!row.reading) {
    const bool measurable = row.probe != core::kNoProbe;
    out.set("measured_text", measurable && !row.failure ? "measuring…" : "never");
    if (!measurable) out.set("reason", "no probe configured");
    return out;
  }
  const core::Reading& reading = *row.reading;
  out.set("measured_at", base::to_rfc3339(reading.measured_at));
  out.set("measured_text", base::to_rfc3339(reading.measured_at).substr(11, 8) + " UTC");
  out.set("stale_at", base::to_rfc3339(reading.stale_at));
  out.set("expires_at", base::to_rfc3339(reading.expires_at));
  if (reading.changed) out.set("changed_at", base::to_rfc3339(reading.changed->at));
  set_if_any(out, "capacity", capacity_text(row));
  set_strip(out, reading, now);
  if (reading.free && reading.total.value_or(0) > 0)
    out.set("share", fmt::format("{:.0f}", 100 * std::clamp(*reading.free / *reading.total, 0.0, 1.0)));
  set_if_any(out, "reason", std::string(without_rule(reading.reason)));
  if (freshness == core::Freshness::expired)
    out.set("was", std::string(core::to_string(reading.level)));
  else if (core::changed_recently(row, now))
    out.set("was", std::string(core::to_string(reading.changed->from)));
  return out;
}

std::string trouble(const board::State& state, const board::Counts& counts) {
  if (state.outage) {
    std::string text(board::sentence(state.outage->side));
    text.front() = static_cast<char>(std::toupper(text.front()));
    if (!state.filled) return text + '.';
    return fmt::format("{} since {}. Until then these values only grow older.", text,
                       base::to_rfc3339(state.now(state.outage->since)));
  }
  if (counts.fresh > 0 || counts.stale + counts.expired == 0) return "";
  return counts.failing == counts.total ? "No value is fresh: every probe fails, and the notes say why."
                                        : "No value is fresh: the probes are late.";
}

data frame_data(const board::State& state, const std::string& title, const std::string& kind,
                const std::string& events_query, const std::string& root) {
  data page;
  page.set("title", title);
  page.set("kind", kind);
  page.set("version", state.filled ? core::to_string(state.version) : "");
  page.set("now", base::to_rfc3339(state.now(std::chrono::steady_clock::now())));
  page.set("live", true);
  page.set("events", events_query);
  page.set("root", root);
  page.set("status", feed::status_json(state));
  set_sets(page, *state.sets);
  if (const std::size_t dead = state.dead_letters; dead > 0)
    page.set("undelivered",
             fmt::format("{} {} of alerts could not be delivered", dead, dead == 1 ? "message" : "messages"));
  return page;
}

std::span<const http::FixedHeader> security_headers() {
  static constexpr std::array<http::FixedHeader, 2> kHeaders{
      {{"Content-Security-Policy", kContentSecurityPolicy}, {"Referrer-Policy", "same-origin"}}};
  return kHeaders;
}

void secure(http::Reply& reply) {
  for (const auto& [name, value] : security_headers()) reply.headers.emplace_back(name, value);
}

}  // namespace portal
