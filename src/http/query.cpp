#include "http/query.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/url.hpp"

namespace http {
namespace {

/// "q, label.NAME" of "q" and "label.".
std::string list_of(std::span<const std::string_view> names) {
  std::string list;
  for (const std::string_view name : names)
    list += fmt::format("{}{}{}", list.empty() ? "" : ", ", name, name.ends_with('.') ? "NAME" : "");
  return list;
}

}  // namespace

base::Result<Query> Query::parse(std::string_view text) {
  Query query;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    auto name = base::percent_decode(pair.substr(0, equals), true);
    auto value = base::percent_decode(equals == std::string_view::npos ? "" : pair.substr(equals + 1), true);
    if (!name || !value)
      return base::fail(base::Errc::invalid,
                        fmt::format("query parameter '{}' is not percent-encoded correctly", pair));
    query.pairs_.emplace_back(std::move(*name), std::move(*value));
  }
  return query;
}

std::optional<std::string_view> Query::get(std::string_view name) const {
  for (auto pair = pairs_.rbegin(); pair != pairs_.rend(); ++pair)
    if (pair->first == name) return pair->second;
  return std::nullopt;
}

std::vector<std::string_view> Query::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& pair : pairs_)
    if (pair.first == name) values.emplace_back(pair.second);
  return values;
}

base::Result<std::size_t> Query::number(std::string_view name, std::size_t otherwise, std::size_t least,
                                        std::size_t most) const {
  const auto text = get(name);
  if (!text) return otherwise;
  const auto value = base::number_of<std::size_t>(*text);
  if (!value || *value < least || *value > most)
    return base::fail(base::Errc::invalid,
                      fmt::format("{}='{}' is not a whole number from {} to {}", name, *text, least, most));
  return *value;
}

std::vector<std::pair<std::string_view, std::string_view>> Query::with_prefix(std::string_view prefix) const {
  std::vector<std::pair<std::string_view, std::string_view>> found;
  for (const auto& [name, value] : pairs_)
    if (name.starts_with(prefix)) found.emplace_back(std::string_view(name).substr(prefix.size()), value);
  return found;
}

base::Result<void> Query::only(std::span<const std::string_view> known) const {
  for (const auto& [name, value] : pairs_) {
    const auto is_it = [&name](std::string_view one) {
      return one.ends_with('.') ? name.starts_with(one) : name == one;
    };
    if (std::ranges::any_of(known, is_it)) continue;
    std::string message = fmt::format("query parameter '{}' is unknown here", name);
    const std::string_view near = base::nearest(name, known);
    if (!near.empty())
      message += fmt::format("; did you mean '{}'?", near);
    else if (!known.empty())
      message += fmt::format("; known: {}", list_of(known));
    return base::fail(base::Errc::invalid, std::move(message));
  }
  return {};
}

}  // namespace http
