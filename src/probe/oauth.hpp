#pragma once

#include <expected>
#include <string>

#include "config/config.hpp"
#include "probe/cloud_calls.hpp"
#include "probe/transfer.hpp"

/// Tokens of OAuth 2.0, by the client credentials grant (RFC 6749, section 4.4).
namespace probe {

/// The request for a token. Reads the file of the secret. Fails with a sentence.
std::expected<Request, std::string> token_request(const config::HttpOptions& options);

TokenSource oauth_tokens(config::HttpOptions options);

}  // namespace probe
