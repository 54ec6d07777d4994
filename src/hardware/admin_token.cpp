#include "hardware/admin_token.hpp"

#include "base/secret.hpp"
#include "base/text.hpp"

namespace hardware {
namespace {

constexpr std::size_t kLeastTokenBytes = 16;
constexpr std::string_view kScheme = "Bearer ";

/// In a time that does not depend on where the texts differ.
bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  return difference == 0;
}

}  // namespace

std::string read_admin_token(const std::string& file) {
  if (file.empty()) return {};
  std::string token = base::read_secret("the admin token", file);
  if (token.size() < kLeastTokenBytes)
    throw base::UsageError(
        fmt::format("the admin token in '{}' is shorter than {} bytes; write a longer one", file, kLeastTokenBytes));
  return token;
}

std::string ensure_admin_token(const std::string& file) {
  base::make_secret(file, 0600);
  return read_admin_token(file);
}

base::Result<void> authorize(const http::Request& request, const std::string& token) {
  if (token.empty())
    return base::fail(base::Errc::forbidden, "profile administration is off: no admin_token_file is configured");
  const std::string_view given = request.header("Authorization");
  if (!given.starts_with(kScheme) || !equal_in_constant_time(given.substr(kScheme.size()), token))
    return base::fail(base::Errc::unauthorized, "send the admin token: Authorization: Bearer TOKEN");
  return {};
}

}  // namespace hardware
