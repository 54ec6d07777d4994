#pragma once

#include <boost/json/value.hpp>
#include <expected>
#include <string>
#include <string_view>

namespace probe {

/// Parses XML of a source as a value with the same paths as JSON: an object with the root element. An element is an
/// object of its attributes, as "@name", and its elements; several of one name are a list. One with text alone is a
/// text, beside attributes its text is "#text"; an empty one is null. Other text beside elements is left out. At most
/// 64 levels deep, and 250,000 elements and attributes large. Entities that the document defines stay as they are, and
/// nothing is loaded. It is in UTF-8, or names UTF-16, UTF-32 or ISO-8859-1 as its encoding. Fails with a sentence
/// without words of the source. Pure; thread-safe.
std::expected<boost::json::value, std::string> parse_xml(std::string_view text);

}  // namespace probe
