#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "config/aws.hpp"
#include "config/azure_options.hpp"
#include "config/gcp_options.hpp"
#include "config/http_options.hpp"
#include "config/probe_keys.hpp"
#include "core/freshness.hpp"
#include "core/reading.hpp"

/// The kinds of probes: the options of each, their keys, and what is refused. A new kind is its options here, a member
/// of ProbeConfig, a line in `kinds`, and what probe/kinds.hpp says.
namespace config {

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

template <Of<SimulatedOptions> C, class Visit>
void fields(C& options, Visit&& visit) {
  visit("duration", options.duration);
  visit("work", options.work);
  visit("seed", options.seed);
}

/// The form of a program's output. `automatic` distinguishes the two, and fails for output that is clearly neither.
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
  /// The unit of `free` and `total`, for people: "GPUs".
  std::string unit{};
  /// From 0 to 19: a higher one leaves the cores to others.
  std::uint16_t nice = 10;
  /// Limits of each process: seconds of CPU time and bytes of memory (0: none), and open files.
  std::uint64_t cpu_seconds = 0;
  std::uint64_t memory_bytes = 0;
  std::uint64_t open_files = 256;

  bool operator==(const ExecOptions&) const = default;
};

template <Of<ExecOptions> C, class Visit>
void fields(C& options, Visit&& visit) {
  visit("command", options.command);
  visit("directory", options.directory);
  visit("environment", options.environment);
  visit("batch", options.batch);
  visit("format", options.format);
  visit("max_output_bytes", options.max_output_bytes);
  visit("unit", options.unit);
  visit("nice", options.nice);
  visit("cpu_seconds", options.cpu_seconds);
  visit("memory_bytes", options.memory_bytes);
  visit("open_files", options.open_files);
}

enum class Unit : std::uint8_t { cpus, nodes };

/// Patterns of names, with * and ?. Written as a list, or as true (all names) or false (none).
struct Globs {
  std::vector<std::string> patterns{};

  bool empty() const { return patterns.empty(); }
  bool operator==(const Globs&) const = default;
};

/// Options of probe kind `slurm`. A profile's name is PARTITION, PARTITION:GPU_TYPE (PARTITION:gpu for any type),
/// PARTITION:RESOURCE or PARTITION:RESOURCE:TYPE for other generic resources.
struct SlurmOptions {
  static constexpr bool batch = true;
  /// slurmrestd, which is asked instead of commands: http://HOST:6820, https://… or unix:/PATH of its socket. "": none.
  std::string url{};
  /// A file with its token, read for each run, and the user that the token is for.
  std::string jwt_file{};
  std::string user{};
  /// A file with the certificates (PEM) of the authorities to trust instead of the system's.
  std::string ca_file{};
  /// The API's version, such as v0.0.40; "" finds the newest one that both sides know.
  std::string api_version{};
  /// Prints the nodes; text as by default, or `sinfo --json`. Empty: Slurm's own sinfo.
  std::vector<std::string> command{};
  /// Runs scontrol, for partitions without visible nodes and for CPUs that no job gets. Empty: Slurm's own,
  /// and none with a `command`.
  std::vector<std::string> scontrol{};
  /// Path of slurm.conf, for SLURM_CONF; "" is the system's.
  std::string conf{};
  /// The cluster that Slurm's commands are to ask (-M), by its name in the accounting database; "" is their own.
  std::string cluster{};
  /// The unit of a profile without a resource.
  Unit unit = Unit::cpus;
  /// Memory that a node must have free for each unit, as jobs ask for it; 0: memory does not matter.
  Bytes memory_per_unit{};
  /// Subtracts the demand of pending jobs from the free units. Costs a call of squeue.
  bool subtract_pending = false;
  /// Where nothing is free, the reason says when Slurm expects jobs to start and to end. Costs a call of squeue.
  bool expected_start = false;
  /// Nodes that are planned for another job count as free.
  bool planned_is_free = false;
  /// Nodes that are switched off until a job needs them count as free.
  bool powered_down_is_free = true;
  /// Adds the partitions that these cover, and every GPU type and other generic resource of them, as profiles, and
  /// removes those that disappear.
  Globs discover{};
  /// Hidden partitions are discovered, too.
  bool discover_hidden = false;

  bool operator==(const SlurmOptions&) const = default;
};

template <Of<SlurmOptions> C, class Visit>
void fields(C& options, Visit&& visit) {
  visit("url", options.url);
  visit("jwt_file", options.jwt_file);
  visit("user", options.user);
  visit("ca_file", options.ca_file);
  visit("api_version", options.api_version);
  visit("command", options.command);
  visit("scontrol", options.scontrol);
  visit("conf", options.conf);
  visit("cluster", options.cluster);
  visit("unit", options.unit);
  visit("memory_per_unit", options.memory_per_unit);
  visit("subtract_pending", options.subtract_pending);
  visit("expected_start", options.expected_start);
  visit("planned_is_free", options.planned_is_free);
  visit("powered_down_is_free", options.powered_down_is_free);
  visit("discover", options.discover);
  visit("discover_hidden", options.discover_hidden);
}

/// Options of probe kind `kubernetes`. A profile's name is CLASS, CLASS:RESOURCE or RESOURCE.
struct KubernetesOptions {
  static constexpr bool batch = true;
  /// The file that says where the API server is and how to log in; "" for a pod of the cluster.
  std::string kubeconfig{};
  /// A context in it; "" is its current one.
  std::string context{};
  /// The directory with `token` and `ca.crt` of a pod.
  std::string service_account = "/var/run/secrets/kubernetes.io/serviceaccount";
  /// Each value that a node has for one of these labels is a class of it.
  std::vector<std::string> class_labels = {"node.kubernetes.io/instance-type", "nvidia.com/gpu.product",
                                           "cloud.google.com/gke-accelerator"};
  /// Taints that keep nobody away: KEY, KEY=VALUE or either with :EFFECT, with * and ?.
  std::vector<std::string> tolerations{};
  /// What a unit of an extended resource, such as a GPU, needs beside it: "cpu=4".
  std::vector<std::string> unit_needs{};
  /// Subtracts the demand of pods without a node from the free units.
  bool subtract_pending = false;
  /// Adds classes, their extended resources and those of all nodes as profiles, and removes those that disappear.
  Globs discover{};

  bool operator==(const KubernetesOptions&) const = default;
};

template <Of<KubernetesOptions> C, class Visit>
void fields(C& options, Visit&& visit) {
  visit("kubeconfig", options.kubeconfig);
  visit("context", options.context);
  visit("service_account", options.service_account);
  visit("class_labels", options.class_labels);
  visit("tolerations", options.tolerations);
  visit("unit_needs", options.unit_needs);
  visit("subtract_pending", options.subtract_pending);
  visit("discover", options.discover);
}

struct ProbeConfig {
  /// Names the probe in rows, metrics and tasks. Renaming it makes its tasks new.
  std::string name{};
  std::string kind = "simulated";
  Match match{};
  /// Period from start to start. Shorter shows changes sooner and costs more probes.
  base::Duration ttl = seconds{60};
  /// Shorter periods for profiles that are wanted.
  Refresh refresh{};
  /// A probe that runs longer has failed. Also the lateness that is allowed before a row is STALE, up to one period.
  base::Duration timeout = seconds{30};
  /// How old a reading may get before its level is UNKNOWN. 0: five times the ttl.
  base::Duration expire_after{0};
  /// How many run at the same time in one replica. 0: as many as suit the kind (10,000 that sleep, one per core that
  /// burn a core).
  std::size_t concurrency = 0;
  /// Most runs in a short time, as "10/1s", and in long ones, as "60/1h" and "1000/1d". Counted over all replicas, in
  /// the database. The longest wait goes first.
  std::optional<Budget> rate{};
  std::vector<Budget> budget{};
  Levels levels{};
  SimulatedOptions simulated{};
  ExecOptions exec{};
  HttpOptions http{};
  SlurmOptions slurm{};
  AzureOptions azure{};
  GcpOptions gcp{};
  KubernetesOptions kubernetes{};
  AwsOptions aws{};

  /// It finds its profiles by itself: its options have a `discover`.
  bool discovers() const;
  /// One run measures all of its profiles: its options have a `batch` that is true.
  bool batched() const;
  /// Rate and budgets.
  std::vector<Budget> limits() const;
  /// Runs per second that they allow for long; infinity without limits.
  double most_runs() const;
  /// Are wanted profiles measured more often than others?
  bool has_periods() const { return refresh.min.count() > 0; }
  /// No profile is measured more often than that, and each at least as often as this.
  base::Duration shortest_period() const { return has_periods() ? refresh.min : ttl; }
  base::Duration longest_period() const { return refresh.max.count() > 0 ? refresh.max : ttl; }
  base::Duration effective_expire_after() const {
    return expire_after.count() > 0 ? expire_after : 5 * longest_period();
  }
  /// How long its measurements are trusted.
  core::FreshnessRule freshness_rule() const {
    const base::Duration promised = longest_period();
    return {.ttl = promised, .grace = std::min(timeout, promised), .expire_after = effective_expire_after()};
  }
  bool operator==(const ProbeConfig&) const = default;
};

/// The table of kinds, each with its options: calls `visit(kind, options)`.
template <Of<ProbeConfig> C, class Visit>
void kinds(C& probe, Visit&& visit) {
  visit("simulated", probe.simulated);
  visit("exec", probe.exec);
  visit("http", probe.http);
  visit("slurm", probe.slurm);
  visit("azure", probe.azure);
  visit("gcp", probe.gcp);
  visit("kubernetes", probe.kubernetes);
  visit("aws", probe.aws);
}

/// Calls `visit` with the options of the probe's own kind, and returns its result. A kind that is in no table throws
/// std::logic_error: validate() refuses it.
template <class Visit>
auto with_options(const ProbeConfig& probe, Visit&& visit) {
  std::optional<decltype(visit(probe.simulated))> result;
  kinds(probe, [&](std::string_view kind, const auto& options) {
    if (kind == probe.kind) result = visit(options);
  });
  if (!result) throw std::logic_error("no probe is of kind '" + probe.kind + "'");
  return *std::move(result);
}

/// Refuses options that make no sense together or for `probe`, as a BadValue below `path`. Each kind has one.
inline void check_options(const SimulatedOptions&, const ProbeConfig&, const std::string&) {}
void check_options(const ExecOptions& options, const ProbeConfig& probe, const std::string& path);
void check_options(const HttpOptions& options, const ProbeConfig& probe, const std::string& path);
void check_options(const SlurmOptions& options, const ProbeConfig& probe, const std::string& path);
void check_options(const AzureOptions& options, const ProbeConfig& probe, const std::string& path);
void check_options(const GcpOptions& options, const ProbeConfig& probe, const std::string& path);
void check_options(const KubernetesOptions& options, const ProbeConfig& probe, const std::string& path);
void check_options(const AwsOptions& options, const ProbeConfig& probe, const std::string& path);

/// The options of the probe's own kind are beside the common keys; those of other kinds are unknown keys.
template <Of<ProbeConfig> C, class Visit>
void fields(C& probe, Visit&& visit) {
  visit("name", probe.name);
  // Before the options, so that a reader knows the kind when it comes to them.
  visit("kind", probe.kind);
  visit("match", probe.match);
  visit("ttl", probe.ttl);
  visit("refresh", probe.refresh);
  visit("timeout", probe.timeout);
  visit("expire_after", probe.expire_after);
  visit("concurrency", probe.concurrency);
  visit("rate", probe.rate);
  visit("budget", probe.budget);
  visit("levels", probe.levels);
  kinds(probe, [&](std::string_view kind, auto& options) {
    if (kind == probe.kind) fields(options, visit);
  });
}

}  // namespace config
