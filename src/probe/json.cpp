#include "probe/json.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/json.hpp"
#include "probe/one_line.hpp"

namespace probe {
namespace {

/// The part of a value that is searched for secrets before it is shown.
constexpr std::size_t kLookedAt = 16 * 1024;

}  // namespace

std::expected<boost::json::value, std::string> parse_json(std::string_view text) {
  auto value = base::parse_json(without_bom(text));
  if (!value) return std::unexpected(std::move(value.error().message));
  return std::move(*value);
}

std::expected<boost::json::object, std::string> parse_object(std::string_view text, std::string_view source) {
  auto value = parse_json(text);
  if (!value) return std::unexpected(fmt::format("{} {}", source, value.error()));
  if (!value->is_object()) return std::unexpected(fmt::format("{} is not a JSON object", source));
  return std::move(value->get_object());
}

std::string words_of(const boost::json::value& value, const Secrets& secrets, std::size_t most) {
  const auto* string = value.if_string();
  const std::string text =
      string != nullptr ? std::string(string->data(), string->size()) : boost::json::serialize(value);
  return one_line(secrets.blotted(std::string_view(text).substr(0, kLookedAt)), most);
}

std::string_view without_bom(std::string_view text) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  return text.starts_with(kMark) ? text.substr(kMark.size()) : text;
}

}  // namespace probe
