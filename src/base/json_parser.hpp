#pragma once

#include <boost/json.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <cstddef>
#include <string_view>

/// Parsers of JSON that build something of their own.
namespace base {

/// The base of handlers for boost::json::basic_parser: its limits, and nothing for what they need not know.
struct JsonHandler {
  using Error = boost::json::error_code;

  static constexpr std::size_t max_object_size = boost::json::object::max_size();
  static constexpr std::size_t max_array_size = boost::json::array::max_size();
  static constexpr std::size_t max_key_size = boost::json::string::max_size();
  static constexpr std::size_t max_string_size = boost::json::string::max_size();

  static bool on_document_begin(Error&) { return true; }
  static bool on_document_end(Error&) { return true; }
  static bool on_number_part(std::string_view, Error&) { return true; }
  static bool on_comment_part(std::string_view, Error&) { return true; }
  static bool on_comment(std::string_view, Error&) { return true; }
};

/// Parses JSON (RFC 8259), at most 64 levels deep, with a handler that is a JsonHandler.
template <class Handler>
class JsonParser {
 public:
  Handler& handler() { return parser_.handler(); }

  /// The mistake in `text`, if there is one. Called once; in one piece, so that every number is one, too.
  boost::json::error_code parse(std::string_view text) {
    boost::json::error_code error;
    const std::size_t read = parser_.write_some(false, text.data(), text.size(), error);
    if (!error && read < text.size()) error = boost::json::error::extra_data;
    return error;
  }

 private:
  static boost::json::parse_options options() {
    boost::json::parse_options options;
    options.max_depth = 64;
    return options;
  }

  boost::json::basic_parser<Handler> parser_{options()};
};

}  // namespace base
