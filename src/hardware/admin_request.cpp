#include "hardware/admin_request.hpp"

#include "base/text.hpp"

namespace hardware {
namespace {

/// The token of `Bearer TOKEN`; the scheme's name has no case (RFC 9110, section 11.1).
std::string_view token_of(std::string_view authorization) {
  const auto space = std::min(authorization.find(' '), authorization.size());
  if (!base::equals_ignoring_case(authorization.substr(0, space), "Bearer")) return {};
  return base::trim(authorization.substr(space));
}

/// In a time that does not depend on where the texts differ.
bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  return difference == 0;
}

base::Result<void> check_type(const http::Request& request) {
  const std::string_view type = request.header("Content-Type");
  if (!base::equals_ignoring_case(base::trim(type.substr(0, type.find(';'))), "application/json"))
    return base::fail(base::Errc::invalid, "send the profile as Content-Type: application/json");
  return {};
}

}  // namespace

base::Result<void> authorize(const http::Request& request, const std::string& token) {
  if (token.empty())
    return base::fail(base::Errc::forbidden, "administration is off: no admin_token_file is configured");
  if (!equal_in_constant_time(token_of(request.header("Authorization")), token))
    return base::fail(base::Errc::unauthorized, "send the admin token: Authorization: Bearer TOKEN");
  return {};
}

http::RouteOptions for_administrators(std::string token, std::size_t max_body_bytes) {
  return {.max_body_bytes = max_body_bytes,
          .guard = [token = std::move(token)](const http::Request& request) { return authorize(request, token); }};
}

boost::asio::awaitable<http::Reply> explained(boost::asio::awaitable<http::Reply> answer) {
  std::string lost;
  try {
    co_return co_await std::move(answer);
  } catch (const base::Lost& error) {
    lost = error.what();
  }
  co_return http::problem({base::Errc::unavailable, lost});
}

base::Result<feed::SentProfile> profile_in(const http::Request& request) {
  if (auto checked = check_type(request); !checked) return std::unexpected(checked.error());
  return feed::parse_profile(request.body);
}

base::Result<std::vector<feed::SentProfile>> profiles_in(const http::Request& request) {
  if (auto checked = check_type(request); !checked) return std::unexpected(checked.error());
  return feed::parse_profiles(request.body);
}

}  // namespace hardware
