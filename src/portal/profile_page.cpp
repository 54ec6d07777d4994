#include "portal/profile_page.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "feed/selection_query.hpp"
#include "http/answer.hpp"
#include "portal/api.hpp"
#include "portal/change_feed.hpp"
#include "portal/links.hpp"
#include "portal/problem_page.hpp"
#include "portal/row_data.hpp"
#include "portal/template.hpp"

namespace portal {
namespace {

using kainjow::mustache::data;

void add_fact(data& facts, const std::string& term, const std::string& text) {
  if (text.empty()) return;
  data fact;
  fact.set("term", term);
  fact.set("text", text);
  facts << fact;
}

void add_time(data& facts, const std::string& term, base::Time time, const std::string& more = "") {
  data fact;
  fact.set("term", term);
  fact.set("time", base::to_rfc3339(time));
  fact.set("text", more);
  facts << fact;
}

/// The largest unit only, for people: "3h".
base::Duration rounded(base::Duration duration) {
  for (const base::Duration unit : {base::Duration(std::chrono::days{1}), base::Duration(std::chrono::hours{1}),
                                    base::Duration(std::chrono::minutes{1})})
    if (duration >= unit) return duration - duration % unit;
  return std::max(duration - duration % std::chrono::seconds{1}, base::Duration(std::chrono::seconds{1}));
}

/// Why the next measurement is then: ", since somebody watches it".
std::string why_next(const core::Row& row, base::Time now) {
  if (row.next->due < now) return ", and is measured now, or waits for its turn, or for a source that rests";
  const auto& changed = row.reading ? row.reading->changed : std::nullopt;
  const auto age = [&] { return base::to_string(rounded(now - changed->at)); };
  switch (row.next->reason) {
    case core::DueReason::watched:
      return ", since somebody watches it or waits for it";
    case core::DueReason::changed:
      return changed ? fmt::format(", since it changed {} ago", age()) : ", since it changed";
    case core::DueReason::quiet:
      return changed ? fmt::format(", since it has been quiet for {}", age()) : ", since it has never changed";
    case core::DueReason::budget:
      return ", since the budget of its probe allows none before";
  }
  return "";
}

/// Why the level is what it is: rule and reason, raw values, probe, times.
data facts_of(const core::Row& row, base::Time now) {
  data facts{data::type::list};
  if (row.reading) {
    const core::Reading& reading = *row.reading;
    add_fact(facts, "Reason", reading.reason);
    add_fact(facts, "Measured level", std::string(core::to_string(reading.level)));
    if (reading.changed)
      add_time(facts, "Since", reading.changed->at, fmt::format(", {} before", core::to_string(reading.changed->from)));
    add_fact(facts, "Counted in", row.unit);
    for (const core::Number& number : core::kNumbers)
      if (const auto& value = reading.*number.value) add_fact(facts, std::string(number.title), number_text(*value));
    add_time(facts, "Measured at", reading.measured_at);
    add_fact(facts, "The measurement took",
             fmt::format("{:.3g} s", std::chrono::duration<double>(reading.took).count()));
    add_time(facts, "Stale from", reading.stale_at);
    add_time(facts, "Unknown from", reading.expires_at);
  }
  if (row.next) add_time(facts, "Due next at", row.next->due, why_next(row, now));
  if (row.simulated) add_fact(facts, "Simulated", "yes: this level is made up");
  add_fact(facts, "Freshness", base::lower(core::to_string(core::freshness(row, now))));
  for (const auto& [label, value] : row.profile.labels) add_fact(facts, "Label " + label, value);
  add_fact(facts, "Probe", row.probe == core::kNoProbe ? "none is configured for it" : row.probe);
  if (row.failure) {
    add_fact(facts, "Latest attempt failed", row.failure->error);
    add_time(facts, "It failed at", row.failure->failed_at);
  }
  return facts;
}

/// From /profile/PROVIDER/NAME.
const std::string kRoot = "../../";

data page_data(const board::State& state, const core::Row& row, const Links& links) {
  const base::Time now = state.now(std::chrono::steady_clock::now());
  const core::ProfileKey& key = row.profile.key;
  std::string level(core::to_string(core::effective_level(row, now)));
  if (core::freshness(row, now) == core::Freshness::stale) level += " (old)";
  const board::Selection selection{.providers = {key.provider}, .names = {key.name}, .limit = 1};
  data page = frame_data(state, fmt::format("{} {}: {}", key.provider, key.name, level), "profile",
                         feed::to_query(selection, 0), kRoot);
  board::Counts counts;
  counts.add(row, now);
  set_if_any(page, "trouble", state.outage ? trouble(state, counts) : "");
  page.set("profile_provider", key.provider);
  page.set("profile_name", key.name);
  page.set("markdown_name", base::markdown_quoted(key.name));
  page.set("provider_url", kRoot + "?provider=" + base::percent_encode(key.provider));
  page.set("why_level", level);
  data rows{data::type::list};
  rows << row_data(row, now, kRoot);
  page.set("has_recent", row.reading && !row.reading->recent.empty());
  for (const char* column : {"provider", "capacity", "measured", "note"}) page.set(fmt::format("has_{}", column), true);
  page.set("rows", rows);
  page.set("history_url", kRoot + profile_path("profile", key) + "/history");
  page.set("tells", true);
  page.set("feed_url", kRoot + feed_url(selection));
  page.set("facts", facts_of(row, now));
  const std::string api = profile_path("/api/v1/hardware", key);
  const std::string badge = profile_path("/badge", key) + ".svg";
  page.set("json_url", kRoot + api.substr(1));
  page.set("badge_url", kRoot + badge.substr(1));
  page.set("api_path", api);
  page.set("badge_path", badge);
  page.set("profile_path", profile_path("/profile", key));
  // The first slash separates: one in the provider stands as any character.
  std::string pattern = key.provider;
  std::ranges::replace(pattern, '/', '?');
  pattern += '/' + key.name;
  std::ranges::replace(pattern, '*', '?');
  page.set("pattern", base::shell_quoted(pattern));
  set_links(page, links);
  return page;
}

}  // namespace

struct ProfilePage::Core {
  kainjow::mustache::mustache page = load_template("profile");
};

ProfilePage::ProfilePage(board::Board& board, std::size_t cores, std::string public_url)
    : board_(board), public_url_(std::move(public_url)) {
  for (std::size_t i = 0; i < cores; ++i) cores_.push_back(std::make_unique<Core>());
}

ProfilePage::~ProfilePage() = default;

http::Reply ProfilePage::handle(const http::Request& request) {
  if (auto known = request.query.only({}); !known) return show_problem(request, 400, known.error().message);
  const board::StatePtr state = board_.of_core(request.core).current();
  if (!state->filled) return show_problem(request, 503, why_not_filled(*state));
  const core::ProfileKey key{request.parameters[0], request.parameters[1]};
  const core::RowPtr row = state->snapshot.find(key);
  if (!row)
    return show_problem(
        request, 404,
        fmt::format("there is no profile {}/{}; it may have been renamed or removed", key.provider, key.name));
  const Links links = links_of(request, public_url_);
  http::Prepared prepared("text/html; charset=utf-8",
                          cores_[request.core]->page.render(page_data(*state, *row, links)));
  return http::answer(request, prepared, kLinksVary, security_headers());
}

}  // namespace portal
