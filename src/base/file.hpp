#pragma once

#include <cstddef>
#include <expected>
#include <string>

namespace base {

/// The content of a regular file, or why it cannot be read: "No such file or directory", "it is a pipe". Never waits,
/// as reading a pipe would. Thread-safe.
std::expected<std::string, std::string> read_file(const std::string& file, std::size_t most_bytes);

}  // namespace base
