#include "probe/json.hpp"

#include "base/json.hpp"

namespace probe {

std::expected<boost::json::value, std::string> parse_json(std::string_view text) {
  auto value = base::parse_json(without_bom(text));
  if (!value) return std::unexpected(std::move(value.error().message));
  return std::move(*value);
}

std::string_view without_bom(std::string_view text) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  return text.starts_with(kMark) ? text.substr(kMark.size()) : text;
}

}  // namespace probe
