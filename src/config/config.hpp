#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "config/autoscaler.hpp"
#include "core/profile.hpp"
#include "core/reading.hpp"

/// The configuration of every program: one YAML file, overridden by environment variables, overridden by flags.
/// Every key has its default here and a sentence on what changing it does.
namespace config {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

enum class Work : std::uint8_t { sleep, cpu };

/// Options of probe kind `simulated`.
struct SimulatedOptions {
  /// How long one measurement takes.
  base::Duration duration = seconds{5};
  /// `sleep` holds no thread; `cpu` burns one core for the whole duration.
  Work work = Work::sleep;
  /// Makes the levels repeatable: the n-th measurement of a profile gives the same level in every run.
  std::optional<std::uint64_t> seed{};

  bool operator==(const SimulatedOptions&) const = default;
};

/// Where a source's JSON has its values: JSON pointers (RFC 6901). "" for a value that is not there.
struct Pointers {
  std::string level = "/level";
  core::PerNumber<std::string> numbers = [] {
    core::PerNumber<std::string> pointers;
    for (const core::Number& number : core::kNumbers) pointers[number.value] = "/" + std::string(number.name);
    return pointers;
  }();
  std::string reason = "/reason";
  /// When the source measured: a time (RFC 3339), or how long ago in seconds or as a duration.
  std::string measured_at = "/measured_at";
  std::string age = "/age";

  bool operator==(const Pointers&) const = default;
};

/// The form of a program's output. `automatic` tells the two apart, and fails where it could be neither.
enum class Format : std::uint8_t { automatic, json, nagios };

/// Options of probe kind `exec`.
struct ExecOptions {
  /// The program and its arguments, run without a shell. {provider}, {name} and {label.KEY} stand for the
  /// profile's.
  std::vector<std::string> command{};
  /// The directory it runs in; "" is the service's own.
  std::string directory{};
  /// NAME=VALUE, added to its small environment. NAME alone passes on the service's own variable.
  std::vector<std::string> environment{};
  /// One run measures all profiles: it gets their list as JSON on standard input and prints a list.
  bool batch = false;
  /// `auto`, `json`, or `nagios` for the output of a plugin. A batch is JSON.
  Format format = Format::automatic;
  /// A program that prints more is killed.
  std::size_t max_output_bytes = 64 * 1024;
  /// What `free` and `total` count, for people: "GPUs".
  std::string unit{};
  /// From 0 to 19: a higher one leaves the cores to others.
  std::uint16_t nice = 10;
  /// Limits of each process: seconds of CPU time and bytes of memory (0: none), and open files.
  std::uint64_t cpu_seconds = 0;
  std::uint64_t memory_bytes = 0;
  std::uint64_t open_files = 256;

  bool operator==(const ExecOptions&) const = default;
};

/// AWS Signature Version 4.
struct Sigv4 {
  /// "" signs nothing. With both, requests are signed with the credentials of AWS_ACCESS_KEY_ID,
  /// AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.
  std::string region{};
  std::string service{};

  bool operator==(const Sigv4&) const = default;
};

/// Options of probe kind `http`.
struct HttpOptions {
  /// {provider}, {name} and {label.KEY} stand for the profile's, percent-encoded.
  std::string url{};
  std::string method = "GET";
  /// "Name: value" each.
  std::vector<std::string> headers{};
  /// "Name: FILE" each: the value, such as an API key, is in the file, which is read anew for each call.
  std::vector<std::string> header_files{};
  /// Sent with the request. {provider}, {name} and {label.KEY} stand for the profile's, as in a JSON string.
  std::string body{};
  /// A file with a bearer token, read anew for each call.
  std::string token_file{};
  /// Basic authentication; the file is read anew for each call.
  std::string username{};
  std::string password_file{};
  Sigv4 sigv4{};
  /// A file with the certificates (PEM) of the authorities to trust instead of the system's.
  std::string ca_file{};
  /// Status codes that carry an answer. Empty: 200 to 299.
  std::vector<std::uint16_t> accept{};
  /// An answer with one of these headers has failed, whatever its status.
  std::vector<std::string> fail_if_header{};
  /// Redirects that are followed. Signed requests follow none.
  std::uint16_t max_redirects = 5;
  /// A larger answer is cut off and has failed.
  std::size_t max_bytes = 1 << 20;
  /// One call measures all profiles: without `body` it sends their list as JSON, and a list comes back.
  bool batch = false;
  /// What `free` and `total` count, for people: "GPUs".
  std::string unit{};
  Pointers pointers{};

  bool operator==(const HttpOptions&) const = default;
};

enum class Unit : std::uint8_t { cpus, nodes };

/// Patterns of names, with * and ?. Written as a list, or as true (all names) or false (none).
struct Globs {
  std::vector<std::string> patterns{};

  bool empty() const { return patterns.empty(); }
  bool operator==(const Globs&) const = default;
};

/// Options of probe kind `slurm`. A profile's name is PARTITION, or PARTITION:GPU_TYPE (PARTITION:gpu for any type).
struct SlurmOptions {
  /// Prints the nodes; text as by default, or `sinfo --json`. Empty: Slurm's own sinfo.
  std::vector<std::string> command{};
  /// Runs scontrol, which tells of partitions without visible nodes and of CPUs that no job gets. Empty: Slurm's own,
  /// and none with a `command`.
  std::vector<std::string> scontrol{};
  /// Path of slurm.conf, for SLURM_CONF; "" is the system's.
  std::string conf{};
  /// What is counted in a profile without a GPU type.
  Unit unit = Unit::cpus;
  /// What pending jobs ask for is taken off what is free. Costs a call of squeue.
  bool subtract_pending = false;
  /// Nodes that are planned for another job count as free.
  bool planned_is_free = false;
  /// Nodes that are switched off until a job needs them count as free.
  bool powered_down_is_free = true;
  /// Adds the partitions that these cover, and every GPU type of them, as profiles, and removes those that disappear.
  Globs discover{};
  /// Hidden partitions are discovered, too.
  bool discover_hidden = false;

  bool operator==(const SlurmOptions&) const = default;
};

/// Thresholds of one level: all that are given must be reached. None: this level has no rule.
struct LevelRule {
  /// Free units.
  std::optional<double> free{};
  /// Free units to all units, from 0 to 1.
  std::optional<double> ratio{};
  std::optional<double> score{};

  bool empty() const { return !free && !ratio && !score; }
  bool operator==(const LevelRule&) const = default;
};

/// Levels from numbers: HIGH where `high` holds, else MEDIUM where `medium` holds, else LOW. Without any rule, free
/// units alone give HIGH at a quarter of all, MEDIUM at one unit.
struct Levels {
  LevelRule high{};
  LevelRule medium{};

  bool operator==(const Levels&) const = default;
};

/// At most so many runs in any window of this length, over all replicas.
struct Budget {
  std::uint64_t calls = 0;
  base::Duration window{0};

  bool operator==(const Budget&) const = default;
};

/// Which profiles a probe measures: globs on provider and name.
struct Match {
  std::string provider = "*";
  std::string name = "*";

  bool operator==(const Match&) const = default;
};

struct ProbeConfig {
  /// Names the probe in rows, metrics and tasks. Renaming it makes its tasks new.
  std::string name{};
  std::string kind = "simulated";
  Match match{};
  /// Period from start to start. Shorter shows changes sooner and costs more probes.
  base::Duration ttl = seconds{60};
  /// A probe that runs longer has failed. Also the lateness that is allowed before a row is STALE, up to one ttl.
  base::Duration timeout = seconds{30};
  /// How old a reading may get before its level is UNKNOWN. 0: five times the ttl.
  base::Duration expire_after{0};
  /// How many run at the same time in one replica. 0: as many as suit the kind (10,000 that sleep, one per core that
  /// burn a core).
  std::size_t concurrency = 0;
  /// Most runs in a short time, as "10/1s", and in long ones, as "60/1h" and "1000/1d". Counted over all replicas, in
  /// the database. What waits longest goes first.
  std::optional<Budget> rate{};
  std::vector<Budget> budget{};
  Levels levels{};
  SimulatedOptions simulated{};
  ExecOptions exec{};
  HttpOptions http{};
  SlurmOptions slurm{};

  /// It finds its profiles by itself.
  bool discovers() const { return kind == "slurm" && !slurm.discover.empty(); }
  /// One run measures all of its profiles.
  bool batched() const { return kind == "slurm" || (kind == "exec" && exec.batch) || (kind == "http" && http.batch); }
  /// Rate and budgets.
  std::vector<Budget> limits() const;
  base::Duration effective_expire_after() const { return expire_after.count() > 0 ? expire_after : 5 * ttl; }
  bool operator==(const ProbeConfig&) const = default;
};

/// Limits of a public or private HTTP server.
struct HttpConfig {
  /// Address to listen on. 127.0.0.1 keeps the service on this machine.
  std::string address = "0.0.0.0";
  /// 0 takes a free port; the ready line says which.
  std::uint16_t port = 0;
  /// A connection that sends nothing for so long is closed.
  base::Duration idle_timeout = seconds{75};
  /// A client must have sent its request, or taken the answer, within this time.
  base::Duration io_timeout = seconds{20};
  /// Connections at the same time. A further one takes the place of one that is idle, or is answered 503. Fewer when
  /// the limit of open files allows no more.
  std::size_t max_connections = 16384;
  /// Largest request body in bytes.
  std::size_t max_body_bytes = 1 << 20;

  bool operator==(const HttpConfig&) const = default;
};

struct HardwareConfig {
  HttpConfig http{.port = 5001};
  /// sqlite:PATH or mysql://USER@HOST[:PORT]/NAME. Replicas share one database: one file on a machine, or one server.
  std::string database = "sqlite:vacancy.db";
  /// A file with the password for mysql://. Read anew for each connection, so that it can be changed.
  std::string database_password_file{};
  /// A file with the certificates (PEM) of the authorities that issued the server's. With it, the connection to
  /// mysql:// is encrypted and the server's name is checked; without it, it is plain text.
  std::string database_ssl_ca{};
  /// How long a start waits for a database that does not answer.
  base::Duration database_wait = seconds{60};
  /// A file with the bearer token for profile administration. Without one, administration is refused.
  std::string admin_token_file{};
  /// How often each replica asks the database for changes. Shorter shows changes sooner and costs one indexed read.
  base::Duration poll_interval = milliseconds{250};
  /// How long a replica may hold a task without renewing: a dead replica's tasks wait this long at most.
  base::Duration lease = seconds{15};
  /// Database connections of each replica, each with its thread.
  std::size_t database_connections = 4;

  bool operator==(const HardwareConfig&) const = default;
};

struct PortalConfig {
  HttpConfig http{.port = 5000};
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

  bool operator==(const PortalConfig&) const = default;
};

struct Config {
  /// trace, debug, info, warn, error or off.
  std::string log_level = "info";
  /// Threads that serve requests. 0: one per core of the machine.
  std::size_t threads = 0;
  /// Health and metrics listen here, apart from the public port. Port 0 takes a free one.
  HttpConfig admin{.port = 0, .max_connections = 64};
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
  /// Profiles that must exist, with labels that they must have. What is missing is added at start; removing something
  /// here removes nothing.
  std::vector<core::NewProfile> profiles{};
  /// `profiles` was written down, if only as an empty list; no key of its own, and no difference between two.
  struct Given {
    bool value = false;
    bool operator==(const Given&) const { return true; }
  } profiles_given{};
  /// First match wins. Without any, one simulated probe measures everything.
  std::vector<ProbeConfig> probes{};

  bool operator==(const Config&) const = default;
};

/// Throws base::UsageError that names the key and says what is right, when a value makes no sense.
void validate(const Config& config);

}  // namespace config
