#include "probe/places.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.hpp"
#include "probe/placeholders.hpp"

namespace probe {
namespace {

namespace json = boost::json;

const json::value* member_of(const json::value& value, const config::PathStep& step) {
  if (const json::object* object = value.if_object()) return object->if_contains(step.key);
  const json::array* list = value.if_array();
  if (list == nullptr || !is_index(step)) return nullptr;
  return list->if_contains(*base::number_of<std::size_t>(step.key));
}

bool holds(const json::value& element, const config::PathStep::Condition& condition) {
  const Place place = place_at(element, condition.member, false);
  if (place.value == nullptr || place.value->is_structured()) return false;
  // Most are texts. A large list has many, and each profile of a batch looks at all.
  if (const json::string* text = place.value->if_string()) return *text == std::string_view(condition.value);
  return plain_text(*place.value) == condition.value;
}

bool is_search(const config::PathStep& step) {
  return !step.search.empty();
}

bool may_have_members(const json::value& value) {
  return value.is_object() || value.is_null();
}

/// Does the search look at such a value? A text is no list of one with members.
bool is_searched(const json::value& value, const config::PathStep& step, bool untyped) {
  if (value.is_array() || value.is_null()) return true;
  return untyped && (value.is_object() || step.search.front().member.empty());
}

}  // namespace

std::string plain_text(const json::value& value) {
  if (const json::string* text = value.if_string()) return {text->data(), text->size()};
  if (value.is_double()) return base::number_text(value.get_double());
  return value.is_structured() ? "" : json::serialize(value);
}

bool is_index(const config::PathStep& step) {
  const bool is_number = base::number_of<std::size_t>(step.key).has_value();
  return is_number && !step.is_name && (step.key == "0" || !step.key.starts_with('0'));
}

std::vector<const json::value*> elements_of(const json::value& list, const config::PathStep& step, bool untyped) {
  std::vector<const json::value*> found;
  const auto look_at = [&](const json::value& element) {
    if (std::ranges::all_of(step.search, [&](const auto& condition) { return holds(element, condition); }))
      found.push_back(&element);
  };
  if (const json::array* array = list.if_array())
    std::ranges::for_each(*array, look_at);
  else if (untyped)
    look_at(list);
  return found;
}

Place place_at(const json::value& value, const config::Path& path, bool untyped) {
  Place place{.is = Place::Is::value, .value = &value};
  for (auto step = path.begin(); step != path.end(); ++step) {
    place.in = place.value;
    if (!is_search(*step)) {
      place.value = member_of(*place.in, *step);
      const bool is_list = untyped && step + 1 != path.end() && is_search(step[1]) && may_have_members(*place.in);
      if (place.value == nullptr) place.is = is_list ? Place::Is::no_element : Place::Is::no_member;
    } else if (is_searched(*place.in, *step, untyped)) {
      const auto found = elements_of(*place.in, *step, untyped);
      place.value = found.size() == 1 ? found.front() : nullptr;
      if (found.size() != 1) place.is = found.empty() ? Place::Is::no_element : Place::Is::several;
    } else {
      place = {.in = place.in, .steps = place.steps};
    }
    if (place.value == nullptr) return place;
    ++place.steps;
  }
  if (place.value->is_null()) place.is = Place::Is::null;
  return place;
}

bool found_none(const Place& place, const config::Path& path) {
  const auto from = path.begin() + static_cast<std::ptrdiff_t>(place.steps);
  return place.is == Place::Is::no_element && std::count_if(from, path.end(), is_search) == 1;
}

bool lacks_last(const Place& place, const config::Path& path) {
  return place.is == Place::Is::no_member && place.steps + 1 == path.size() && may_have_members(*place.in);
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
    const std::string written = step.key;
    expand_in(step.key);
    step.is_name = step.key != written;
    for (auto& condition : step.search) {
      condition.member = expanded(std::move(condition.member), profile);
      expand_in(condition.value);
    }
  }
  return path;
}

}  // namespace probe
