#pragma once

#include <mysql.h>

#include <memory>
#include <string>

#include "sql/error.hpp"
#include "sql/open.hpp"

/// The parts of sql/mysql.hpp that touch libmariadb's connection.
namespace sql {

struct CloseMysql {
  void operator()(MYSQL* connection) const { mysql_close(connection); }
};
using MysqlConnection = std::unique_ptr<MYSQL, CloseMysql>;

/// The parts of a URL after "mysql://".
struct MysqlAddress {
  std::string user;
  std::string host;
  std::uint16_t port = 3306;
  std::string database;
};

/// Throws base::UsageError with the form of a URL.
MysqlAddress parse_mysql_url(std::string_view url);

/// Connects and logs in. Throws as sql::open() does.
MysqlConnection connect_mysql(const Location& location);

/// The meaning of an error number of the server or of libmariadb. Numbers: MariaDB's and MySQL's error references.
ErrorKind mysql_error_kind(unsigned int number);

}  // namespace sql
