#include "probe/placeholders.hpp"

#include <optional>

namespace probe {
namespace {

std::optional<std::string> value_of(std::string_view word, const core::Profile& profile) {
  // The second is the former name.
  constexpr std::string_view kLabel = "label.", kAttribute = "attribute.";
  if (word == "provider") return profile.key.provider;
  if (word == "name") return profile.key.name;
  const std::string_view prefix = word.starts_with(kLabel) ? kLabel : kAttribute;
  if (!word.starts_with(prefix)) return std::nullopt;
  const auto found = profile.labels.find(std::string(word.substr(prefix.size())));
  return found != profile.labels.end() ? found->second : std::string();
}

}  // namespace

std::string expand(std::string_view text, const core::Profile& profile,
                   const std::function<std::string(std::string_view)>& escape) {
  std::string out;
  while (!text.empty()) {
    const auto open = text.find('{');
    out += text.substr(0, open);
    if (open == std::string_view::npos) break;
    text.remove_prefix(open);
    const auto close = text.find('}');
    const auto value = close != std::string_view::npos ? value_of(text.substr(1, close - 1), profile) : std::nullopt;
    if (value)
      out += escape(*value);
    else
      out += '{';
    text.remove_prefix(value ? close + 1 : 1);
  }
  return out;
}

}  // namespace probe
