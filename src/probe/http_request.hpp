#pragma once

#include <expected>
#include <span>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "core/profile.hpp"
#include "probe/transfer.hpp"

namespace probe {

/// The call that asks for `profiles`: one, unless the probe is batched. Reads the files of secrets and, for sigv4, the
/// environment. Fails with a sentence that names what is missing.
std::expected<Request, std::string> make_request(const config::HttpOptions& options,
                                                 std::span<const core::Profile> profiles);

/// The request as it is shown to people: method, URL, headers and the start of the body, without secrets.
std::string shown(const Request& request);

/// The same of a response from which secrets are gone.
std::string shown(const Response& response);

/// Takes what the request keeps secret out of the response, which may repeat it.
void hide_secrets(Response& response, const Request& request);

}  // namespace probe
