#include "core/profile.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "base/utf8.hpp"

namespace core {
namespace {

/// Also characters that shape letters: two names must not look the same.
bool has_invisible(std::string_view text) {
  for (base::Character character = base::first_character(text); character.bytes > 0;
       character = base::first_character(text)) {
    if (base::is_invisible(character.code)) return true;
    text.remove_prefix(character.bytes);
  }
  return false;
}

std::string complaint(std::string_view what, std::string_view text) {
  if (text.empty()) return fmt::format("{} is empty; give a text of 1 to {} bytes", what, kMaxNameBytes);
  if (text.size() > kMaxNameBytes)
    return fmt::format("{} has {} bytes; the most is {}", what, text.size(), kMaxNameBytes);
  if (!base::is_printable_utf8(text) || has_invisible(text))
    return fmt::format("{} must be UTF-8 text without control characters or invisible ones", what);
  if (base::trim(text) != text) return fmt::format("{} '{}' begins or ends with a blank; remove it", what, text);
  if (text == "." || text == "..") return fmt::format("{} '{}' would be lost from the path of a URL", what, text);
  if (text.front() == '-') return fmt::format("{} '{}' begins with '-', as options of commands do", what, text);
  return {};
}

}  // namespace

std::uint64_t stable_hash(const ProfileKey& key) {
  std::uint64_t value = 14695981039346656037ULL;
  const auto mix = [&value](unsigned char c) { value = (value ^ c) * 1099511628211ULL; };
  for (const char c : key.provider) mix(static_cast<unsigned char>(c));
  mix(0);
  for (const char c : key.name) mix(static_cast<unsigned char>(c));
  return value;
}

base::Result<ProfileKey> checked_key(std::string_view provider, std::string_view name) {
  if (auto wrong = complaint("provider", provider); !wrong.empty())
    return base::fail(base::Errc::invalid, std::move(wrong));
  if (auto wrong = complaint("name", name); !wrong.empty()) return base::fail(base::Errc::invalid, std::move(wrong));
  return ProfileKey{std::string(provider), std::string(name)};
}

base::Result<void> checked_label(std::string_view key, std::string_view value) {
  constexpr std::size_t kMaxKeyBytes = 64;
  const auto allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-';
  };
  if (key.empty() || key.size() > kMaxKeyBytes || !std::ranges::all_of(key, allowed))
    return base::fail(base::Errc::invalid,
                      fmt::format("label '{}' has no usable key; use 1 to {} of A-Z a-z 0-9 _ . -", key, kMaxKeyBytes));
  if (!value.empty() && !base::is_printable_utf8(value))
    return base::fail(base::Errc::invalid, fmt::format("the value of label '{}' must be UTF-8 text in one line", key));
  if (value.size() > kMaxValueBytes)
    return base::fail(base::Errc::invalid, fmt::format("the value of label '{}' has {} bytes; the most is {}", key,
                                                       value.size(), kMaxValueBytes));
  return {};
}

std::string word_of(std::string_view key) {
  std::string word;
  for (const char c : key) {
    const bool lower = c >= 'a' && c <= 'z';
    word += lower ? static_cast<char>(c - 'a' + 'A') : (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
  }
  return word;
}

base::Result<void> checked_labels(const Labels& labels) {
  for (const auto& [key, value] : labels)
    if (auto checked = checked_label(key, value); !checked) return checked;
  if (labels.size() > kMaxLabels)
    return base::fail(base::Errc::invalid, fmt::format("{} labels; the most is {}", labels.size(), kMaxLabels));
  std::size_t bytes = 0;
  for (const auto& [key, value] : labels) bytes += key.size() + value.size();
  if (bytes > kMaxLabelsBytes)
    return base::fail(base::Errc::invalid,
                      fmt::format("the labels have {} bytes together; the most is {}", bytes, kMaxLabelsBytes));
  std::map<std::string, std::string_view> by_word;
  for (const auto& [key, value] : labels)
    if (const auto [other, is_new] = by_word.emplace(word_of(key), key); !is_new)
      return base::fail(base::Errc::invalid,
                        fmt::format("labels '{}' and '{}' are one variable to programs, PROBE_ATTR_{}; rename one",
                                    other->second, key, other->first));
  return {};
}

}  // namespace core
