#include "sql/mysql_client.hpp"

#include <errmsg.h>
#include <fmt/format.h>
#include <mysqld_error.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "sql/mysql.hpp"

namespace sql {
namespace {

constexpr unsigned int kConnectSeconds = 5;

[[noreturn]] void refuse(std::string_view why) {
  throw base::UsageError(fmt::format("database: {}", why));
}

/// Why the login failed, and what helps.
std::string advice(unsigned int number, const MysqlAddress& address, bool has_password) {
  switch (number) {
    case ER_ACCESS_DENIED_ERROR:
      return has_password ? "check the user in hardware.database and the password in hardware.database_password_file"
                          : "give the password in a file: hardware.database_password_file";
    case ER_BAD_DB_ERROR:
    case ER_DBACCESS_DENIED_ERROR:
      return fmt::format("create the database first and let the user in: CREATE DATABASE {0}; GRANT ALL ON {0}.* TO …",
                         address.database);
    case CR_SSL_CONNECTION_ERROR:
      return "with hardware.database_ssl_ca, the server must offer TLS with a certificate for this host by one of "
             "these authorities";
    default:
      return "check hardware.database";
  }
}

void set_options(MYSQL* connection, const Location& location) {
  const auto seconds = [](base::Duration duration) {
    return static_cast<unsigned int>(std::max<std::int64_t>(1, duration / std::chrono::seconds{1}));
  };
  const unsigned int timeout = seconds(location.statement_timeout);
  const unsigned int tcp = MYSQL_PROTOCOL_TCP;
  const my_bool yes = 1;
  mysql_options(connection, MYSQL_OPT_CONNECT_TIMEOUT, &kConnectSeconds);
  mysql_options(connection, MYSQL_OPT_READ_TIMEOUT, &timeout);
  mysql_options(connection, MYSQL_OPT_WRITE_TIMEOUT, &timeout);
  mysql_options(connection, MYSQL_OPT_PROTOCOL, &tcp);
  mysql_options(connection, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  if (location.ssl_ca.empty()) return;
  mysql_options(connection, MYSQL_OPT_SSL_CA, location.ssl_ca.c_str());
  mysql_options(connection, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);
  mysql_options(connection, MYSQL_OPT_SSL_ENFORCE, &yes);
}

}  // namespace

MysqlAddress parse_mysql_url(std::string_view url) {
  constexpr std::string_view kForm = "write mysql://USER@HOST[:PORT]/NAME";
  const auto [scheme, user, host, port, path, query, fragment] = base::split_url(url);
  if (user.empty()) refuse(fmt::format("the URL names no user; {}", kForm));
  if (user.contains(':'))
    refuse(
        "the URL holds a password, which would be seen in logs and process lists; write it into a file, named by "
        "hardware.database_password_file");
  if (path.size() < 2) refuse(fmt::format("the URL names no database; {}", kForm));
  MysqlAddress address{.user = std::string(user), .host = std::string(base::without_brackets(host))};
  address.database = path.substr(1);
  if (!port.empty()) address.port = base::number_of<std::uint16_t>(port.substr(1)).value_or(0);
  if (address.port == 0) refuse(fmt::format("'{}' is not a port; {}", port.substr(1), kForm));
  if (host.empty() || address.database.find_first_of("/`") != std::string::npos || !query.empty() || !fragment.empty())
    refuse(fmt::format("the URL is not one of a database; {}", kForm));
  return address;
}

MysqlConnection connect_mysql(const Location& location) {
  // Not safe to be done by two threads at a time, which the first connections would do.
  static const int library = mysql_library_init(0, nullptr, nullptr);
  if (library != 0) throw Error(ErrorKind::other, "the MySQL client library cannot be initialised");
  const MysqlAddress address = parse_mysql_url(location.url);
  const std::string password =
      location.password_file.empty() ? "" : base::read_secret("the database password", location.password_file);
  MysqlConnection connection(mysql_init(nullptr));
  if (!connection) throw std::bad_alloc();
  set_options(connection.get(), location);
  // Rows that are matched count as changed, as in SQLite; migrations are several statements.
  constexpr unsigned long kFlags = CLIENT_FOUND_ROWS | CLIENT_MULTI_STATEMENTS;
  if (mysql_real_connect(connection.get(), address.host.c_str(), address.user.c_str(), password.c_str(),
                         address.database.c_str(), address.port, nullptr, kFlags) == nullptr) {
    const unsigned int number = mysql_errno(connection.get());
    const std::string why =
        fmt::format("cannot connect to {}:{}: {}", address.host, address.port, mysql_error(connection.get()));
    if (mysql_error_kind(number) == ErrorKind::lost) throw Error(ErrorKind::lost, why);
    refuse(fmt::format("{}; {}", why, advice(number, address, !password.empty())));
  }
  // The options above say so already; a client library that forgot them must not send a word.
  if (!location.ssl_ca.empty() && mysql_get_ssl_cipher(connection.get()) == nullptr)
    refuse("the connection is not encrypted although hardware.database_ssl_ca is set");
  return connection;
}

}  // namespace sql
