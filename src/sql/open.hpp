#pragma once

#include <memory>
#include <string>

#include "sql/session.hpp"

namespace sql {

/// Where a database is, and what lets a program in.
struct Location {
  /// "sqlite:PATH" or "mysql://USER@HOST[:PORT]/NAME".
  std::string url;
  /// The user's password; read anew for each connection, so that it may be changed. "": no password.
  std::string password_file{};
  /// A file of PEM certificates. With it, the connection is encrypted, and the server's certificate must have been
  /// issued by one of these for the host in `url`. "": no encryption.
  std::string ssl_ca{};
  /// How long one statement may take before its connection is given up. Not for SQLite.
  base::Duration statement_timeout = std::chrono::seconds{10};
};

/// Throws base::UsageError when `url` is not of one of these forms. Asks no database.
void check_url(std::string_view url);

/// Connects to the database at `location`. `clock` is the clock of a database that has none, and must outlive the
/// session. Throws base::UsageError when somebody must put something right: the URL, a file, a name, the password, a
/// certificate; and sql::Error (lost) when the server does not answer now.
std::unique_ptr<Session> open(const Location& location, const base::Clock& clock);

}  // namespace sql
