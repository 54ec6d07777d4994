#pragma once

#include <memory>
#include <string_view>

#include "sql/open.hpp"

namespace sql {

inline constexpr std::string_view kMysqlScheme = "mysql://";

/// Connects to a MySQL or MariaDB server. Throws as sql::open() does.
std::unique_ptr<Session> open_mysql(const Location& location);

}  // namespace sql
