#include "probe/pages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.hpp"
#include "base/url.hpp"
#include "probe/places.hpp"

namespace probe {
namespace {

namespace json = boost::json;
template <class T>
using Or = std::expected<T, std::string>;

constexpr std::size_t kLongestUrl = 8192;

/// With the port that its scheme means.
std::string_view port_of(const base::UrlParts& url) {
  if (url.port.size() > 1) return url.port.substr(1);
  return base::equals_ignoring_case(url.scheme, "https") ? "443" : "80";
}

bool same_host(const base::UrlParts& one, const base::UrlParts& other) {
  return base::equals_ignoring_case(one.scheme, other.scheme) && base::equals_ignoring_case(one.host, other.host) &&
         port_of(one) == port_of(other);
}

/// What a reference (RFC 3986, section 4.2) means in an answer of `url`.
Or<std::string> resolved(std::string_view url, std::string_view reference) {
  const auto unfit = [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || static_cast<unsigned char>(c) >= 0x7F;
  };
  if (reference.size() > kLongestUrl || std::ranges::any_of(reference, unfit))
    return std::unexpected("names a next page that is no URL");
  reference = reference.substr(0, reference.find('#'));
  const base::UrlParts here = base::split_url(url);
  const std::string absolute =
      reference.starts_with("//") ? fmt::format("{}:{}", here.scheme, reference) : std::string(reference);
  const std::string_view origin = url.substr(0, static_cast<std::size_t>(here.path.data() - url.data()));
  if (const base::UrlParts there = base::split_url(absolute); !there.scheme.empty() && !there.host.empty()) {
    if (!same_host(here, there) || !there.user.empty())
      return std::unexpected("names a next page on another host; the probe follows those of its own");
    return fmt::format("{}{}{}", origin, there.path.empty() ? "/" : there.path, there.query);
  }
  if (reference.starts_with('/')) return fmt::format("{}{}", origin, reference);
  if (reference.starts_with('?')) return fmt::format("{}{}{}", origin, here.path, reference);
  const auto directory = here.path.substr(0, here.path.rfind('/') + 1);
  return fmt::format("{}{}{}", origin, directory.empty() ? "/" : directory, reference);
}

/// `url` with this parameter instead of an earlier one of the name.
std::string with_parameter(std::string_view url, std::string_view name, std::string_view value) {
  url = url.substr(0, url.find('#'));
  const auto question = std::min(url.find('?'), url.size());
  std::string out(url.substr(0, question));
  std::string_view query = url.substr(std::min(question + 1, url.size()));
  char separator = '?';
  while (!query.empty()) {
    const auto parameter = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(parameter.size() + 1, query.size()));
    if (parameter.empty() || parameter.substr(0, parameter.find('=')) == name) continue;
    out += fmt::format("{}{}", std::exchange(separator, '&'), parameter);
  }
  return out + fmt::format("{}{}={}", separator, name, base::percent_encode(value));
}

/// The relation types of a link's parameters: ; rel="next last"; title=x
bool is_next(std::string_view parameters) {
  while (!parameters.empty()) {
    const auto semicolon = std::min(parameters.find(';'), parameters.size());
    std::string_view parameter = base::trim(parameters.substr(0, semicolon));
    parameters.remove_prefix(std::min(semicolon + 1, parameters.size()));
    const auto equals = parameter.find('=');
    if (equals == std::string_view::npos || !base::equals_ignoring_case(base::trim(parameter.substr(0, equals)), "rel"))
      continue;
    std::string_view words = base::trim(parameter.substr(equals + 1));
    if (words.size() >= 2 && words.front() == '"' && words.back() == '"') words = words.substr(1, words.size() - 2);
    while (!words.empty()) {
      const auto word = words.substr(0, words.find(' '));
      if (base::equals_ignoring_case(word, "next")) return true;
      words.remove_prefix(std::min(word.size() + 1, words.size()));
    }
  }
  return false;
}

std::string reference_in(const json::value& answer, const Headers& headers, const std::string& next) {
  if (next != "Link") {
    const auto path = config::parse_path(next);
    const Place place = path ? place_at(answer, *path) : Place{};
    return place.is == Place::Is::value && *place.value != false ? plain_text(*place.value) : "";
  }
  for (const auto& [name, value] : headers)
    if (base::equals_ignoring_case(name, "Link"))
      if (std::string target = next_link(value); !target.empty()) return target;
  return "";
}

}  // namespace

std::string next_link(std::string_view header) {
  while (!header.empty()) {
    const auto open = header.find('<');
    const auto close = header.find('>', std::min(open, header.size()));
    if (close == std::string_view::npos) break;
    const auto target = header.substr(open + 1, close - open - 1);
    header.remove_prefix(close + 1);
    // A target may have a comma, which parameters of links that matter do not.
    const auto end = std::min(header.find(",", 0), header.size());
    if (is_next(header.substr(0, end))) return std::string(target);
    header.remove_prefix(end);
  }
  return "";
}

Or<std::string> next_page(std::string_view url, const json::value& answer, const Headers& headers,
                          const config::HttpOptions& options) {
  if (options.next.empty()) return "";
  const std::string reference = reference_in(answer, headers, options.next);
  if (reference.empty()) return "";
  if (options.next_parameter.empty()) return resolved(url, reference);
  if (reference.size() > kLongestUrl) return std::unexpected("names a next page that is too long");
  return with_parameter(url, options.next_parameter, reference);
}

void add_page(json::value& whole, json::value page) {
  if (whole.is_object() && page.is_object()) {
    for (auto& member : page.as_object()) {
      const auto [entry, is_new] = whole.as_object().emplace(member.key(), nullptr);
      if (is_new)
        entry->value() = std::move(member.value());
      else
        add_page(entry->value(), std::move(member.value()));
    }
  } else if (whole.is_array() && page.is_array()) {
    for (auto& element : page.as_array()) whole.as_array().push_back(std::move(element));
  } else {
    whole = std::move(page);
  }
}

}  // namespace probe
