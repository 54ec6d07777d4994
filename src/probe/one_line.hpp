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

/// The bytes of the invisible character (base::is_invisible) that `text` begins with, or 0.
std::size_t invisible_bytes(std::string_view text);

}  // namespace probe
