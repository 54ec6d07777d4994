#pragma once

#include <string>
#include <string_view>

namespace probe {

/// Why the script `file` does not run: a byte order mark is before its "#!", or the interpreter that this names is not
/// there, may not be executed, is looked for in `path` by env and not found, gets a carriage return, or is a script
/// that does not run, `deepest` of them at most. "" when that is not why. Reads the files; thread-safe.
std::string interpreter_fault(const std::string& file, std::string_view path, int deepest = 5);

}  // namespace probe
