#pragma once

#include <expected>
#include <string_view>
#include <vector>

#include "app/commands/sql_lexer.hpp"
#include "core/profile.hpp"

namespace app {

/// The profiles that an SQL file (a mysqldump of the original system, a dump of SQLite or PostgreSQL with INSERT, or
/// written by hand) inserts into table `hardware`
/// of any database: each once, in the order of the file. INSERT and REPLACE with VALUES are read, and CREATE TABLE for
/// the order of the columns, which is id, provider, name until then. Every other statement is passed over. Backslashes
/// escape as in the database that wrote the file.
///
/// No I/O; linear in the size of the text. A mistake: a row that is no usable profile, or text that cannot be read.
std::expected<std::vector<core::ProfileKey>, SqlMistake> parse_hardware_rows(std::string_view sql);

}  // namespace app
