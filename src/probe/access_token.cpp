#include "probe/access_token.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <optional>

#include "base/json.hpp"
#include "base/text.hpp"
#include "probe/json.hpp"

namespace probe {
namespace {

namespace json = boost::json;
using std::chrono::seconds;

constexpr base::Duration kUsual = std::chrono::hours{1};
/// Longer than any token lives; sums of times do not overflow.
constexpr std::int64_t kMostSeconds = 366 * 86'400;

/// Whole seconds, of a number or a text. Nothing when they are neither. Times beyond all that make sense are limited.
std::optional<std::int64_t> seconds_in(const json::object& object, std::string_view key) {
  constexpr double kMost = std::int64_t{1} << 40;
  const json::value* found = object.if_contains(key);
  if (found == nullptr) return std::nullopt;
  const auto number = found->is_number() ? std::optional(found->to_number<double>())
                                         : base::number_of<double>(base::text_in(object, key));
  if (!number || std::isnan(*number)) return std::nullopt;
  return static_cast<std::int64_t>(std::floor(std::clamp(*number, -kMost, kMost)));
}

std::optional<base::Duration> lifetime_of(const json::object& object, base::Time now) {
  const auto limited = [](std::int64_t whole) -> std::optional<base::Duration> {
    if (whole <= 0) return std::nullopt;
    return seconds{std::min(whole, kMostSeconds)};
  };
  const std::int64_t today = std::chrono::floor<seconds>(now.time_since_epoch()).count();
  if (const auto in = seconds_in(object, "expires_in")) return limited(*in);
  if (const auto on = seconds_in(object, "expires_on")) return limited(*on - today);
  if (const auto time = base::parse_rfc3339(base::text_in(object, "expireTime")))
    return limited(std::chrono::floor<seconds>(time->time_since_epoch()).count() - today);
  return kUsual;
}

}  // namespace

std::expected<AccessToken, std::string> read_access_token(std::string_view text, base::Time now) {
  const auto object = parse_object(text, "the answer");
  if (!object) return std::unexpected(object.error());
  std::string_view token = base::text_in(*object, "access_token");
  if (token.empty()) token = base::text_in(*object, "accessToken");
  if (token.empty()) return std::unexpected("the answer has no access_token");
  if (!base::is_printable_utf8(token) || token.contains(' '))
    return std::unexpected("the token has signs that no token has");
  if (const auto type = base::text_in(*object, "token_type");
      !type.empty() && !base::equals_ignoring_case(type, "Bearer"))
    return std::unexpected("the token is not a bearer token");
  const auto lifetime = lifetime_of(*object, now);
  if (!lifetime) return std::unexpected("the token has ended before it came; is the clock of this machine right?");
  return AccessToken{std::string(token), *lifetime};
}

}  // namespace probe
