#include "http/bearer_token.hpp"

#include "base/secret.hpp"
#include "base/text.hpp"

namespace http {
namespace {

constexpr std::size_t kLeastTokenBytes = 16;

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

}  // namespace

BearerToken::BearerToken(Options options) : options_(std::move(options)), fault_(the()) {
  if (is_configured()) read();
}

std::string BearerToken::the() const {
  return fmt::format("the {} token", options_.name);
}

std::string BearerToken::read() const {
  std::string token = base::read_secret(the(), options_.file);
  if (token.size() < kLeastTokenBytes)
    throw base::UsageError(
        fmt::format("{} in '{}' is shorter than {} bytes; write a longer one", the(), options_.file, kLeastTokenBytes));
  return token;
}

base::Result<void> BearerToken::allows(const Request& request) const {
  const std::string off = options_.opens + " is off", key = options_.name + "_token_file";
  if (!is_configured()) return base::fail(base::Errc::forbidden, fmt::format("{}: no {} is configured", off, key));
  const std::string_view given = token_of(request.header("Authorization"));
  if (given.empty())
    return base::fail(base::Errc::unauthorized, the() + " is missing; send it as Authorization: Bearer TOKEN");
  try {
    const std::string token = read();
    fault_.succeeded(off);
    if (equal_in_constant_time(given, token)) return {};
  } catch (const base::UsageError& error) {
    // Not a line for each request: anybody may send one.
    fault_.failed(off, error.what());
    return base::fail(base::Errc::unavailable,
                      fmt::format("the service cannot read its {} token; its log says why", options_.name));
  }
  return base::fail(base::Errc::unauthorized, fmt::format("{} is wrong; it is that of {}", the(), key));
}

RouteOptions BearerToken::route(std::size_t max_body_bytes) const {
  return {.max_body_bytes = max_body_bytes, .guard = [this](const Request& request) { return allows(request); }};
}

}  // namespace http
