#pragma once

#include <span>

#include "base/embedded_file.hpp"
#include "sql/pool.hpp"

namespace store {

/// What a database without any profile begins with.
enum class FirstContent : std::uint8_t { nothing, sample };

/// Brings the database to this program's schema, whichever processes do the same at the same time. Returns true when
/// this call found the database new: without schema and without profiles; only then `content` is put in. Throws
/// base::UsageError when a newer program changed the database in a way that this one cannot live with, and sql::Error.
bool migrate(sql::Pool& pool, FirstContent content = FirstContent::nothing);

/// The same with other files: migrations are those named NUMBER_name.sql, in the order of their numbers; a line that
/// begins with "-- compatible" says that programs without the migration may go on using the database.
bool migrate(sql::Pool& pool, FirstContent content, std::span<const base::EmbeddedFile> files);

}  // namespace store
