#pragma once

#include <boost/json/value.hpp>
#include <expected>
#include <string>
#include <string_view>

#include "probe/secrets.hpp"

namespace probe {

/// Parses JSON of a source (RFC 8259), at most 64 levels deep, after a byte order mark. Numbers are the nearest to the
/// written ones. Fails with a sentence, which has no words of the source but a key, also when an object has a key
/// twice, since either value may be meant. Pure; thread-safe.
std::expected<boost::json::value, std::string> parse_json(std::string_view text);

/// The object that `text` is. Fails with a sentence as above, which begins with the `source`.
std::expected<boost::json::object, std::string> parse_object(std::string_view text, std::string_view source);

/// A value in the source's words, in one line of at most `most` bytes without secrets. This is the only way for such
/// words into a sentence or a reason.
std::string words_of(const boost::json::value& value, const Secrets& secrets, std::size_t most);

/// `text` without the byte order mark of UTF-8 that it may begin with.
std::string_view without_bom(std::string_view text);

}  // namespace probe
