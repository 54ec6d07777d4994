#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "sql/session.hpp"

namespace sql {

/// Which file a path leads to.
struct FileId {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  bool operator==(const FileId&) const = default;
};

/// The place of a database, and the credentials for it.
struct Location {
  /// "sqlite:PATH" or "mysql://USER@HOST[:PORT]/NAME".
  std::string url;
  /// A file with the user's password, read for each connection, so that the password may change. "": no password.
  std::string password_file{};
  /// A file of PEM certificates. With it, the connection is encrypted, and one of these must have issued the server's
  /// certificate for the host in `url`. "": no encryption.
  std::string ssl_ca{};
  /// The longest time of a statement before its connection is given up. Not for SQLite.
  base::Duration statement_timeout = std::chrono::seconds{10};
  /// Of SQLite: the one file that `url` may lead to; another one is an error (lost). Empty: whichever is there, or a
  /// new one.
  std::optional<FileId> file{};
};

/// `location` for further sessions of a database that is open: not of a file that took the place of its own.
Location pinned(Location location);

/// "sqlite:PATH" has a path; nothing for servers.
std::optional<std::string> sqlite_path(std::string_view url);

/// Throws base::UsageError when `url` is not of one of these forms. Asks no database.
void check_url(std::string_view url);

/// Connects to the database at `location`. `clock` is the clock of a database that has none, and must outlive the
/// session. Throws base::UsageError when somebody must correct the URL, a file, a name, the password or a certificate;
/// and sql::Error (lost) when the server does not answer now.
std::unique_ptr<Session> open(const Location& location, const base::Clock& clock);

}  // namespace sql
