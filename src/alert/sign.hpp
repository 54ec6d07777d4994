#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace alert {

/// HMAC-SHA256 (RFC 2104), as lower-case hexadecimal digits. Pure; thread-safe.
std::string hmac_sha256(std::string_view key, std::string_view text);

/// The value of header Vacancy-Signature for a body that is sent at `timestamp`, seconds since 1970:
/// "v1=" and the HMAC of "TIMESTAMP.BODY".
std::string signature(std::string_view key, std::string_view timestamp, std::string_view body);

}  // namespace alert
