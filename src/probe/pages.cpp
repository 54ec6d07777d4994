#include "probe/pages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <vector>

#include "base/text.hpp"
#include "base/url.hpp"
#include "config/fields.hpp"
#include "probe/call.hpp"
#include "probe/discovery.hpp"
#include "probe/places.hpp"
#include "probe/url.hpp"

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

/// What a reference (RFC 3986, section 4.2) means in an answer to `url` that came `from` there. The login is that of
/// `url`.
Or<std::string> resolved(const std::string& url, const std::string& from, const std::string& reference) {
  const std::string& answered = same_host(base::split_url(url), base::split_url(from)) ? from : url;
  const std::string absolute = reference.size() <= kLongestUrl ? resolve(answered, reference) : "";
  if (absolute.empty()) return std::unexpected("names a next page that is no URL");
  const base::UrlParts here = base::split_url(url);
  const base::UrlParts there = base::split_url(absolute);
  if (!same_host(here, there))
    return std::unexpected("names a next page on another host; the probe follows those of its own");
  const std::string_view origin(url.data(), static_cast<std::size_t>(here.path.data() - url.data()));
  return fmt::format("{}{}{}", origin, there.path.empty() ? "/" : there.path, there.query);
}

/// Where `sign` is first outside of quoted texts (RFC 9110, section 5.6.4); the end of `text` when it is not there.
std::size_t end_of_part(std::string_view text, char sign) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == sign && !quoted) return i;
    if (text[i] == '"') quoted = !quoted;
    // The next one is itself.
    if (text[i] == '\\' && quoted) ++i;
  }
  return text.size();
}

/// The relation types of a link's parameters: ; rel="next last"; title=x
bool is_next(std::string_view parameters) {
  while (!parameters.empty()) {
    const auto semicolon = end_of_part(parameters, ';');
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

Or<std::string> reference_in(const json::value& answer, const Headers& headers, const config::HttpOptions& options) {
  if (options.next != "Link") {
    const auto path = config::parse_path(options.next);
    const bool untyped = options.format == config::AnswerFormat::xml;
    const Place place = path ? place_at(answer, *path, untyped) : Place{};
    if (place.is != Place::Is::value || *place.value == false) return "";
    const json::array* list = place.value->if_array();
    const json::object* object = place.value->if_object();
    if ((list != nullptr && !list->empty()) || (object != nullptr && !object->empty()))
      return std::unexpected(fmt::format("has no text at {}, where 'next' wants the next page", options.next));
    return plain_text(*place.value);
  }
  for (const auto& [name, value] : headers)
    if (base::equals_ignoring_case(name, "Link"))
      if (std::string target = next_link(value); !target.empty()) return target;
  return "";
}

/// A place that each page has: a list, an object whose members are objects, or something that is read.
struct Part {
  enum class Is : std::uint8_t { list, objects, members, anything };
  config::Path path;
  Is is;
};

/// As far as the path is the same for all profiles. `end` is at its end, `members` where a profile's name follows.
Part part_of(const std::string& text, Part::Is end, Part::Is members) {
  auto path = config::parse_path(text).value_or(config::Path{});
  const auto differs = [](const config::PathStep& step) { return !step.search.empty() || step.key.contains('{'); };
  const auto first = std::ranges::find_if(path, differs);
  const Part::Is is = first == path.end() ? end : first->search.empty() ? members : Part::Is::list;
  path.erase(first, path.end());
  return {std::move(path), is};
}

std::vector<Part> parts_of(const config::HttpOptions& options) {
  using Is = Part::Is;
  const config::Rules& rules = options.rules;
  const Is members = reads_plain_members(options) ? Is::members : Is::objects;
  const bool by_key = options.discover.name.contains("{key}");
  std::vector<Part> parts;
  if (!options.discover.empty())
    parts.push_back(part_of(options.discover.list, by_key ? members : Is::anything, members));
  if (!rules.count.empty())
    parts.push_back(part_of(rules.find + rules.count, Is::list, Is::objects));
  else if (!rules.find.empty())
    parts.push_back(part_of(rules.find, Is::anything, Is::objects));
  fields(rules.pointers, [&](std::string_view, const std::string& text) {
    // Others are values, of which a page may have none.
    if (Part part = part_of(rules.find + text, Is::anything, Is::members); part.is != Is::anything)
      parts.push_back(std::move(part));
  });
  return parts;
}

bool has_part(const json::value& page, const Part& part, bool untyped) {
  using Is = Part::Is;
  const Place place = place_at(page, part.path, untyped);
  if (place.value == nullptr) return untyped && part.is == Is::list && lacks_last(place, part.path);
  if (part.is == Is::anything || place.is == Place::Is::null) return true;
  if (part.is == Is::list) return untyped || place.value->is_array();
  const json::object* object = place.value->if_object();
  if (object == nullptr) return false;
  // The members of the whole answer have others beside them, such as 'next', and those of XML attributes.
  if (part.is == Is::members || part.path.empty() || untyped) return true;
  return std::ranges::any_of(*object, [](const auto& member) { return member.value().is_structured(); }) ||
         std::ranges::all_of(*object, [](const auto& member) { return member.value().is_null(); });
}

}  // namespace

std::string next_link(std::string_view header) {
  while (!header.empty()) {
    const auto open = header.find('<');
    const auto close = header.find('>', std::min(open, header.size()));
    if (close == std::string_view::npos) break;
    const auto target = header.substr(open + 1, close - open - 1);
    header.remove_prefix(close + 1);
    const auto end = end_of_part(header, ',');
    if (is_next(header.substr(0, end))) return std::string(target);
    header.remove_prefix(end);
  }
  return "";
}

Or<std::string> next_page(const std::string& url, const json::value& answer, const Headers& headers,
                          const config::HttpOptions& options, const std::string& from) {
  if (options.next.empty()) return "";
  const auto found = reference_in(answer, headers, options);
  if (!found) return std::unexpected(found.error());
  const std::string& reference = *found;
  if (reference.empty()) return "";
  if (options.next_parameter.empty()) return resolved(url, from, reference);
  if (reference.size() > kLongestUrl) return std::unexpected("names a next page that is too long");
  return with_parameter(url, options.next_parameter, reference);
}

bool is_page(const json::value& page, const config::HttpOptions& options) {
  const bool untyped = options.format == config::AnswerFormat::xml;
  const auto has = [&](const Part& part) { return has_part(page, part, untyped); };
  return std::ranges::all_of(parts_of(options), has);
}

void make_lists(json::value& page, const config::HttpOptions& options) {
  if (options.format != config::AnswerFormat::xml) return;
  for (const Part& part : parts_of(options)) {
    if (part.is != Part::Is::list) continue;
    json::value* at = &page;
    for (auto step = part.path.begin(); at != nullptr && step != part.path.end(); ++step)
      at = at->is_object() ? at->get_object().if_contains(step->key) : nullptr;
    if (at != nullptr && !at->is_array()) *at = json::array{std::move(*at)};
  }
}

void add_page(json::value& whole, json::value page) {
  // A list or an object without anything in it.
  if (whole.is_structured() && page.is_null()) return;
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
