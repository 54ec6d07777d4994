#include "portal/form_data.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "feed/selection_query.hpp"
#include "portal/row_data.hpp"

namespace portal {
namespace {

using board::Order;
using core::Measurement;
using kainjow::mustache::data;

/// The longest list to choose from.
constexpr std::size_t kMostProviders = 200;
constexpr std::size_t kMostLabels = 50;

bool is_cost(const core::Number& number) {
  return number.kind == core::Number::Kind::cost;
}

data option(const std::string& value, const std::string& label, bool selected) {
  data out;
  out.set("value", value);
  out.set("label", label);
  out.set("selected", selected);
  return out;
}

struct Sort {
  const char* label;
  Order order;
  bool descending;
};

constexpr Sort kSorts[] = {
    {"By provider", Order::key, false},
    {"By name", Order::name, false},
    {"Most available first", Order::level, true},
    {"Most free first", board::by(&Measurement::free), true},
    {"Best score first", board::by(&Measurement::score), true},
    {"Cheapest first", board::by(&Measurement::price), false},
    {"Latest change first", Order::changed, true},
    {"Latest first", Order::measured, true},
    {"Oldest first", Order::measured, false},
    {"Least fresh first", Order::freshness, true},
};

/// The head of the table: a click sorts by a column, another one the other way round.
data columns_of(const board::Overview& overview, const ListQuery& view) {
  data columns{data::type::list};
  /// `descending`: what a first click gives.
  const auto add = [&](const std::string& kind, const std::string& label, std::optional<Order> order = {},
                       bool descending = false) {
    data out;
    out.set("class", kind);
    out.set("label", label);
    if (order) {
      const bool sorted = view.selection.order == *order;
      ListQuery next = view;
      next.selection.order = *order;
      next.selection.descending = sorted ? !view.selection.descending : descending;
      out.set("url", next.url_of_first());
      if (sorted) out.set("sorted", view.selection.descending ? "descending" : "ascending");
    }
    columns << out;
  };
  const auto shown = [&](std::string_view column) { return has_column(overview, view, column); };
  if (shown("provider")) add("provider", "Provider", Order::key);
  add("name", "Name", Order::name);
  add("level", "Availability", Order::level, true);
  if (shown("capacity")) add("capacity", "Capacity", board::by(&Measurement::free), true);
  if (shown("recent")) add("recent", "Last 24 h");
  for (const core::Number& number : core::kColumnNumbers) {
    std::string heading(number.name);
    heading.front() = static_cast<char>(std::toupper(heading.front()));
    if (shown(number.name))
      add("number " + std::string(number.name), heading, board::by(number.value), !is_cost(number));
  }
  if (shown("measured")) add("measured", "Measured", Order::measured, true);
  for (const std::string& label : view.labels) add("label", label);
  if (shown("note")) add("note", "Note");
  return columns;
}

/// Columns to choose from: the usual ones, and labels that rows have.
data choice_of(const board::Overview& overview, const ListQuery& view) {
  data choice{data::type::list};
  const ListQuery all{.selection = view.selection};
  for (const std::string_view name : kColumnNames) {
    if (!has_column(overview, all, name)) continue;
    data usual = option(std::string(name), name == "recent" ? "last 24 h" : std::string(name), view.shows(name));
    usual.set("usual", true);
    choice << usual;
  }
  std::set<std::string> labels(view.labels.begin(), view.labels.end());
  for (const std::string& label : overview.facets->labels)
    if (labels.size() < kMostLabels) labels.insert(label);
  for (const std::string& label : labels)
    choice << option(fmt::format("{}{}", feed::kLabelPrefix, label), label, std::ranges::count(view.labels, label) > 0);
  return choice;
}

/// The bounds of the form, and further ones of the view.
data bounds_of(const board::Overview& overview, const ListQuery& view) {
  data bounds{data::type::list};
  for (const core::Number& number : core::kNumbers) {
    const auto found = std::ranges::find(view.selection.bounds, number.value, &board::Bound::number);
    const bool bound = found != view.selection.bounds.end();
    const bool there = number.value == &Measurement::free || overview.facets->shown[number.value];
    const auto add = [&](std::string_view name, const char* sign, const std::optional<double>& value, bool asked) {
      if (!asked && !value) return;
      data out;
      out.set("name", std::string(name));
      out.set("label", std::string(number.name) + sign);
      out.set("value", value ? fmt::to_string(*value) : "");
      bounds << out;
    };
    add(number.least, " ≥", bound ? found->least : std::nullopt, there && !is_cost(number));
    add(number.most, " ≤", bound ? found->most : std::nullopt, there && is_cost(number));
  }
  return bounds;
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
  for (const std::string& name : overview.facets->providers) {
    providers << option(name, name, name == chosen);
    known = known || name == chosen;
  }
  if (!known) providers << option(chosen, chosen, true);
  return providers;
}

/// Filters that the form has no field for: it sends them as they are.
data kept_of(const board::Selection& selection, bool providers) {
  data kept{data::type::list};
  const auto keep = [&](const std::string& name, const std::vector<std::string>& values) {
    for (const std::string& value : values) {
      data out;
      out.set("name", name);
      out.set("value", value);
      kept << out;
    }
  };
  if (!selection.set.empty()) keep("set", {selection.set});
  if (providers) keep("provider", selection.providers);
  keep("name", selection.names);
  for (const auto& [label, values] : selection.labels) keep(fmt::format("{}{}", feed::kLabelPrefix, label), values);
  return kept;
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
    options << option(name, "Only " + base::lower(name), name == present);
  }
  if (chosen.size() > 1) options << option(present, "Only " + base::lower(present), true);
  return options;
}

/// " · 2", or "" for none.
std::string active(std::size_t count) {
  return count == 0 ? "" : fmt::format(" · {}", count);
}

/// How many bounds there are, and how many filters in all that a narrow page folds away. web/filter.js counts so, too.
void set_active(data& page, const board::Selection& selection) {
  std::size_t bounds = 0;
  for (const board::Bound& bound : selection.bounds) bounds += (bound.least ? 1U : 0U) + (bound.most ? 1U : 0U);
  std::size_t filters = bounds + selection.labels.size() + (selection.failing ? 1U : 0U);
  for (const bool unset : {selection.set.empty(), selection.providers.empty(), selection.names.empty(),
                           selection.levels.empty(), selection.freshness.empty()})
    filters += unset ? 0 : 1;
  page.set("bounded", active(bounds));
  page.set("active", active(filters));
}

}  // namespace

bool has_column(const board::Overview& overview, const ListQuery& view, std::string_view column) {
  if (column == "recent" && (view.wall || !overview.facets->recent)) return false;
  const auto* const number = std::ranges::find(core::kNumbers, column, &core::Number::name);
  return (number == core::kNumbers.end() || overview.facets->shown[number->value]) && view.shows(column);
}

void set_form(data& page, const board::Overview& overview, const ListQuery& view) {
  const board::Selection& selection = view.selection;
  page.set("q", fmt::format("{}", fmt::join(selection.words, " ")));
  // The search serves for longer lists; the form has no field for several chosen ones.
  const bool choice = overview.facets->providers.size() > 1 && overview.facets->providers.size() <= kMostProviders &&
                      selection.providers.size() < 2;
  page.set("providers_any", choice);
  if (choice)
    page.set("providers", providers_of(overview, selection.providers.empty() ? "" : selection.providers.front()));
  page.set("kept", kept_of(selection, !choice));
  data levels{data::type::list};
  for (const core::Level level : {core::Level::high, core::Level::medium, core::Level::low, core::Level::unknown}) {
    const std::string name(core::to_string(level));
    data out = option(name, name, std::ranges::find(selection.levels, level) != selection.levels.end());
    out.set("class", base::lower(name));
    levels << out;
  }
  page.set("levels", levels);
  page.set("freshness_options", freshness_of(selection.freshness));
  page.set("sorts", sorts_of(selection));
  page.set("columns", columns_of(overview, view));
  page.set("choice", choice_of(overview, view));
  page.set("bounds", bounds_of(overview, view));
  set_active(page, selection);
  page.set("failing", selection.failing);
  page.set("grouped", selection.grouped);
  page.set("wall", view.wall);
  const std::size_t usual = view.wall ? kMostRowsPerPage : kRowsPerPage;
  if (selection.limit != usual) page.set("other_limit", std::to_string(selection.limit));
}

}  // namespace portal
