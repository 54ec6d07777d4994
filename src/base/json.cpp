#include "base/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "base/json_parser.hpp"
#include "base/text.hpp"

namespace base {
namespace {

namespace json = boost::json;

/// Of a key, in a mistake.
constexpr std::size_t kShownBytes = 200;

/// Builds the value. Apart from Boost.JSON's own handler it finds keys that are there twice, and reads numbers of many
/// digits exactly.
class Handler : public JsonHandler {
 public:
  Handler() { stack_.reset(); }

  json::value release() { return stack_.release(); }
  /// A key that is in one object twice, when that is why parsing failed.
  const std::optional<std::string>& repeated() const { return repeated_; }

  bool on_object_begin(Error&) {
    keys_.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t count, Error& error) {
    std::vector<std::string> keys = std::move(keys_.back());
    keys_.pop_back();
    std::ranges::sort(keys);
    if (const auto twice = std::ranges::adjacent_find(keys); twice != keys.end()) {
      repeated_ = *twice;
      error = json::error::syntax;
      return false;
    }
    stack_.push_object(count);
    return true;
  }
  static bool on_array_begin(Error&) { return true; }
  bool on_array_end(std::size_t count, Error&) {
    stack_.push_array(count);
    return true;
  }
  bool on_key_part(std::string_view part, std::size_t, Error&) {
    key_ += part;
    stack_.push_chars({part.data(), part.size()});
    return true;
  }
  bool on_key(std::string_view part, std::size_t, Error&) {
    keys_.back().push_back(std::exchange(key_, "").append(part));
    stack_.push_key({part.data(), part.size()});
    return true;
  }
  bool on_string_part(std::string_view part, std::size_t, Error&) {
    stack_.push_chars({part.data(), part.size()});
    return true;
  }
  bool on_string(std::string_view part, std::size_t, Error&) {
    stack_.push_string({part.data(), part.size()});
    return true;
  }
  bool on_int64(std::int64_t number, std::string_view, Error&) {
    stack_.push_int64(number);
    return true;
  }
  bool on_uint64(std::uint64_t number, std::string_view, Error&) {
    stack_.push_uint64(number);
    return true;
  }
  bool on_double(double number, std::string_view text, Error&) {
    std::from_chars(text.data(), text.data() + text.size(), number);
    stack_.push_double(number);
    return true;
  }
  bool on_bool(bool truth, Error&) {
    stack_.push_bool(truth);
    return true;
  }
  bool on_null(Error&) {
    stack_.push_null();
    return true;
  }

 private:
  json::value_stack stack_;
  std::string key_;
  /// Of each object that is open.
  std::vector<std::vector<std::string>> keys_;
  std::optional<std::string> repeated_;
};

}  // namespace

std::expected<json::value, JsonMistake> parse_json(std::string_view text) {
  JsonParser<Handler> parser;
  const auto error = parser.parse(text);
  if (const auto& key = parser.handler().repeated())
    return std::unexpected(JsonMistake{
        fmt::format("has the key \"{}\" twice in one object", to_line(std::string_view(*key).substr(0, kShownBytes))),
        true});
  if (error) return std::unexpected(JsonMistake{fmt::format("is not JSON ({})", error.message())});
  return parser.handler().release();
}

std::string_view text_in(const boost::json::object& object, std::string_view key) {
  const auto* const value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

}  // namespace base
