#include "probe/placeholders.hpp"

#include <optional>

namespace probe {
namespace {

/// The label of a placeholder; nothing when it is another one.
std::optional<std::string> label_of(std::string_view word) {
  // The second is the former name.
  for (const std::string_view prefix : {"label.", "attribute."})
    if (word.starts_with(prefix)) return std::string(word.substr(prefix.size()));
  return std::nullopt;
}

std::optional<std::string> value_of(std::string_view word, const core::Profile& profile) {
  if (word == "provider") return profile.key.provider;
  if (word == "name") return profile.key.name;
  const auto label = label_of(word);
  if (!label) return std::nullopt;
  const auto found = profile.labels.find(*label);
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

std::vector<std::string> labels_in(std::string_view text) {
  std::vector<std::string> labels;
  for (auto open = text.find('{'); open != std::string_view::npos; open = text.find('{', open + 1))
    if (const auto close = text.find('}', open); close != std::string_view::npos)
      if (auto label = label_of(text.substr(open + 1, close - open - 1))) labels.push_back(std::move(*label));
  return labels;
}

}  // namespace probe
