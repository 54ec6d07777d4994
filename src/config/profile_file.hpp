#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/profile.hpp"

namespace config {

/// A profile as a file has it. Without labels, it keeps those it has.
struct ProfileEntry {
  std::string provider{};
  std::string name{};
  std::optional<std::map<std::string, std::string>> labels{};
};

/// Profiles of a file, under the key `profiles`.
struct ProfileFile {
  std::vector<ProfileEntry> profiles{};
};

/// Reads YAML or JSON (`profiles:` and a list, or the list alone; PROVIDER/NAME is short for a profile), or CSV, whose
/// first line names its columns: provider, name, and labels (as "region" or "label.region"). CSV may be a
/// spreadsheet's: with a byte order mark, semicolons or tabs instead of commas, and CR LF. `source` is what messages
/// call the text. Throws base::UsageError with the line, for what is none of these, names that no profile may have, and
/// one that is there twice.
std::vector<ProfileEntry> read_profiles(const std::string& text, const std::string& source, bool csv);

}  // namespace config
