#include "alert/sign.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <stdexcept>

namespace alert {

std::string hmac_sha256(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes, text.size(), digest.data(), &length) ==
      nullptr)
    throw std::runtime_error("OpenSSL makes no HMAC");
  std::string hex;
  for (const unsigned char byte : std::span(digest).first(length)) hex += fmt::format("{:02x}", byte);
  return hex;
}

std::string signature(std::string_view key, std::string_view timestamp, std::string_view body) {
  return "v1=" + hmac_sha256(key, fmt::format("{}.{}", timestamp, body));
}

}  // namespace alert
