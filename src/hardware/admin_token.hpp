#pragma once

#include <string>

namespace hardware {

/// Reads the token for administration from `file`; "" for no file. Throws base::UsageError when the file
/// cannot be read or holds no usable token.
std::string read_admin_token(const std::string& file);

/// Makes sure that `file` holds a token, readable by its owner alone (0600), and returns it. For `vacancy up`.
std::string ensure_admin_token(const std::string& file);

}  // namespace hardware
