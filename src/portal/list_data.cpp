#include "portal/list_data.hpp"

#include <algorithm>

#include "feed/selection_query.hpp"
#include "portal/row_data.hpp"

namespace portal {
namespace {

using board::Order;
using kainjow::mustache::data;

constexpr std::size_t kMostProviders = 200;
constexpr std::size_t kMostSourcesNamed = 3;

std::string url_of(ListView view, std::size_t offset) {
  view.selection.offset = offset;
  const std::string query = view.query();
  return query.empty() ? "/" : "/?" + query;
}

/// Everything, shown in the same way.
std::string reset_url(const ListView& view) {
  return url_of({.selection = {.limit = view.selection.limit}, .wall = view.wall}, 0);
}

data option(const std::string& value, const std::string& label, bool selected) {
  data out;
  out.set("value", value);
  out.set("label", label);
  out.set("selected", selected);
  return out;
}

struct Column {
  const char* name;
  const char* label;
  Order order;
  /// What a first click gives.
  bool descending;
};

constexpr Column kColumns[] = {
    {"provider", "Provider", Order::key, false},   {"name", "Name", Order::name, false},
    {"level", "Availability", Order::level, true}, {"numbers", "Capacity", Order::free, true},
    {"age", "Measured", Order::measured, true},
};

struct Sort {
  const char* label;
  Order order;
  bool descending;
};

constexpr Sort kSorts[] = {
    {"By provider", Order::key, false},
    {"By name", Order::name, false},
    {"Most available first", Order::level, true},
    {"Most free first", Order::free, true},
    {"Best score first", Order::score, true},
    {"Cheapest first", Order::price, false},
    {"Latest change first", Order::changed, true},
    {"Latest first", Order::measured, true},
    {"Oldest first", Order::measured, false},
    {"Least fresh first", Order::freshness, true},
};

/// The head of the table: a click sorts by a column, another one the other way round.
data columns_of(const ListView& view) {
  data columns{data::type::list};
  for (const Column& column : kColumns) {
    const bool sorted = view.selection.order == column.order;
    ListView next = view;
    next.selection.order = column.order;
    next.selection.descending = sorted ? !view.selection.descending : column.descending;
    data out;
    out.set("class", column.name);
    out.set("label", column.label);
    out.set("url", url_of(next, 0));
    if (sorted) out.set("sorted", view.selection.descending ? "descending" : "ascending");
    columns << out;
  }
  data note;
  note.set("class", "note");
  note.set("label", "Note");
  columns << note;
  return columns;
}

/// The orders of the form, and the present one when it is another.
data sorts_of(const board::Selection& selection) {
  data sorts{data::type::list};
  bool known = false;
  for (const Sort& sort : kSorts) {
    const bool selected = selection.order == sort.order && selection.descending == sort.descending;
    const bool is_default = sort.order == Order::key;
    sorts << option(is_default ? "" : feed::to_string(sort.order, sort.descending), sort.label, selected);
    known = known || selected;
  }
  const std::string present = feed::to_string(selection.order, selection.descending);
  if (!known) sorts << option(present, "Sorted by " + present, true);
  return sorts;
}

/// All providers, and the chosen one when it has gone.
data providers_of(const board::Overview& overview, const std::string& chosen) {
  data providers{data::type::list};
  providers << option("", "All providers", chosen.empty());
  bool known = chosen.empty();
  for (const std::string& name : overview.providers) {
    providers << option(name, name, name == chosen);
    known = known || name == chosen;
  }
  if (!known) providers << option(chosen, chosen, true);
  return providers;
}

/// One of them, or those that are chosen when they are several.
data freshness_of(const std::vector<core::Freshness>& chosen) {
  std::string present;
  for (const core::Freshness one : chosen)
    present += fmt::format("{}{}", present.empty() ? "" : ",", core::to_string(one));
  data options{data::type::list};
  options << option("", "Any freshness", present.empty());
  for (const auto one :
       {core::Freshness::fresh, core::Freshness::stale, core::Freshness::expired, core::Freshness::pending}) {
    const std::string name(core::to_string(one));
    options << option(name, "Only " + lower(name), name == present);
  }
  if (chosen.size() > 1) options << option(present, "Only " + lower(present), true);
  return options;
}

void set_form(data& page, const board::Overview& overview, const ListView& view) {
  const board::Selection& selection = view.selection;
  page.set("q", fmt::format("{}", fmt::join(selection.words, " ")));
  // Too many to choose from are left to the search.
  const bool choice = overview.providers.size() > 1 && overview.providers.size() <= kMostProviders;
  page.set("providers_any", choice);
  if (choice)
    page.set("providers", providers_of(overview, selection.provider));
  else
    set_if_any(page, "only_provider", selection.provider);
  set_if_any(page, "only_name", selection.name);
  data levels{data::type::list};
  for (const core::Level level : {core::Level::high, core::Level::medium, core::Level::low, core::Level::unknown}) {
    const std::string name(core::to_string(level));
    data out = option(name, name, std::ranges::find(selection.levels, level) != selection.levels.end());
    out.set("class", lower(name));
    levels << out;
  }
  page.set("levels", levels);
  page.set("freshness_options", freshness_of(selection.freshness));
  page.set("sorts", sorts_of(selection));
  page.set("failing", selection.failing);
  page.set("grouped", selection.grouped);
  page.set("wall", view.wall);
  if (selection.limit != kRowsPerPage) page.set("other_limit", std::to_string(selection.limit));
}

void set_overview(data& page, const board::Overview& overview) {
  const board::Counts& counts = overview.counts;
  page.set("total", std::to_string(counts.total));
  page.set("count_high", std::to_string(counts.high));
  page.set("count_medium", std::to_string(counts.medium));
  page.set("count_low", std::to_string(counts.low));
  page.set("count_stale", std::to_string(counts.stale));
  page.set("count_expired", std::to_string(counts.expired));
  page.set("count_pending", std::to_string(counts.pending));
  page.set("count_unknown", std::to_string(counts.unknown));
  page.set("count_fresh", std::to_string(counts.fresh));
  page.set("count_changed", std::to_string(counts.changed));
  page.set("count_failing", std::to_string(counts.failing));
  std::vector<std::string> sources(overview.failing_probes.begin(), overview.failing_probes.end());
  const std::size_t more = sources.size() - std::min(sources.size(), kMostSourcesNamed);
  sources.resize(sources.size() - more);
  if (more > 0) sources.push_back(fmt::format("{} more", more));
  set_if_any(page, "sources", fmt::format("{}", fmt::join(sources, ", ")));
}

data rows_of(const board::Selected& selected, const ListView& view, base::Time now) {
  data list{data::type::list};
  const std::string* provider = nullptr;
  for (const core::RowPtr& row : selected.rows) {
    const std::string& current = row->profile.key.provider;
    data out = row_data(*row, now);
    if (view.selection.grouped && (provider == nullptr || *provider != current)) {
      out.set("group", true);
      out.set("group_url", url_of({.selection = {.provider = current, .limit = kRowsPerPage}, .wall = view.wall}, 0));
    }
    provider = &current;
    list << out;
  }
  return list;
}

void set_pages(data& page, std::size_t shown, std::size_t matching, const ListView& view) {
  const auto [offset, limit] = std::pair(view.selection.offset, view.selection.limit);
  const std::size_t end = offset + shown;
  page.set("first", std::to_string(shown == 0 ? 0 : offset + 1));
  page.set("last", std::to_string(end));
  page.set("matching", std::to_string(matching));
  page.set("paged", matching > limit || offset > 0);
  if (offset > 0) page.set("previous_url", url_of(view, offset - std::min(offset, limit)));
  if (end < matching && shown > 0) page.set("next_url", url_of(view, end));
}

}  // namespace

std::string ListView::query() const {
  std::string query = feed::to_query(selection, kRowsPerPage);
  if (wall) query += query.empty() ? "wall=1" : "&wall=1";
  return query;
}

data list_data(const board::State& state, base::Time now, const board::Overview& overview, const ListView& view) {
  const board::Selection& selection = view.selection;
  const board::Selected selected = board::select(state, selection, now, overview);
  const bool has_rows = state.filled && overview.counts.total > 0;
  data page = frame_data(state, "Vacancy: which hardware can I get right now?", view.wall ? "wall" : "list",
                         feed::to_query(selection, 0));
  set_overview(page, overview);
  set_if_any(page, "trouble", trouble(state, overview.counts));
  set_form(page, overview, view);
  set_pages(page, selected.rows.size(), selected.counts.total, view);
  page.set("waiting", !state.filled);
  const bool away = state.outage && state.outage->side == board::Side::hardware;
  page.set("look_at", away ? "portal" : "hardware service");
  page.set("empty", state.filled && !has_rows);
  page.set("nothing", has_rows && selected.counts.total == 0);
  page.set("beyond", selected.counts.total > 0 && selected.rows.empty());
  page.set("first_url", url_of(view, 0));
  page.set("any", has_rows && !selected.rows.empty());
  page.set("filtered", selected.counts.total != overview.counts.total);
  page.set("reset_url", reset_url(view));
  const std::string query = feed::to_query(selection, kRowsPerPage);
  page.set("json_url", "/api/v1/hardware" + (query.empty() ? "" : "?" + query));
  page.set("columns", columns_of(view));
  page.set("rows", rows_of(selected, view, now));
  board::Selection all = selection;
  all.offset = 0;
  all.limit = 0;
  const std::string all_query = feed::to_query(all, 0);
  page.set("csv_url", "/api/v1/hardware.csv" + (all_query.empty() ? "" : "?" + all_query));
  return page;
}

}  // namespace portal
