#pragma once

#include <expected>
#include <string>

#include "config/azure_options.hpp"
#include "probe/cloud_calls.hpp"

namespace probe {

/// The call that gets an access token for Azure, from the first that there is: a client secret, a federated token
/// (workload identity), App Service's identity, and the machine's own (IMDS). Reads the files of secrets, which may
/// change. Fails with a sentence that names what is missing.
std::expected<Request, std::string> azure_token_request(const config::AzureOptions& options,
                                                        const Variables& variables);

/// Tokens from azure_token_request().
TokenSource azure_tokens(config::AzureOptions options, Variables variables);

}  // namespace probe
