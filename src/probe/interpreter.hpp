#pragma once

#include <string>
#include <string_view>

namespace probe {

/// Why the script `file` does not run: its interpreter, which its first line ("#!") names, is not there, may not be
/// executed, or is looked for in `path` by env and not found. "" when that is not why. Reads the file; thread-safe.
std::string interpreter_fault(const std::string& file, std::string_view path);

}  // namespace probe
