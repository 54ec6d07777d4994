#include "portal/list_data.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "feed/selection_query.hpp"
#include "portal/badge.hpp"
#include "portal/change_feed.hpp"
#include "portal/form_data.hpp"
#include "portal/row_data.hpp"

namespace portal {
namespace {

using core::Freshness;
using core::Level;
using kainjow::mustache::data;

constexpr std::size_t kMostSourcesNamed = 3;

/// The link of a count of the summary: the same view, with other levels and freshness.
void set_count_urls(data& page, const ListQuery& view) {
  const auto set = [&](const char* name, std::vector<Level> levels, std::vector<Freshness> freshness) {
    ListQuery next = view;
    next.selection.levels = std::move(levels);
    next.selection.freshness = std::move(freshness);
    next.selection.failing = false;
    page.set(name, next.url_of_first());
  };
  set("url_high", {Level::high}, {Freshness::fresh});
  set("url_medium", {Level::medium}, {Freshness::fresh});
  set("url_low", {Level::low}, {Freshness::fresh});
  set("url_stale", {}, {Freshness::stale});
  set("url_unknown", {Level::unknown}, {Freshness::expired, Freshness::fresh, Freshness::pending});
  set("url_expired", {}, {Freshness::expired});
  set("url_pending", {}, {Freshness::pending});
  ListQuery next = view;
  next.selection.failing = true;
  page.set("url_failing", next.url_of_first());
  next = view;
  next.selection.order = board::Order::changed;
  next.selection.descending = true;
  page.set("url_changed", next.url_of_first());
}

void set_sources(data& page, const board::Overview& overview) {
  std::vector<std::string> sources(overview.facets->failing_probes.begin(), overview.facets->failing_probes.end());
  const std::size_t more = sources.size() - std::min(sources.size(), kMostSourcesNamed);
  sources.resize(sources.size() - more);
  if (more > 0) sources.push_back(fmt::format("{} more", more));
  set_if_any(page, "sources", fmt::format("{}", fmt::join(sources, ", ")));
}

void set_group(data& out, const std::string& provider, const board::Selected& selected, const ListQuery& view,
               std::size_t columns) {
  const auto counts = selected.groups.find(provider);
  ListQuery only = view;
  only.selection.providers = {provider};
  only.selection.grouped = false;
  out.set("group", true);
  out.set("span", std::to_string(columns));
  out.set("group_url", only.url_of_first());
  if (counts != selected.groups.end()) {
    out.set("group_total", number_text(static_cast<double>(counts->second.total)));
    out.set("group_text", counts_text(counts->second));
  }
}

/// A cell for each of the numbers and labels that have a column.
void set_cells(data& out, const core::Row& row, std::span<const core::Number* const> numbers,
               const std::vector<std::string>& labels) {
  data number_cells{data::type::list}, label_cells{data::type::list};
  const auto add = [](data& cells, const char* kind, const std::string& name, const std::string& value) {
    data cell;
    cell.set(kind, name);
    cell.set("value", value);
    cells << cell;
  };
  for (const core::Number* number : numbers) {
    const auto value = row.reading ? core::column_value(*row.reading, *number) : std::nullopt;
    add(number_cells, "number", std::string(number->name), value ? number_text(*value) : "");
  }
  for (const std::string& label : labels) {
    const auto value = row.profile.labels.find(label);
    add(label_cells, "label", label, value == row.profile.labels.end() ? "" : value->second);
  }
  out.set("numbers", number_cells);
  out.set("labels", label_cells);
}

data rows_of(const board::Selected& selected, const ListQuery& view, base::Time now,
             std::span<const core::Number* const> numbers, std::size_t columns) {
  data list{data::type::list};
  const std::string* provider = nullptr;
  for (const core::RowPtr& row : selected.rows) {
    const std::string& current = row->profile.key.provider;
    data out = row_data(*row, now, "./");
    if (view.selection.grouped && (provider == nullptr || *provider != current))
      set_group(out, current, selected, view, columns);
    provider = &current;
    set_cells(out, *row, numbers, view.labels);
    list << out;
  }
  return list;
}

void set_pages(data& page, std::size_t shown, std::size_t matching, const ListQuery& view) {
  const auto [offset, limit] = std::pair(view.selection.offset, view.selection.limit);
  const std::size_t end = offset + shown;
  const auto url_of = [&](std::size_t at) {
    ListQuery part = view;
    part.selection.offset = at;
    return part.url();
  };
  page.set("first", number_text(static_cast<double>(shown == 0 ? 0 : offset + 1)));
  page.set("last", number_text(static_cast<double>(end)));
  page.set("matching", number_text(static_cast<double>(matching)));
  page.set("paged", matching > limit || offset > 0);
  if (offset > 0) page.set("previous_url", url_of(offset - std::min(offset, limit)));
  if (end < matching && shown > 0) page.set("next_url", url_of(end));
}

void set_files(data& page, const board::Selection& selection) {
  const std::string query = feed::to_query(selection, kRowsPerPage);
  page.set("json_url", "./api/v1/hardware" + (query.empty() ? "" : "?" + query));
  board::Selection all = selection;
  all.offset = 0;
  all.limit = 0;
  const std::string all_query = feed::to_query(all, 0);
  page.set("csv_url", "./api/v1/hardware.csv" + (all_query.empty() ? "" : "?" + all_query));
  page.set("feed_url", "./" + feed_url(selection));
  const std::string filter = feed::to_query(badge_selection(selection), 0);
  page.set("badge_url", "./badge.svg" + (filter.empty() ? "" : "?" + filter));
}

}  // namespace

data list_data(const board::State& state, base::Time now, const ListQuery& view, const std::string& problem,
               const std::string& words) {
  const board::Selection& selection = view.selection;
  const board::Overview& overview = state.overview;
  const board::Selected selected = board::select(state, selection, now, overview);
  const bool has_rows = state.filled && overview.counts.total > 0;
  const std::string filter = view.text();
  const std::string title = filter.empty() ? "Vacancy: which hardware can I get right now?" : "Vacancy: " + filter;
  data page = frame_data(state, title, view.wall ? "wall" : "list", feed::to_query(selection, 0), "./");
  set_counts(page, selected.choice);
  // Wide enough for the largest count, so that others do not move when it changes.
  page.set("digits", std::to_string(std::min<std::size_t>(std::to_string(selected.choice.total).size(), 6)));
  set_count_urls(page, view);
  if (selected.choice.failing > 0) set_sources(page, overview);
  set_if_any(page, "trouble", trouble(state, overview.counts));
  set_form(page, overview, view);
  set_if_any(page, "problem", problem);
  if (!problem.empty()) page.set("q", words);
  page.set("problem_of_search", problem.starts_with("q "));
  set_pages(page, selected.rows.size(), selected.counts.total, view);
  page.set("waiting", !state.filled);
  const bool away = state.outage && state.outage->side == board::Side::hardware;
  page.set("look_at", away ? "portal" : "hardware service");
  page.set("empty", state.filled && !has_rows);
  page.set("nothing", has_rows && selected.counts.total == 0);
  page.set("beyond", selected.counts.total > 0 && selected.rows.empty());
  page.set("first_url", view.url_of_first());
  page.set("any", has_rows && !selected.rows.empty());
  set_if_any(page, "filter", filter);
  page.set("all_total", number_text(static_cast<double>(overview.counts.total)));
  page.set("reset_url", view.reset().url());
  std::size_t columns = 2 + view.labels.size();  // and name and level
  for (const std::string_view column : kColumnNames) {
    const bool there = has_column(overview, view, column);
    page.set(fmt::format("has_{}", column), there);
    columns += there ? 1 : 0;
  }
  if (!view.wall) page.set("wall_url", on_wall(view).url());
  page.set("past_url", "./at");
  std::vector<const core::Number*> numbers;
  for (const core::Number& number : core::kColumnNumbers)
    if (has_column(overview, view, number.name)) numbers.push_back(&number);
  // Of numbers, and of the last day.
  const auto later_columns = std::span(kColumnNames).subspan(2, 1 + core::kColumnNumbers.size());
  page.set("later_columns", fmt::format("{}", fmt::join(later_columns, " ")));
  page.set("rows", rows_of(selected, view, now, numbers, columns));
  set_files(page, selection);
  return page;
}

}  // namespace portal
