#include "hardware/admin_token.hpp"

#include "base/secret.hpp"
#include "base/text.hpp"

namespace hardware {
namespace {

constexpr std::size_t kLeastTokenBytes = 16;
const std::string kJob = "administration is off";

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

AdminToken::AdminToken(std::string file) : file_(std::move(file)) {
  if (!file_.empty()) read();
}

std::string AdminToken::read() const {
  std::string token = base::read_secret("the admin token", file_);
  if (token.size() < kLeastTokenBytes)
    throw base::UsageError(
        fmt::format("the admin token in '{}' is shorter than {} bytes; write a longer one", file_, kLeastTokenBytes));
  return token;
}

base::Result<void> AdminToken::allows(const http::Request& request) const {
  if (file_.empty())
    return base::fail(base::Errc::forbidden, "administration is off: no admin_token_file is configured");
  const std::string_view given = token_of(request.header("Authorization"));
  if (given.empty())
    return base::fail(base::Errc::unauthorized, "the admin token is missing; send it as Authorization: Bearer TOKEN");
  try {
    const std::string token = read();
    fault_.succeeded(kJob);
    if (equal_in_constant_time(given, token)) return {};
  } catch (const base::UsageError& error) {
    // Not a line for each request: anybody may send one.
    fault_.failed(kJob, error.what());
    return base::fail(base::Errc::unavailable, "the service cannot read its admin token; its log says why");
  }
  return base::fail(base::Errc::unauthorized, "the admin token is wrong; it is that of admin_token_file");
}

http::RouteOptions AdminToken::route(std::size_t max_body_bytes) const {
  return {.max_body_bytes = max_body_bytes, .guard = [this](const http::Request& request) { return allows(request); }};
}

}  // namespace hardware
