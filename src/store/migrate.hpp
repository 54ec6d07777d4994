#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/embedded_file.hpp"
#include "sql/session.hpp"

namespace store {

/// The profiles that a new database begins with.
enum class FirstContent : std::uint8_t { nothing, sample };

/// Brings the database to this program's schema, once, also when several processes do it at the same time. Returns true
/// when this call found the database new, without schema and profiles; only then it puts `content` in.
///
/// Where the database can roll a schema change back, a migration that fails leaves nothing. Elsewhere it goes on next
/// time with the statement that failed. Throws base::UsageError when a newer program changed the database in a way that
/// this one cannot live with, or its tables are not fit (store/examine.hpp), and sql::Error, which says what to do.
bool migrate(sql::Session& session, FirstContent content = FirstContent::nothing);

/// The same; sets `found_new` as soon as it is known, so that it is not lost where this throws afterwards.
void migrate(sql::Session& session, FirstContent content, bool& found_new);

/// The same with other files: migrations are those named NUMBER_name.sql, in the order of their numbers; a line that
/// begins with "-- compatible" says that programs without the migration may go on using the database.
bool migrate(sql::Session& session, FirstContent content, std::span<const base::EmbeddedFile> files);

/// The files of the migrations that migrate() would apply. Throws base::UsageError as it does. Changes nothing.
std::vector<std::string> pending_migrations(sql::Session& session);

}  // namespace store
