#include "probe/json_places.hpp"

#include <fmt/format.h>

#include <vector>

#include "base/json_parser.hpp"

namespace probe {
namespace {

namespace json = boost::json;

/// Builds a value of what is wanted. Of everything else it counts the levels.
class Handler : public base::JsonHandler {
 public:
  // Values live and end together.
  Handler() { stack_.reset(json::make_shared_resource<json::monotonic_resource>()); }
  /// Before the text.
  void want(const JsonPlaces& places) { next_ = &places; }
  json::value release() { return stack_.release(); }

  bool on_object_begin(Error&) { return open(true); }
  bool on_object_end(std::size_t, Error&) {
    if (const auto count = close()) stack_.push_object(*count);
    return true;
  }
  bool on_array_begin(Error&) { return open(false); }
  bool on_array_end(std::size_t, Error&) {
    if (const auto count = close()) stack_.push_array(*count);
    return true;
  }
  bool on_key_part(std::string_view part, std::size_t, Error&) {
    if (ignored_ == 0) key_ += part;
    return true;
  }
  bool on_key(std::string_view part, std::size_t, Error&) {
    if (ignored_ > 0) return true;
    // Most keys come in one piece.
    if (!key_.empty()) part = key_ += part;
    next_ = next_within(part);
    if (next_ != nullptr) stack_.push_key({part.data(), part.size()});
    key_.clear();
    return true;
  }
  bool on_string_part(std::string_view part, std::size_t, Error&) {
    if (wants()) stack_.push_chars({part.data(), part.size()});
    return true;
  }
  bool on_string(std::string_view part, std::size_t, Error&) {
    if (takes()) stack_.push_string({part.data(), part.size()});
    return true;
  }
  bool on_int64(std::int64_t number, std::string_view, Error&) {
    if (takes()) stack_.push_int64(number);
    return true;
  }
  bool on_uint64(std::uint64_t number, std::string_view, Error&) {
    if (takes()) stack_.push_uint64(number);
    return true;
  }
  bool on_double(double number, std::string_view, Error&) {
    if (takes()) stack_.push_double(number);
    return true;
  }
  bool on_bool(bool truth, Error&) {
    if (takes()) stack_.push_bool(truth);
    return true;
  }
  bool on_null(Error&) {
    if (takes()) stack_.push_null();
    return true;
  }

 private:
  /// An object or a list that is kept.
  struct Open {
    const JsonPlaces* places;
    bool is_object;
    std::size_t count = 0;
  };

  /// What is wanted of the member with this key; null for nothing.
  const JsonPlaces* next_within(std::string_view key) const {
    const auto& within = open_.back().places->within;
    if (within.empty()) return open_.back().places;
    const auto found = within.find(key);
    return found != within.end() ? &found->second : nullptr;
  }
  bool wants() const { return ignored_ == 0 && next_ != nullptr; }
  /// Is the value that comes one to keep? Counts it then.
  bool takes() {
    if (!wants()) return false;
    if (!open_.empty()) ++open_.back().count;
    return true;
  }
  bool open(bool is_object) {
    if (takes())
      open_.push_back({next_, is_object});
    else
      ++ignored_;
    return true;
  }
  /// The number of values in what ends, when it is kept.
  std::optional<std::size_t> close() {
    if (ignored_ > 0) {
      --ignored_;
      return std::nullopt;
    }
    const std::size_t count = open_.back().count;
    open_.pop_back();
    // The next value of a list is wanted like the one before.
    if (!open_.empty()) next_ = open_.back().places;
    return count;
  }

  json::value_stack stack_;
  std::string key_;
  std::vector<Open> open_;
  /// Of the value that comes; null: it is not wanted.
  const JsonPlaces* next_ = nullptr;
  /// Levels that are open and not kept.
  std::size_t ignored_ = 0;
};

}  // namespace

JsonPlaces::JsonPlaces(std::initializer_list<std::string_view> places) {
  for (std::string_view place : places) {
    JsonPlaces* at = this;
    for (std::size_t end = 0; end != std::string_view::npos; place.remove_prefix(std::min(end + 1, place.size()))) {
      end = place.find('.');
      at = &at->within[std::string(place.substr(0, end))];
    }
  }
}

std::expected<json::value, std::string> parse_json(std::string_view text, const JsonPlaces& places) {
  base::JsonParser<Handler> parser;
  parser.handler().want(places);
  if (const auto error = parser.parse(text)) return std::unexpected(fmt::format("is not JSON ({})", error.message()));
  return parser.handler().release();
}

}  // namespace probe
