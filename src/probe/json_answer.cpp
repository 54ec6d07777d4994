#include "probe/json_answer.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <map>

#include "base/json.hpp"
#include "base/text.hpp"
#include "config/path.hpp"
#include "probe/json.hpp"
#include "probe/placeholders.hpp"
#include "probe/places.hpp"

namespace probe {
namespace {

namespace json = boost::json;
template <class T>
using Or = std::expected<T, std::string>;

/// The part of a value that a sentence shows.
constexpr std::size_t kQuoted = 80;

/// Fails with a sentence that begins as those about the source do.
Or<json::value> parse(std::string_view text, const Source& source) {
  auto value = parse_json(text);
  if (!value) return std::unexpected(fmt::format("{}{}", source.whole, source.secrets.blotted(value.error())));
  return value;
}

Result judged(const json::value& value, const Source& source, const config::Levels& levels) {
  auto seen = read_object(value, source);
  if (seen) return judge(std::move(*seen), levels);
  const std::string& error = seen.error();
  if (error.starts_with('/') || error.starts_with('['))
    return std::unexpected(fmt::format("{}{}", source.place, error));
  // A pointer may lead into a list: /0/free.
  std::string_view why = error;
  if (error.starts_with("has none of") && !value.is_object())
    why = value.is_array() ? source.a_list : "is JSON but no object; it must be one such as {\"level\": \"LOW\"}";
  return std::unexpected(fmt::format("{}{}", source.whole, why));
}

/// Is `place` empty although the last step of `path`, which is not empty, looked at what could have it? Else the answer
/// is another one than was meant.
bool is_missing(const Place& place, const config::Path& path) {
  const config::PathStep& last = path.back();
  if (!last.search.empty()) return found_none(place, path);
  if (place.is == Place::Is::null || lacks_last(place, path)) return true;
  return place.steps + 1 == path.size() && place.in->is_array() && is_index(last);
}

/// Why a search that found nothing may be a mistake in `find`, so that it tells no level; "" for no reason.
std::string doubt(const Place& place, const config::Path& path, const Source& source) {
  for (const auto& label : labels_in(source.rules.find))
    if (source.profile != nullptr && !source.profile->labels.contains(label))
      return fmt::format("the profile lacks the label '{}'", label);
  const config::PathStep& last = path.back();
  const json::array* list = place.in != nullptr ? place.in->if_array() : nullptr;
  if (last.search.empty() || list == nullptr || list->empty()) return "";
  for (const auto& condition : last.search) {
    const auto has = [&](const json::value& element) {
      return place_at(element, condition.member, source.untyped).value != nullptr;
    };
    if (std::ranges::none_of(*list, has))
      return fmt::format("no element of the list has {}", config::to_text(condition.member));
  }
  return "";
}

}  // namespace

Result read_json(std::string_view text, const Source& source, const config::Levels& levels) {
  const auto value = parse(text, source);
  if (!value) return std::unexpected(value.error());
  return judged(*value, source, levels);
}

Result read_part(const json::value& answer, const Source& source, const config::Levels& levels) {
  const config::Path path = path_in(source, source.rules.find);
  if (path.empty()) return judged(answer, source, levels);
  const std::string find = config::to_text(path);
  const Place part = place_at(answer, path, source.untyped);
  if (part.is == Place::Is::value) {
    source.note([&] { return fmt::format("{} is {}", find, words_of(*part.value, source.secrets, kQuoted)); });
    return judged(*part.value, source, levels);
  }
  if (part.is == Place::Is::several)
    return std::unexpected(
        fmt::format("{}{} finds several elements; add a condition such as [zone=a]", source.place, find));
  if (!source.rules.missing || !is_missing(part, path))
    return std::unexpected(fmt::format("{}has no {}", source.whole, find));
  if (const std::string why = doubt(part, path, source); !why.empty())
    return std::unexpected(fmt::format("{}has no {}: {}", source.whole, find, why));
  source.note(
      [&] { return fmt::format("{} is not there, which is {}", find, core::to_string(*source.rules.missing)); });
  return core::Measurement{.level = *source.rules.missing, .reason = "the source does not list it"};
}

Answer read_json_list(std::string_view text, const Source& source, std::span<const core::Profile> profiles,
                      const config::Levels& levels) {
  const auto value = parse(text, source);
  if (!value) return same_for_all(profiles.size(), std::unexpected(value.error()));
  return read_list(*value, source, profiles, levels);
}

Answer read_list(const json::value& value, const Source& source, std::span<const core::Profile> profiles,
                 const config::Levels& levels) {
  const json::array* list = value.if_array();
  if (list == nullptr) return same_for_all(profiles.size(), std::unexpected(std::string("the answer is not a list")));
  std::multimap<std::pair<std::string_view, std::string_view>, const json::value*> by_key;
  for (const json::value& item : *list)
    if (const json::object* object = item.if_object())
      by_key.emplace(std::pair(base::text_in(*object, "provider"), base::text_in(*object, "name")), &item);
  const auto read = [&](const core::Profile& profile) -> Result {
    const auto [found, end] = by_key.equal_range({profile.key.provider, profile.key.name});
    if (found == end) return std::unexpected(std::string("the answer does not name this profile"));
    if (std::next(found) != end)
      return std::unexpected(fmt::format("the answer names this profile {} times", std::distance(found, end)));
    auto seen = read_object(*found->second, source);
    return seen ? judge(std::move(*seen), levels) : Result(std::unexpected(std::move(seen.error())));
  };
  Answer answer;
  for (const core::Profile& profile : profiles) answer.results.push_back(read(profile));
  return answer;
}

std::string to_json(std::span<const core::Profile> profiles) {
  std::string text = "[";
  for (const core::Profile& profile : profiles) {
    text += text.size() > 1 ? ",\n{\"provider\":" : "{\"provider\":";
    base::append_json_string(text, profile.key.provider);
    text += ",\"name\":";
    base::append_json_string(text, profile.key.name);
    text += ",\"attributes\":";
    base::append_json_object(text, profile.labels);
    text += '}';
  }
  return text + "]\n";
}

}  // namespace probe
