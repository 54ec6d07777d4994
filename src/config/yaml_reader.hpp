#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "config/origins.hpp"
#include "config/profile_file.hpp"
#include "config/servers.hpp"

namespace config {

/// Reads YAML text over `out`: keys that are not there keep their values, lists are replaced as a whole. `source` is
/// what messages call the text (a file's name, a variable), `path` the key it stands for ("" for everything). Notes
/// in `origins` where each value stands. Throws base::UsageError with source, line, key, what is wrong and what is
/// right, for anything but one well-formed document of known keys, each once, with values of the right form. `out`
/// and `origins` are then half-read.
template <class T>
void read_yaml(const std::string& text, const std::string& source, const std::string& path, T& out, Origins& origins);

/// Is the document a list? Comments may come first.
bool begins_with_list(std::string_view text);

}  // namespace config
