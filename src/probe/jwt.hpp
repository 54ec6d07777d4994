#pragma once

#include <expected>
#include <string>
#include <string_view>

/// JSON Web Tokens (RFC 7519), signed by OpenSSL. Thread-safe.
namespace probe {

/// `claims`, a JSON object, signed by RS256 with an RSA key in PEM. `key_id`: "" for none. Fails with a sentence, which
/// has no part of the key.
std::expected<std::string, std::string> signed_jwt(std::string_view claims, std::string_view key_id,
                                                   std::string_view private_key);

}  // namespace probe
