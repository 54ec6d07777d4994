#pragma once

#include <span>

#include "base/embedded_file.hpp"

namespace store {

/// db/migrations/*.sql and db/sample.sql.
std::span<const base::EmbeddedFile> embedded_files();

}  // namespace store
