#pragma once

#include <string>

namespace support {

/// A real MariaDB or MySQL server for this process, ended with it (tests/support/database_server.py). Its sessions
/// begin with unfriendly defaults, so every test tells when a session does not set what it relies on.
struct DatabaseServer {
  std::string host = "127.0.0.1";
  int port = 0;
  std::string user;
  std::string password_file;
  /// Why there is none; "" when it runs. A machine without the server's package skips the tests that need it.
  std::string missing;
};

/// The server of this kind, "mariadb" or "mysql"; started when it is asked for first.
const DatabaseServer& database_server(const std::string& kind);

}  // namespace support
