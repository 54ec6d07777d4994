#include "portal/list_view.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "feed/selection_query.hpp"
#include "portal/row_data.hpp"

namespace portal {
namespace {

std::size_t usual_limit(bool wall) {
  return wall ? kMostRowsPerPage : kRowsPerPage;
}

bool is_by_key(const board::Selection& selection) {
  return selection.order == board::Order::key && !selection.descending;
}

}  // namespace

std::string ListView::query() const {
  board::Selection named = selection;
  // The order of a wall, which it need not name.
  if (wall && named.order == board::Order::level && !named.descending) named.order = board::Order::key;
  std::string query = feed::to_query(named, usual_limit(wall));
  const auto add = [&](std::string_view text) { query += fmt::format("{}{}", query.empty() ? "" : "&", text); };
  if (wall && is_by_key(selection)) add("sort=key");
  if (!columns.empty()) add(fmt::format("columns={}", fmt::join(columns, ",")));
  if (wall) add("wall=1");
  return query;
}

std::string ListView::url() const {
  const std::string text = query();
  return text.empty() ? "./" : "./?" + text;
}

std::string ListView::url_of_first() const {
  ListView first = *this;
  first.selection.offset = 0;
  return first.url();
}

ListView ListView::reset() const {
  ListView all = *this;
  all.selection = {.order = wall ? board::Order::level : board::Order::key, .limit = selection.limit};
  return all;
}

bool ListView::shows(std::string_view column) const {
  return columns.empty() || std::ranges::find(columns, column) != columns.end();
}

std::string ListView::text() const {
  std::vector<std::string> parts;
  if (!selection.words.empty()) parts.push_back(fmt::format("“{}”", fmt::join(selection.words, " ")));
  // Of several, any suffices.
  const auto add_any = [&parts](const std::vector<std::string>& values) {
    if (!values.empty()) parts.push_back(fmt::format("{}", fmt::join(values, " or ")));
  };
  add_any(selection.providers);
  add_any(selection.names);
  for (const auto& [label, values] : selection.labels)
    parts.push_back(fmt::format("{} {}", label, fmt::join(values, " or ")));
  for (const core::Level level : selection.levels) parts.push_back(lower(core::to_string(level)));
  for (const core::Freshness freshness : selection.freshness) parts.push_back(lower(core::to_string(freshness)));
  for (const auto& [number, least, most] : selection.bounds) {
    const std::string name = feed::to_string(number, false);
    if (least) parts.push_back(fmt::format("{} ≥ {}", name, number_text(*least)));
    if (most) parts.push_back(fmt::format("{} ≤ {}", name, number_text(*most)));
  }
  if (selection.failing) parts.emplace_back("failing");
  return fmt::format("{}", fmt::join(parts, ", "));
}

ListView list_view(board::Selection selection, const http::Query& query) {
  ListView view{.selection = std::move(selection), .wall = query.get("wall").value_or("") == "1"};
  if (view.wall && query.get("limit").value_or("").empty()) view.selection.limit = kMostRowsPerPage;
  // The worst first: what needs somebody is on the first page.
  if (view.wall && query.get("sort").value_or("").empty()) view.selection.order = board::Order::level;
  for (const std::string_view name : kColumnNames)
    for (std::string_view list : query.all("columns")) {
      const std::string names = fmt::format(",{},", list);
      const bool named = names.find(fmt::format(",{},", name)) != std::string::npos;
      if (named && (view.columns.empty() || view.columns.back() != name)) view.columns.push_back(name);
    }
  if (view.columns.size() == std::size(kColumnNames)) view.columns.clear();
  return view;
}

}  // namespace portal
