#pragma once

#include <filesystem>

namespace support {

/// The folder tests/support of the checkout, found from the running program: an absolute path in the code would differ
/// between checkouts, and nothing of the compile cache would fit. Needs SUPPORT_FROM_BIN, the way from the program's
/// folder.
inline std::filesystem::path support_dir() {
  const auto program = std::filesystem::read_symlink("/proc/self/exe");
  return (program.parent_path() / SUPPORT_FROM_BIN).lexically_normal();
}

}  // namespace support
