#include "http/url.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>

#include "base/text.hpp"

namespace http {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

template <class T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

/// "q, label.NAME" of "q" and "label.".
std::string list_of(std::span<const std::string_view> names) {
  std::string list;
  for (const std::string_view name : names)
    list += fmt::format("{}{}{}", list.empty() ? "" : ", ", name, name.ends_with('.') ? "NAME" : "");
  return list;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high < 0 || low < 0 || high + low == 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i] == '+' && plus_is_space ? ' ' : text[i];
    }
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (is_unreserved(c))
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

base::Result<Query> Query::parse(std::string_view text) {
  Query query;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    auto name = percent_decode(pair.substr(0, equals), true);
    auto value = percent_decode(equals == std::string_view::npos ? "" : pair.substr(equals + 1), true);
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
  const auto value = parse_number<std::size_t>(*text);
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

std::string Url::authority() const {
  const bool v6 = host.find(':') != std::string::npos;
  return fmt::format(fmt::runtime(v6 ? "[{}]:{}" : "{}:{}"), host, port);
}

base::Result<Url> parse_url(std::string_view text) {
  const auto wrong = [text] {
    return base::fail(base::Errc::invalid, fmt::format("'{}' is not a URL of the form http://HOST[:PORT]", text));
  };
  constexpr std::string_view kScheme = "http://";
  if (!text.starts_with(kScheme)) return wrong();
  std::string_view rest = text.substr(kScheme.size());
  std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  std::string_view prefix = rest.substr(authority.size());
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  if (prefix.find_first_of("?# ") != std::string_view::npos || authority.find('@') != std::string_view::npos)
    return wrong();
  Url url;
  url.prefix = prefix;
  std::string_view port;
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return wrong();
    url.host = authority.substr(1, end - 1);
    port = authority.substr(end + 1);
  } else {
    url.host = authority.substr(0, authority.find(':'));
    port = authority.substr(url.host.size());
  }
  if (url.host.empty() || url.host.find(' ') != std::string::npos) return wrong();
  if (port.empty()) return url;
  const auto number = port.starts_with(':') ? parse_number<std::uint16_t>(port.substr(1)) : std::nullopt;
  if (!number || *number == 0) return wrong();
  url.port = *number;
  return url;
}

}  // namespace http
