#include "portal/set_page.hpp"

#include <fmt/format.h>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "feed/cache.hpp"
#include "feed/selection_query.hpp"
#include "http/answer.hpp"
#include "portal/api.hpp"
#include "portal/change_feed.hpp"
#include "portal/links.hpp"
#include "portal/list_query.hpp"
#include "portal/need_query.hpp"
#include "portal/problem_page.hpp"
#include "portal/row_data.hpp"
#include "portal/template.hpp"

namespace portal {
namespace {

using core::Judged;
using core::Level;
using core::Objection;
using kainjow::mustache::data;

/// From /set/NAME.
const std::string kRoot = "../";

std::string with_query(std::string url, const std::string& query) {
  return query.empty() ? url : std::move(url) + '?' + query;
}

data choice_data(const Judged& judged, const core::Set& set, const core::Need& need, base::Time now, bool taken) {
  data out = judged.row ? row_data(*judged.row, now, kRoot) : data();
  out.set("missing", !judged.row);
  out.set("set_choice", set.choices[judged.choice]);
  out.set("taken", taken);
  const bool good = judged.objection == Objection::none;
  out.set("verdict", taken  ? "take this one"
                     : good ? "good enough, too"
                            : core::sentence(judged.objection, judged.row.get(), need));
  return out;
}

/// What a page tells of a set.
struct Shown {
  data rows{data::type::list};
  std::size_t more = 0;
  board::Counts counts;
  core::RowPtr first;
};

Shown look_at(const board::State& state, const core::Set& set, const core::Need& need, base::Time now) {
  Shown shown;
  std::size_t count = 0;
  core::judge(state.snapshot, core::Choices(set), need, now, [&](const Judged& judged) {
    if (judged.row) shown.counts.add(*judged.row, now);
    const bool taken = !shown.first && judged.objection == Objection::none;
    if (taken) shown.first = judged.row;
    // The one to take is shown, however many precede it.
    if (taken || count < kRowsPerPage)
      shown.rows << choice_data(judged, set, need, now, taken);
    else
      ++shown.more;
    ++count;
    return true;
  });
  return shown;
}

/// The levels that may be good enough, with their URLs.
data levels_of(const core::Set& set, const core::Need& need) {
  data levels{data::type::list};
  for (const Level level : {Level::low, Level::medium, Level::high}) {
    core::Need other = need;
    other.condition.at_least = level;
    data out;
    out.set("level", std::string(core::to_string(level)));
    out.set("chosen", level == need.condition.at_least);
    out.set("url", with_query(set.name, to_query(other)));
    levels << out;
  }
  return levels;
}

/// What else is needed: "4 in one piece, measured within 5m".
std::string needs_text(const core::Need& need) {
  const core::Condition& condition = need.condition;
  std::vector<std::string> parts;
  if (condition.free) parts.push_back(fmt::format("{} in one piece", number_text(*condition.free)));
  if (condition.total_free) parts.push_back(fmt::format("{} free", number_text(*condition.total_free)));
  if (need.max_age) parts.push_back(fmt::format("measured within {}", base::to_string(*need.max_age)));
  return fmt::format("{}", fmt::join(parts, ", "));
}

data take_data(const core::Row& row) {
  const std::string level(core::to_string(row.reading->level));
  data take;
  take.set("profile", fmt::format("{} {}", row.profile.key.provider, row.profile.key.name));
  take.set("url", kRoot + profile_path("profile", row.profile.key));
  take.set("level", level);
  take.set("level_class", base::lower(level));
  return take;
}

data page_data(const board::State& state, const core::Set& set, const core::Need& need, const Links& links) {
  const base::Time now = state.now(std::chrono::steady_clock::now());
  const Shown shown = look_at(state, set, need, now);
  const std::string taken =
      shown.first ? fmt::format("take {} {}", shown.first->profile.key.provider, shown.first->profile.key.name)
                  : "none can be taken now";
  const board::Selection selection{.set = set.name, .limit = kMostRowsPerPage};
  data page =
      frame_data(state, fmt::format("{}: {}", set.name, taken), "profile set", feed::to_query(selection, 0), kRoot);
  set_if_any(page, "trouble", trouble(state, shown.counts));
  page.set("set", set.name);
  page.set("markdown_name", base::markdown_quoted(set.name));
  if (shown.first) page.set("take", take_data(*shown.first));
  set_counts(page, shown.counts);
  page.set("list_url", kRoot + "?set=" + set.name);
  page.set("feed_url", kRoot + feed_url(selection));
  page.set("tells", true);
  page.set("levels", levels_of(set, need));
  set_if_any(page, "needs", needs_text(need));
  page.set("flags", wait_flags(need));
  set_if_any(page, "max_age", need.max_age ? base::to_string(*need.max_age) : "");
  for (const char* column : {"provider", "capacity", "measured"}) page.set(fmt::format("has_{}", column), true);
  page.set("rows", shown.rows);
  set_if_any(page, "more", shown.more > 0 ? number_text(static_cast<double>(shown.more)) : "");
  const std::string query = to_query(need);
  const std::string first_path = with_query(fmt::format("/api/v1/sets/{}/first", set.name), query);
  page.set("json_url", kRoot + first_path.substr(1));
  page.set("first_path", first_path);
  page.set("first_url", base::shell_quoted(links.url + first_path));
  page.set("query", with_query("", query));
  page.set("badge_url", with_query(set.name + "/badge.svg", query));
  page.set("badge_text", fmt::format("{}: {}", set.name, taken));
  set_links(page, links);
  return page;
}

}  // namespace

struct SetPage::Core {
  kainjow::mustache::mustache page = load_template("set");
  feed::Cache cache{feed::kTellsTime};
};

SetPage::SetPage(board::Board& board, std::size_t cores, std::string public_url)
    : board_(board), public_url_(std::move(public_url)) {
  for (std::size_t i = 0; i < cores; ++i) cores_.push_back(std::make_unique<Core>());
}

SetPage::~SetPage() = default;

http::Reply SetPage::handle(const http::Request& request) {
  if (auto known = request.query.only({"at_least", "free", "total_free", "max_age"}); !known)
    return show_problem(request, 400, known.error().message);
  const auto need = read_need(request.query);
  if (!need) return show_problem(request, 400, need.error().message);
  const board::StatePtr state = board_.of_core(request.core).current();
  if (!state->filled) return show_problem(request, 503, why_not_filled(*state));
  const auto set = core::set_named(*state->sets, request.parameters[0]);
  if (!set) return show_problem(request, 404, set.error().message);
  const Links links = links_of(request, public_url_);
  Core& core = *cores_[request.core];
  const auto render = [&](const board::State& current) {
    return http::Prepared("text/html; charset=utf-8", core.page.render(page_data(current, **set, *need, links)));
  };
  const std::string view = fmt::format("{}?{} {}", (*set)->name, to_query(*need), links.url);
  return http::answer(request, core.cache.get(view, *state, render), kLinksVary, security_headers());
}

}  // namespace portal
