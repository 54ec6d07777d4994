#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/origins.hpp"

/// The configuration of the command line: the servers that a person uses, by name.
namespace config {

/// Files with a relative path are beside the configuration; ~/ is the home directory.
struct ServerEntry {
  /// The portal: http or https, with a path where it is below one.
  std::string url{};
  /// The hardware service, for `vacancy profile` and `vacancy probe`.
  std::string hardware_url{};
  /// PEM; "" for the system's authorities.
  std::string ca_file{};
  /// A bearer token for what stands before the portal.
  std::string token_file{};
  /// "USER:PASSWORD", for basic authentication.
  std::string login_file{};
  /// A line "Name: value" for each header.
  std::string header_file{};
  /// The token of the hardware service's administration.
  std::string admin_token_file{};

  bool operator==(const ServerEntry&) const = default;
};

struct Servers {
  /// The server where none is named.
  std::string default_server{};
  std::map<std::string, ServerEntry> servers{};
  Origins origins{};

  /// "config.yaml:3: servers.lab.url", for messages about a value that makes no sense.
  std::string place(const std::string& path) const { return fmt::format("{}: {}", origins.find(path), path); }
};

/// $XDG_CONFIG_HOME/vacancy/config.yaml, or ~/.config/vacancy/config.yaml; "" without a home.
std::string servers_file();

/// Reads such a file, and none for one that is not there. Throws base::UsageError, as read_yaml does, and for a default
/// that is not among the servers.
Servers load_servers(const std::string& file);

}  // namespace config
