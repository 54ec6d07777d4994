#include "feed/selection_query.hpp"

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "base/url.hpp"

namespace feed {
namespace {

using board::Order;
using board::Selection;

/// Limits that keep a search as cheap as its rows.
constexpr std::size_t kMostWords = 8;
constexpr std::size_t kMostNames = 100;
/// The longest query: every link of a page repeats its filters.
constexpr std::size_t kMostFilterBytes = 4096;

/// As `sort` names them, in the order of board::Order.
const std::vector<std::string_view> kOrders = [] {
  std::vector<std::string_view> names{"key", "provider", "name", "level", "freshness", "measured", "changed"};
  for (const core::Number& number : core::kNumbers) names.push_back(number.name);
  return names;
}();

/// The parts of `text` between any of `separators`, without empty ones.
std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find_first_of(separators));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

base::Result<void> checked(std::string_view name, std::string_view text) {
  if (base::is_printable_utf8(text)) return {};
  return base::fail(base::Errc::invalid, fmt::format("{} must be UTF-8 in one line, without control characters", name));
}

base::Result<void> read_set_name(const http::Query& query, const board::State& state, Selection& selection) {
  const std::string_view name = query.get("set").value_or("");
  if (name.empty()) return {};
  const auto known = core::set_named(*state.sets, name);
  if (!known && (state.filled || !core::checked_set_name(name)))
    return base::fail(base::Errc::invalid, "set: " + known.error().message);
  selection.set = name;
  return {};
}

/// Reads every value of `name`, which may be a list itself.
template <class T, class Parse>
base::Result<std::vector<T>> read_set(const http::Query& query, std::string_view name, Parse&& parse,
                                      std::string_view known) {
  std::vector<T> values;
  for (const std::string_view list : query.all(name))
    for (const std::string_view text : split(list, ",")) {
      const auto value = parse(text);
      if (!value) return base::fail(base::Errc::invalid, fmt::format("{}='{}' is none of {}", name, text, known));
      values.push_back(*value);
    }
  std::ranges::sort(values, std::greater());
  values.erase(std::ranges::unique(values).begin(), values.end());
  return values;
}

base::Result<void> read_words(const http::Query& query, Selection& selection) {
  for (const std::string_view words : query.all("q"))
    for (const std::string_view word : split(words, " \t\n\r")) {
      if (auto good = checked("q", word); !good) return good;
      selection.words.emplace_back(word);
    }
  if (selection.words.size() > kMostWords)
    return base::fail(base::Errc::invalid,
                      fmt::format("q has {} words; the most is {}", selection.words.size(), kMostWords));
  return {};
}

/// Sorted, each once: equal selections have equal queries.
void tidy(std::vector<std::string>& values) {
  std::ranges::sort(values);
  values.erase(std::ranges::unique(values).begin(), values.end());
}

base::Result<std::vector<std::string>> read_names(const http::Query& query, std::string_view name) {
  std::vector<std::string> names;
  for (const std::string_view text : query.all(name)) {
    if (auto good = checked(name, text); !good) return std::unexpected(good.error());
    if (!text.empty()) names.emplace_back(text);
  }
  tidy(names);
  if (names.size() > kMostNames)
    return base::fail(base::Errc::invalid,
                      fmt::format("{} is there {} times; the most is {}", name, names.size(), kMostNames));
  return names;
}

/// NUMBER/PROVIDER/NAME, each percent-encoded, the number empty where there is none.
base::Result<void> read_after(std::string_view text, Selection& selection) {
  if (text.empty()) return {};
  const auto wrong = [] {
    return base::fail(base::Errc::invalid, "after: send the value in 'next' of an earlier answer, or leave it out");
  };
  if (selection.offset > 0)
    return base::fail(base::Errc::invalid, "offset and after both say where to begin; keep one");
  const auto slash = std::min(text.find('/'), text.size());
  const std::string_view digits = text.substr(0, slash);
  text.remove_prefix(std::min(slash + 1, text.size()));
  const auto second = std::min(text.find('/'), text.size());
  auto provider = base::percent_decode(text.substr(0, second));
  auto name = base::percent_decode(text.substr(std::min(second + 1, text.size())));
  if (!provider || !name || provider->empty() || name->empty()) return wrong();
  board::Place place{.number = {}, .key = {std::move(*provider), std::move(*name)}};
  if (!digits.empty()) {
    place.number = base::number_of<double>(digits);
    if (!place.number || !std::isfinite(*place.number)) return wrong();
  }
  selection.after = std::move(place);
  return {};
}

std::string to_text(const board::Place& place) {
  return fmt::format("{}/{}/{}", place.number ? fmt::to_string(*place.number) : "",
                     base::percent_encode(place.key.provider), base::percent_encode(place.key.name));
}

base::Result<void> read_order(std::string_view text, Selection& selection) {
  if (text.empty()) return {};
  selection.descending = text.starts_with('-');
  const std::string_view name = text.substr(selection.descending ? 1 : 0);
  const auto found = std::ranges::find(kOrders, name);
  if (found == kOrders.end())
    return base::fail(base::Errc::invalid, fmt::format("sort='{}' is none of {}, with '-' in front for descending",
                                                       text, fmt::join(kOrders, ", ")));
  selection.order = static_cast<Order>(found - kOrders.begin());
  return {};
}

base::Result<std::optional<double>> read_bound(const http::Query& query, std::string_view name) {
  const std::string_view text = query.get(name).value_or("");
  if (text.empty()) return std::nullopt;
  const auto number = base::number_of<double>(text);
  if (!number || !std::isfinite(*number))
    return base::fail(base::Errc::invalid, fmt::format("{}='{}' is not a number", name, text));
  return number;
}

base::Result<void> read_bounds(const http::Query& query, Selection& selection) {
  for (const core::Number& number : core::kNumbers) {
    const auto least = read_bound(query, number.least);
    if (!least) return std::unexpected(least.error());
    const auto most = read_bound(query, number.most);
    if (!most) return std::unexpected(most.error());
    if (*least || *most) selection.bounds.push_back({number.value, *least, *most});
  }
  return {};
}

base::Result<void> read_labels(const http::Query& query, Selection& selection) {
  for (const auto& [name, value] : query.with_prefix(kLabelPrefix)) {
    if (auto good = core::checked_label(name, ""); !good)
      return base::fail(base::Errc::invalid, fmt::format("{}{}: {}", kLabelPrefix, name, good.error().message));
    if (auto good = checked(fmt::format("{}{}", kLabelPrefix, name), value); !good) return good;
    selection.labels[std::string(name)].emplace_back(value);
  }
  for (auto& [name, values] : selection.labels) tidy(values);
  return {};
}

base::Result<void> check_size(const Selection& selection) {
  std::size_t bytes = 0;
  const auto add = [&bytes](const std::vector<std::string>& values) {
    for (const std::string& value : values) bytes += value.size() + 1;
  };
  add(selection.words);
  add(selection.providers);
  add(selection.names);
  for (const auto& [label, values] : selection.labels) {
    bytes += label.size();
    add(values);
  }
  if (bytes <= kMostFilterBytes) return {};
  return base::fail(base::Errc::invalid,
                    fmt::format("the filters have {} bytes; the most is {}", bytes, kMostFilterBytes));
}

base::Result<bool> read_flag(const http::Query& query, std::string_view name, std::string_view value) {
  const std::string_view given = query.get(name).value_or("");
  if (!given.empty() && given != value)
    return base::fail(base::Errc::invalid, fmt::format("{}='{}' must be {} or left out", name, given, value));
  return !given.empty();
}

base::Result<void> read_part(const http::Query& query, std::size_t limit, std::size_t most, Selection& selection) {
  const auto number = [&](std::string_view name, std::size_t otherwise, std::size_t least, std::size_t largest) {
    if (query.get(name).value_or("").empty()) return base::Result<std::size_t>(otherwise);
    return query.number(name, otherwise, least, largest);
  };
  const auto offset = number("offset", 0, 0, SIZE_MAX / 2);
  if (!offset) return std::unexpected(offset.error());
  const auto wanted = number("limit", limit, 1, most);
  if (!wanted) return std::unexpected(wanted.error());
  selection.offset = *offset;
  selection.limit = *wanted;
  return {};
}

template <class T>
std::string joined(const std::vector<T>& values) {
  std::string text;
  for (const T value : values) text += fmt::format("{}{}", text.empty() ? "" : ",", to_string(value));
  return text;
}

}  // namespace

std::vector<std::string_view> selection_parameters(std::initializer_list<std::string_view> more) {
  std::vector<std::string_view> names(more);
  names.insert(names.end(), {"set", "q", "provider", "name", "level", "freshness", "failing", "sort", "group", "offset",
                             "limit", kLabelPrefix});
  for (const core::Number& number : core::kNumbers) names.insert(names.end(), {number.least, number.most});
  return names;
}

base::Result<Selection> parse_selection(const http::Query& query, std::size_t limit, std::size_t most,
                                        const board::State& state) {
  Selection selection;
  if (auto read = read_set_name(query, state, selection); !read) return std::unexpected(read.error());
  auto providers = read_names(query, "provider");
  if (!providers) return std::unexpected(providers.error());
  selection.providers = std::move(*providers);
  auto names = read_names(query, "name");
  if (!names) return std::unexpected(names.error());
  selection.names = std::move(*names);
  if (auto read = read_words(query, selection); !read) return std::unexpected(read.error());
  auto levels = read_set<core::Level>(query, "level", core::parse_level, "HIGH, MEDIUM, LOW, UNKNOWN");
  if (!levels) return std::unexpected(levels.error());
  selection.levels = std::move(*levels);
  auto freshness =
      read_set<core::Freshness>(query, "freshness", core::parse_freshness, "PENDING, FRESH, STALE, EXPIRED");
  if (!freshness) return std::unexpected(freshness.error());
  selection.freshness = std::move(*freshness);
  if (auto read = read_labels(query, selection); !read) return std::unexpected(read.error());
  if (auto good = check_size(selection); !good) return std::unexpected(good.error());
  if (auto read = read_bounds(query, selection); !read) return std::unexpected(read.error());
  const auto failing = read_flag(query, "failing", "1");
  if (!failing) return std::unexpected(failing.error());
  selection.failing = *failing;
  const auto grouped = read_flag(query, "group", "provider");
  if (!grouped) return std::unexpected(grouped.error());
  selection.grouped = *grouped;
  if (auto read = read_order(query.get("sort").value_or(""), selection); !read) return std::unexpected(read.error());
  if (auto read = read_part(query, limit, most, selection); !read) return std::unexpected(read.error());
  if (auto read = read_after(query.get("after").value_or(""), selection); !read) return std::unexpected(read.error());
  return selection;
}

std::string to_string(Order order, bool descending) {
  return fmt::format("{}{}", descending ? "-" : "", kOrders[static_cast<std::size_t>(order)]);
}

std::string to_query(const Selection& selection, std::size_t limit) {
  std::string query;
  const auto append = [&](std::string_view name, const std::string& value) {
    query += fmt::format("{}{}={}", query.empty() ? "" : "&", name, base::percent_encode(value));
  };
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) append(name, value);
  };
  add("set", selection.set);
  add("q", fmt::format("{}", fmt::join(selection.words, " ")));
  for (const std::string& provider : selection.providers) add("provider", provider);
  for (const std::string& name : selection.names) add("name", name);
  for (const auto& [label, values] : selection.labels)
    for (const std::string& value : values) append(fmt::format("{}{}", kLabelPrefix, label), value);
  add("level", joined(selection.levels));
  add("freshness", joined(selection.freshness));
  for (const auto& [value, least, most] : selection.bounds) {
    const core::Number& number = core::kNumbers[core::index_of(value)];
    if (least) add(number.least, fmt::to_string(*least));
    if (most) add(number.most, fmt::to_string(*most));
  }
  if (selection.failing) add("failing", "1");
  if (selection.order != Order::key || selection.descending)
    add("sort", to_string(selection.order, selection.descending));
  if (selection.grouped) add("group", "provider");
  if (selection.after) add("after", to_text(*selection.after));
  if (selection.offset > 0) add("offset", std::to_string(selection.offset));
  if (selection.limit != limit) add("limit", std::to_string(selection.limit));
  return query;
}

}  // namespace feed
