#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/clock.hpp"

/// Answers of servers of access tokens. Pure; thread-safe.
namespace probe {

struct AccessToken {
  std::string token;
  /// How long it is valid, from now on.
  base::Duration lifetime;

  bool operator==(const AccessToken&) const = default;
};

/// Reads the answer of Entra ID, of Azure's managed identities, of Google's and of its metadata server: OAuth 2 (RFC
/// 6749, section 5.1), where expires_in may be a text, or expires_on be there instead; and accessToken with expireTime.
/// A token without an end is used for an hour. Fails with a sentence, which has no part of the token.
std::expected<AccessToken, std::string> read_access_token(std::string_view text, base::Time now);

}  // namespace probe
