#pragma once

#include <string_view>

namespace base {

/// A file of the repository that was put into the program at build time (cmake/embed.cmake).
struct EmbeddedFile {
  std::string_view name;
  std::string_view content;
};

}  // namespace base
