#pragma once

#include <charconv>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace base {

/// Shell-style match of the whole of `text`: '*' any run, '?' any byte; everything else stands for itself.
bool glob_match(std::string_view pattern, std::string_view text);

/// The known word with the fewest edits to `word`, or "" when none is near enough to be a likely misspelling.
std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

/// Is this valid UTF-8 (RFC 3629) without control characters, and without those that reorder the text around them or
/// cannot be seen?
bool is_printable_utf8(std::string_view text);

/// `bytes` random bytes as lower-case hexadecimal, from the kernel. Fit for secrets.
std::string random_hex(std::size_t bytes);

/// Appends `text` as a JSON string (RFC 8259, section 7), with U+FFFD for every byte that is not part of valid UTF-8.
void append_json_string(std::string& out, std::string_view text);
/// That alone, which is also a string of YAML.
std::string json_string(std::string_view text);
/// Appends {"KEY":"value",…}.
void append_json_object(std::string& out, const std::map<std::string, std::string>& members);

/// A number as people write it, such as 1.64: with 15 significant digits, which a double holds of any decimal, so that
/// its own last ones do not show; a whole number with all that it has. Valid JSON when it is finite.
std::string number_text(double number);

/// `text` with '?' for every byte that is not part of valid UTF-8, and for every character that is_printable_utf8
/// refuses other than tabs and line ends.
std::string to_utf8(std::string_view text);
/// The same in one line: tabs and line ends are blanks.
std::string to_line(std::string_view text);

/// A word as one would type it into a shell.
std::string shell_quoted(std::string_view word);

/// A text as it stands in Markdown (CommonMark): nothing in it is markup.
std::string markdown_quoted(std::string_view text);

std::string_view trim(std::string_view text);
/// Letters of ASCII alone.
bool equals_ignoring_case(std::string_view a, std::string_view b);
char lower(char c);
std::string lower(std::string_view text);

/// The value of a hexadecimal digit; -1 for any other character.
int hex_value(char c);

/// The number that the whole of `text` is.
template <class T>
std::optional<T> number_of(std::string_view text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace base
