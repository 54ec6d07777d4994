#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/server_config.hpp"
#include "config/alerts.hpp"
#include "config/autoscaler.hpp"
#include "config/probes.hpp"
#include "core/history.hpp"
#include "core/profile.hpp"
#include "core/reading.hpp"
#include "core/sets.hpp"

/// The configuration of every program: one YAML file, overridden by environment variables, overridden by flags.
/// Every key has its default here and a sentence on what changing it does.
namespace config {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

/// Servers listen on all addresses unless one is given.
inline constexpr const char* kEverywhere = "0.0.0.0";

struct HardwareConfig {
  base::ServerConfig http{.address = kEverywhere, .port = 5001};
  /// sqlite:PATH or mysql://USER@HOST[:PORT]/NAME. Replicas share one database: one file on a machine, or one server.
  std::string database = "sqlite:vacancy.db";
  /// A file with the password for mysql://. Read for each connection, so that it may change.
  std::string database_password_file{};
  /// A file with the certificates (PEM) of the authorities that issued the server's. With it, the connection to
  /// mysql:// is encrypted and the server's name is checked; without it, it is plain text.
  std::string database_ssl_ca{};
  /// How long a start waits for a database that does not answer.
  base::Duration database_wait = seconds{60};
  /// A file with the bearer token for profile administration. Without one, administration is refused.
  std::string admin_token_file{};
  /// A file with the bearer token for telling of launches, and for nothing else. The admin token does as well.
  std::string observer_token_file{};
  /// How often each replica asks the database for changes. Shorter shows changes sooner and costs one indexed read.
  base::Duration poll_interval = milliseconds{250};
  /// How long a replica may hold a task without renewing: a dead replica's tasks wait this long at most.
  base::Duration lease = seconds{15};
  /// Database connections of each replica, each with its thread.
  std::size_t database_connections = 4;
  /// Older history is deleted, or summed up. Shorter makes the database smaller.
  core::Retention history{};

  bool operator==(const HardwareConfig&) const = default;
};

struct PortalConfig {
  base::ServerConfig http{.address = kEverywhere, .port = 5000};
  /// Where the replicas of the hardware service are. A host may have many addresses; the portal balances over all.
  std::vector<std::string> hardware_urls = {"http://localhost:5001"};
  /// How often a service without an event stream is asked for its whole answer.
  base::Duration poll_interval = seconds{30};
  /// How long such an answer may take.
  base::Duration poll_timeout = minutes{10};
  /// The portal listens when it has its first snapshot, or after this time.
  base::Duration first_snapshot_wait = seconds{3};
  /// Which other sites' pages may read the API and the badges: "*" is all, "" none, else one origin.
  std::string allow_origin = "*";
  /// Which other sites may show its pages in a frame, beside itself: sources of CSP's frame-ancestors, or none alone.
  std::vector<std::string> frame_ancestors{};
  /// Where people reach it: http(s)://HOST[:PORT][/PREFIX], without a slash at the end. For links that must be
  /// absolute; without it there are none.
  std::string public_url{};
  /// A file with the bearer token with which launches are told to the portal, which passes them and the token on to the
  /// hardware service. Without one, the portal takes nothing.
  std::string observer_token_file{};

  bool operator==(const PortalConfig&) const = default;
};

struct Config {
  /// trace, debug, info, warn, error or off.
  std::string log_level = "info";
  /// Threads that serve requests. 0: one per core of the machine.
  std::size_t threads = 0;
  /// Health and metrics listen here, apart from the public port. Port 0 takes a free one.
  base::ServerConfig admin{.address = kEverywhere, .max_connections = 64};
  /// After SIGTERM, how long the service goes on taking connections while /readyz already says 503. 0 where nothing
  /// in front needs time to notice (compose), 5s in Kubernetes.
  base::Duration lame_duck{0};
  /// After SIGTERM, how long answers under way may take before their connections are closed, and the work under way
  /// before it is left.
  base::Duration drain_timeout = milliseconds{1500};
  /// Directory for the database and the admin token of `vacancy up`.
  std::string data_dir = "data";
  HardwareConfig hardware{};
  PortalConfig portal{};
  AutoscalerConfig autoscaler{};
  /// Profiles that must exist, with labels that they must have. A start adds the missing ones; removing something here
  /// removes nothing.
  std::vector<core::NewProfile> profiles{};
  /// `profiles` was given, if only as an empty list. No key of its own, and not part of comparisons.
  struct Given {
    bool value = false;
    bool operator==(const Given&) const { return true; }
  } profiles_given{};
  /// First match wins. Without any, one simulated probe measures everything.
  std::vector<ProbeConfig> probes{};
  /// Profiles in the order of preference, as patterns PROVIDER/NAME, by the name of their set.
  std::map<std::string, std::vector<std::string>> sets{};
  /// Messages about what happens, by the hardware service.
  AlertsConfig alerts{};

  bool operator==(const Config&) const = default;
};

core::Sets sets_of(const Config& config);

/// Throws base::UsageError with the key and the right form, when a value makes no sense.
void validate(const Config& config);

}  // namespace config
