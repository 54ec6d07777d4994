#include "hardware/admin_token.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace hardware {
namespace {

constexpr std::size_t kLeastTokenBytes = 16;

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

}  // namespace hardware
