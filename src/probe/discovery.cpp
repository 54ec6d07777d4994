#include "probe/discovery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.hpp"
#include "config/fields.hpp"
#include "probe/places.hpp"

namespace probe {
namespace {

namespace json = boost::json;

struct Element {
  std::string key;
  const json::value* value;
};

/// The text for what is between braces; "" when the element does not have it.
std::string text_for(std::string_view word, const Element& element, bool untyped) {
  if (word == "key") return element.key;
  const auto path = config::parse_path(word);
  if (!path) return "";
  const Place place = place_at(*element.value, *path, untyped);
  return place.is == Place::Is::value ? plain_text(*place.value) : "";
}

/// "" when the element lacks a part of it.
std::string name_of(std::string_view name, const Element& element, bool untyped) {
  std::string out;
  while (!name.empty()) {
    const auto open = std::min(name.find('{'), name.size());
    const auto close = name.find('}', open);
    out += name.substr(0, open);
    if (close == std::string_view::npos) return out.append(name.substr(open));
    const std::string text = text_for(name.substr(open + 1, close - open - 1), element, untyped);
    if (text.empty()) return "";
    out += text;
    name.remove_prefix(close + 1);
  }
  return out;
}

/// Can this member of an object be one?
bool is_profile(std::string_view key, const json::value& value, Listing listing) {
  if (listing.untyped && (key.starts_with('@') || key == "#text")) return false;
  return listing.plain_members || value.is_structured() || value.is_null();
}

/// Those of a list, or an object's members. A search at the end of the path finds any number.
std::vector<Element> elements(const json::value& answer, const config::Discover& discover, Listing listing) {
  const bool untyped = listing.untyped;
  auto path = config::parse_path(discover.list).value_or(config::Path{});
  const config::PathStep search = take_search(path);
  const json::value* list = place_at(answer, path, untyped).value;
  if (list == nullptr) return {};
  std::vector<Element> all;
  if (!search.search.empty()) {
    for (const json::value* found : elements_of(*list, search, untyped)) all.push_back({"", found});
  } else if (untyped && list->is_object() && !name_of(discover.name, {"", list}, untyped).empty()) {
    all.push_back({"", list});
  } else if (const json::object* object = list->if_object()) {
    for (const auto& member : *object)
      if (const std::string_view key(member.key().data(), member.key().size());
          is_profile(key, member.value(), listing))
        all.push_back({std::string(key), &member.value()});
  } else if (const json::array* array = list->if_array()) {
    for (const json::value& element : *array) all.push_back({"", &element});
  }
  return all;
}

}  // namespace

std::expected<std::vector<core::ProfileKey>, std::string> listed_profiles(const json::value& answer,
                                                                          const config::Discover& discover,
                                                                          const config::Match& match, Listing listing) {
  std::vector<core::ProfileKey> keys;
  bool any = false;
  const std::vector<Element> all = elements(answer, discover, listing);
  for (const Element& element : all) {
    auto key = core::checked_key(match.provider, name_of(discover.name, element, listing.untyped));
    any = any || key;
    if (key && base::glob_match(match.name, key->name)) keys.push_back(std::move(*key));
  }
  if (all.empty()) return std::unexpected(fmt::format("lists nothing at {}; all profiles stay", discover.list));
  if (!any)
    return std::unexpected(fmt::format("lists {} at {}, none with a name by {}; all profiles stay", all.size(),
                                       discover.list, discover.name));
  std::ranges::sort(keys);
  keys.erase(std::ranges::unique(keys).begin(), keys.end());
  return keys;
}

bool reads_plain_members(const config::HttpOptions& options) {
  if (!options.rules.find.empty()) return false;
  bool any = false;
  fields(options.rules.pointers,
         [&](std::string_view, const std::string& text) { any = any || text == options.discover.list + "/{name}"; });
  return any;
}

}  // namespace probe
