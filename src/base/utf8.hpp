#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// UTF-8 (RFC 3629), character by character. Pure; thread-safe.
namespace base {

struct Character {
  char32_t code = 0;
  /// 0: there is none.
  std::size_t bytes = 0;
};

/// The character that `text` begins with; none when `text` is empty or does not begin with UTF-8.
Character first_character(std::string_view text);

/// Is this UTF-8? Control characters may be in it, zero bytes too.
bool is_utf8(std::string_view text);

/// Appends `character` as UTF-8.
void append_utf8(std::string& out, char32_t character);

/// Is this character not drawn (Unicode's Default_Ignorable_Code_Point)? It may change how others are.
bool is_invisible(char32_t character);

}  // namespace base
