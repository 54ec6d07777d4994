#include "probe/places.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.hpp"
#include "probe/placeholders.hpp"

namespace probe {
namespace {

namespace json = boost::json;

const json::value* member_of(const json::value& value, std::string_view key) {
  if (const json::object* object = value.if_object()) return object->if_contains({key.data(), key.size()});
  const json::array* list = value.if_array();
  const auto index = base::number_of<std::size_t>(key);
  const bool is_index = index && (key == "0" || !key.starts_with('0'));
  return list != nullptr && is_index && *index < list->size() ? &(*list)[*index] : nullptr;
}

bool holds(const json::value& element, const config::PathStep::Condition& condition) {
  const Place place = place_at(element, condition.member);
  if (place.value == nullptr || place.value->is_structured()) return false;
  // Most are texts. A large list has many, and each profile of a batch looks at all.
  if (const json::string* text = place.value->if_string()) return *text == std::string_view(condition.value);
  return plain_text(*place.value) == condition.value;
}

}  // namespace

std::string plain_text(const json::value& value) {
  if (const json::string* text = value.if_string()) return {text->data(), text->size()};
  if (value.is_double()) return base::number_text(value.get_double());
  return value.is_structured() ? "" : json::serialize(value);
}

std::vector<const json::value*> elements_of(const json::value& list, const config::PathStep& step) {
  std::vector<const json::value*> found;
  const auto look_at = [&](const json::value& element) {
    if (std::ranges::all_of(step.search, [&](const auto& condition) { return holds(element, condition); }))
      found.push_back(&element);
  };
  if (const json::array* array = list.if_array())
    std::ranges::for_each(*array, look_at);
  else if (list.is_object())
    look_at(list);
  return found;
}

Place place_at(const json::value& value, const config::Path& path) {
  Place place{.is = Place::Is::value, .value = &value};
  for (const config::PathStep& step : path) {
    if (step.search.empty()) {
      place.value = member_of(*place.value, step.key);
      if (place.value == nullptr) place.is = Place::Is::no_member;
    } else if (!place.value->is_structured() && !place.value->is_null()) {
      return {.steps = place.steps};
    } else {
      const auto found = elements_of(*place.value, step);
      place.value = found.size() == 1 ? found.front() : nullptr;
      if (found.size() != 1) place.is = found.empty() ? Place::Is::no_element : Place::Is::several;
    }
    if (place.value == nullptr) return place;
    ++place.steps;
  }
  if (place.value->is_null()) place.is = Place::Is::null;
  return place;
}

config::PathStep take_search(config::Path& path) {
  config::PathStep search;
  if (path.empty() || path.back().search.empty()) return search;
  search = std::move(path.back());
  path.pop_back();
  return search;
}

config::Path expanded(config::Path path, const core::Profile& profile) {
  const auto expand_in = [&](std::string& text) {
    text = expand(text, profile, [](std::string_view value) { return std::string(value); });
  };
  for (config::PathStep& step : path) {
    expand_in(step.key);
    for (auto& condition : step.search) expand_in(condition.value);
  }
  return path;
}

}  // namespace probe
