#include "portal/list_query.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "feed/selection_query.hpp"
#include "portal/row_data.hpp"

namespace portal {
namespace {

using feed::kLabelPrefix;

/// Each is a cell of every row.
constexpr std::size_t kMostLabelColumns = 20;

std::size_t usual_limit(bool wall) {
  return wall ? kMostRowsPerPage : kRowsPerPage;
}

bool is_by_key(const board::Selection& selection) {
  return selection.order == board::Order::key && !selection.descending;
}

/// Adds the columns of "provider,note,label.region".
base::Result<void> read_columns(std::string_view list, ListQuery& view) {
  std::size_t begin = 0;
  while (begin <= list.size()) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    const std::string_view name = list.substr(begin, end - begin);
    begin = end + 1;
    const auto known = std::ranges::find(kColumnNames, name);
    if (known != std::end(kColumnNames)) {
      view.columns->push_back(*known);
    } else if (name.starts_with(kLabelPrefix) && core::checked_label(name.substr(kLabelPrefix.size()), "")) {
      if (view.labels.size() >= kMostLabelColumns)
        return base::fail(base::Errc::invalid, fmt::format("columns has more than {} labels", kMostLabelColumns));
      view.labels.emplace_back(name.substr(kLabelPrefix.size()));
    } else if (name != "name" && name != "level") {  // these are always shown
      return base::fail(base::Errc::invalid, fmt::format("columns must be some of {} and {}NAME, not '{}'",
                                                         fmt::join(kColumnNames, ", "), kLabelPrefix, name));
    }
  }
  return {};
}

/// The worst first: profiles that need attention are on the first page.
void put_on_wall(ListQuery& view, bool limited, bool sorted) {
  view.wall = true;
  if (!limited) view.selection.limit = kMostRowsPerPage;
  if (!sorted) view.selection.order = board::Order::level;
}

}  // namespace

std::string ListQuery::query() const {
  board::Selection named = selection;
  // The order of a wall, which it need not name.
  if (wall && named.order == board::Order::level && !named.descending) named.order = board::Order::key;
  std::string query = feed::to_query(named, usual_limit(wall));
  const auto add = [&](std::string_view text) { query += fmt::format("{}{}", query.empty() ? "" : "&", text); };
  if (wall && is_by_key(selection)) add("sort=key");
  if (const std::vector<std::string> named_columns = column_names(); !named_columns.empty())
    add(fmt::format("columns={}", fmt::join(named_columns, ",")));
  if (wall) add("wall=1");
  return query;
}

std::string ListQuery::url() const {
  const std::string text = query();
  return text.empty() ? "./" : "./?" + text;
}

std::string ListQuery::url_of_first() const {
  ListQuery first = *this;
  first.selection.offset = 0;
  return first.url();
}

ListQuery ListQuery::reset() const {
  ListQuery all = *this;
  all.selection = {.order = wall ? board::Order::level : board::Order::key, .limit = selection.limit};
  return all;
}

bool ListQuery::shows(std::string_view column) const {
  return !columns || std::ranges::find(*columns, column) != columns->end();
}

std::vector<std::string> ListQuery::column_names() const {
  if (!columns && labels.empty()) return {};
  std::vector<std::string> names;
  for (const std::string_view name : kColumnNames)
    if (shows(name)) names.emplace_back(name);
  for (const std::string& label : labels) names.push_back(fmt::format("{}{}", kLabelPrefix, label));
  if (names.empty()) names.emplace_back("name");
  return names;
}

std::string ListQuery::text() const {
  std::vector<std::string> parts;
  if (!selection.set.empty()) parts.push_back("set " + selection.set);
  if (!selection.words.empty()) parts.push_back(fmt::format("“{}”", fmt::join(selection.words, " ")));
  // Of several, any suffices.
  const auto add_any = [&parts](const std::vector<std::string>& values) {
    if (!values.empty()) parts.push_back(fmt::format("{}", fmt::join(values, " or ")));
  };
  add_any(selection.providers);
  add_any(selection.names);
  for (const auto& [label, values] : selection.labels) {
    std::vector<std::string> any = values;
    std::ranges::replace(any, std::string(), std::string("“”"));
    parts.push_back(fmt::format("{} {}", label, fmt::join(any, " or ")));
  }
  for (const core::Level level : selection.levels) parts.push_back(base::lower(core::to_string(level)));
  for (const core::Freshness freshness : selection.freshness) parts.push_back(base::lower(core::to_string(freshness)));
  for (const auto& [number, least, most] : selection.bounds) {
    const std::string_view name = core::kNumbers[core::index_of(number)].name;
    if (least) parts.push_back(fmt::format("{} ≥ {}", name, number_text(*least)));
    if (most) parts.push_back(fmt::format("{} ≤ {}", name, number_text(*most)));
  }
  if (selection.failing) parts.emplace_back("failing");
  return fmt::format("{}", fmt::join(parts, ", "));
}

base::Result<ListQuery> list_query(board::Selection selection, const http::Query& query) {
  ListQuery view{.selection = std::move(selection)};
  const auto given = [&query](std::string_view name) { return !query.get(name).value_or("").empty(); };
  if (const std::string_view wall = query.get("wall").value_or(""); wall == "1")
    put_on_wall(view, given("limit"), given("sort"));
  else if (!wall.empty())
    return base::fail(base::Errc::invalid, "wall must be 1 or left out");
  for (const std::string_view list : query.all("columns")) {
    if (list.empty()) continue;
    if (!view.columns) view.columns.emplace();
    if (auto read = read_columns(list, view); !read) return std::unexpected(read.error());
  }
  if (!view.columns) return view;
  const std::vector<std::string_view> wanted = std::exchange(*view.columns, {});
  for (const std::string_view name : kColumnNames)
    if (std::ranges::find(wanted, name) != wanted.end()) view.columns->push_back(name);
  if (view.columns->size() == std::size(kColumnNames)) view.columns.reset();
  std::ranges::sort(view.labels);
  view.labels.erase(std::ranges::unique(view.labels).begin(), view.labels.end());
  return view;
}

ListQuery on_wall(ListQuery view) {
  view.selection.offset = 0;
  put_on_wall(view, false, false);
  return view;
}

}  // namespace portal
