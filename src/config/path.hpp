#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace config {

/// A step from a value to one within it.
struct PathStep {
  /// The element of a list has this value at this path, as in [name=x]. Without a path, as in [=x], it is the value.
  struct Condition {
    std::vector<PathStep> member;
    std::string value;

    bool operator==(const Condition&) const;
  };

  /// A member of an object, or the number of an element of a list.
  std::string key{};
  /// The key is that of a member, also when it is a number.
  bool is_name = false;
  /// Instead of a key: a search for the element for which all of them hold.
  std::vector<Condition> search{};

  bool operator==(const PathStep&) const = default;
};

/// A place in an answer: a JSON pointer (RFC 6901), which may have searches of lists: /stocks[region=eu-1]/models/0.
/// Empty: the whole answer.
using Path = std::vector<PathStep>;

/// Placeholders are texts like others. invalid: a sentence with the right form.
base::Result<Path> parse_path(std::string_view text);

/// The text that parse_path reads back.
std::string to_text(const Path& path);

}  // namespace config
