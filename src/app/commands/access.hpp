#pragma once

#include <memory>
#include <string>

namespace CLI {
class App;
}

/// Which service the command line asks, with which login: flags, variables and named servers.
namespace app {

/// The flags and variables that say how to reach a service; "" leaves it to the named server.
struct Access {
  std::string url, server, ca_file, token_file, login_file, header_file;
  /// It is the hardware service that is asked, with the admin token.
  bool administration = false;
  /// It only reads what needs no token: one is sent where its default file is.
  bool may_lack_token = false;
};

/// Adds --url, --server, --ca-file and the files of logins to a command that asks a portal.
std::shared_ptr<Access> add_access(CLI::App& command);
/// The same with --hardware-url and the admin token, for a command that administers.
std::shared_ptr<Access> add_administration(CLI::App& command);

/// Where the admin token is by default.
constexpr const char* kAdminToken = "data/admin-token";

/// A value, and for messages the flag, variable or key that gave it.
struct Given {
  std::string value, place;
  /// Not by a file, but by a flag or a variable.
  bool here = false;

  explicit operator bool() const { return !value.empty(); }
};

/// The service and login that flags, environment and configuration name, in this order.
struct Chosen {
  Given url, ca_file, token_file, login_file, header_file;
};

/// Reads the configuration of named servers. Throws base::UsageError for one that cannot be read, and for a server that
/// it does not have.
Chosen chosen(const Access& access);

}  // namespace app
