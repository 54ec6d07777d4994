#pragma once

#include <boost/json/value.hpp>
#include <expected>
#include <string>
#include <string_view>

namespace base {

struct JsonMistake {
  /// What is wrong: a sentence without its subject and its full stop. It has no words of the text but a key.
  std::string message;
  /// Is it JSON, with a key twice in one object?
  bool repeats = false;
};

/// Parses JSON (RFC 8259), at most 64 levels deep. Numbers are the nearest to the written ones. A key twice in one
/// object is a mistake, since either value may be meant. Pure; thread-safe.
std::expected<boost::json::value, JsonMistake> parse_json(std::string_view text);

/// The text that `object` has under `key`; "" when it has none.
std::string_view text_in(const boost::json::object& object, std::string_view key);

}  // namespace base
