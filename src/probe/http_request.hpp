#pragma once

#include <expected>
#include <span>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "core/profile.hpp"
#include "probe/secrets.hpp"
#include "probe/transfer.hpp"

namespace probe {

/// The call that asks for `profiles`: one, unless the probe is batched. Reads the files of secrets and, for sigv4, the
/// environment. Fails with a sentence that names what is missing.
std::expected<Request, std::string> make_request(const config::HttpOptions& options,
                                                 std::span<const core::Profile> profiles);

/// The secret in a file, for the option of this name. Fails with a sentence when there is none, or not one line of
/// text.
std::expected<std::string, std::string> secret_from(const std::string& option, const std::string& file);

/// Why libcurl cannot read certificates from `file`; "" when it may try. It would wait for somebody to write into a
/// pipe, and all other calls with it.
std::string wrong_ca_file(const std::string& file);

/// The request as it is shown to people: method, URL, headers and the start of the body, without secrets.
std::string shown(const Request& request);

/// The same of a response, whose secrets are blotted before anything is cut off.
std::string shown(const Response& response, const Secrets& secrets);

/// The secrets of the request, and the login of a proxy.
Secrets secrets_of(const Request& request);

}  // namespace probe
