#pragma once

#include <boost/json/value.hpp>
#include <expected>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

namespace probe {

/// The places of a document that somebody wants to read: names of members, with lists passed through. "items.name" is
/// the name in each object of the list "items".
struct JsonPlaces {
  JsonPlaces() = default;
  JsonPlaces(std::initializer_list<std::string_view> places);

  /// None: all that is here is wanted.
  std::map<std::string, JsonPlaces, std::less<>> within{};
};

/// Parses JSON of a source (RFC 8259), at most 64 levels deep, and keeps what is at `places`: a large document costs
/// little memory and time. Fails with a sentence without its subject. Pure; thread-safe.
std::expected<boost::json::value, std::string> parse_json(std::string_view text, const JsonPlaces& places);

}  // namespace probe
