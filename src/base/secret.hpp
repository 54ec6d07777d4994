#pragma once

#include <sys/types.h>

#include <string>

namespace base {

/// The content of a file that holds a secret, without white space around it. Throws base::UsageError, which names
/// `what` and the file but never the content, when it cannot be read or is empty.
std::string read_secret(const std::string& what, const std::string& file);

/// Writes 64 random hexadecimal digits into a file that does not exist yet; a file that does is left alone. The file
/// appears whole, with the mode. Returns whether it was made. Throws UsageError.
bool make_secret(const std::string& file, mode_t mode);

/// The same, whether the file exists or not: whoever reads it sees the old secret or the new one.
void replace_secret(const std::string& file, mode_t mode);

/// Replaces the file by one with this content, in the same way.
void write_secret(const std::string& file, const std::string& content, mode_t mode);

}  // namespace base
