#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "probe/secrets.hpp"

/// URLs of sources. Pure; thread-safe.
namespace probe {

/// `url` as AWS Signature Version 4 has it in its canonical form: the parameters of the query sorted, each with a '='
/// and one way to escape; no fragment. libcurl signs path and query as they stand, which is wrong for all others. A
/// '+' in the query is a space. Fails with a sentence when the path has characters that AWS would escape once more.
std::expected<std::string, std::string> signable_url(std::string_view url);

/// `url` fit to be shown: without user name and password, and with … for parameters whose names look secret.
std::string shown_url(std::string_view url);

/// "a=1&b=2", escaped.
std::string form_of(const std::vector<std::pair<std::string_view, std::string>>& fields);

/// `url` with this parameter, instead of earlier ones of the name. Without its fragment.
std::string with_parameter(std::string_view url, std::string_view name, std::string_view value);

/// Adds what shown_url leaves out, as it stands and decoded. Nothing where this is no URL.
void add_url_secrets(Secrets& secrets, std::string_view url);

/// Adds the values of parameters whose names look secret, as they stand and decoded. `form`: "a=1&b=2".
void add_form_secrets(Secrets& secrets, std::string_view form);

/// The same as looks_secret() for parameters, which have short names for keys, too.
bool is_secret_parameter(std::string_view name);

/// Is this the name of a header, parameter or variable whose value nobody should see?
bool looks_secret(std::string_view name);

}  // namespace probe
