#pragma once

#include <string>

namespace base {

/// The content of a file that holds a secret, without white space around it. Throws base::UsageError, which names
/// `what` and the file but never the content, when it cannot be read or is empty.
std::string read_secret(const std::string& what, const std::string& file);

}  // namespace base
