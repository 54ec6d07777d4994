#pragma once

#include <span>

#include "base/embedded_file.hpp"

namespace portal {

/// The files of web/, put into the program at build time.
std::span<const base::EmbeddedFile> embedded_files();

}  // namespace portal
