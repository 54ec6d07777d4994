#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Makes foreign text fit for display. Pure; thread-safe.
namespace probe {

inline constexpr std::size_t kMaxReasonBytes = 300;

/// `text` fit for a reason: UTF-8 in one line of at most `most` bytes, whatever a source sent. Without characters that
/// cannot be seen, such as those that turn the direction of writing.
std::string one_line(std::string_view text, std::size_t most = kMaxReasonBytes);

/// So many names stand in a sentence.
inline constexpr std::size_t kMostNames = 8;

/// "a, b, …": the first kMostNames of `items`, each as `text_of` writes it.
template <class Items, class TextOf>
std::string listed(const Items& items, TextOf text_of) {
  std::string text;
  std::size_t count = 0;
  for (const auto& item : items) {
    if (count++ == kMostNames) return text + ", …";
    text += (text.empty() ? "" : ", ") + text_of(item);
  }
  return text;
}

/// The same of foreign names.
std::string listed(const auto& names) {
  return listed(names, [](std::string_view name) { return one_line(name); });
}

/// The bytes of the invisible character (base::is_invisible) that `text` begins with, or 0.
std::size_t invisible_bytes(std::string_view text);

}  // namespace probe
