#pragma once

#include "config/gcp_options.hpp"
#include "probe/cloud_calls.hpp"

namespace probe {

/// Access tokens for Google Cloud: with the credentials of the file that `options` or GOOGLE_APPLICATION_CREDENTIALS
/// name, which is read each time; without one, from the metadata server of the machine.
TokenSource gcp_tokens(config::GcpOptions options, Variables variables);

/// The claims of a service account's request for a token, issued at `now`.
std::string gcp_claims(const std::string& email, const std::string& token_uri, base::Time now);

}  // namespace probe
