#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <span>
#include <utility>

#include "config/probes.hpp"
#include "probe/probe.hpp"

namespace probe {

/// Makes the probe that `config` describes. Its measurements run on `executor`, that of the background thread.
/// REQUIRES: validated config.
std::unique_ptr<Probe> make_probe(const config::ProbeConfig& config, boost::asio::any_io_executor executor);

/// How many of its measurements may run at once in this replica: the configured number, or what suits the kind.
std::size_t concurrency(const config::ProbeConfig& config);

/// File descriptors that its measurements may have open at once.
std::size_t descriptors(const config::ProbeConfig& config);

/// Calls of a source in a day, when nothing slows its probe down.
struct DailyCalls {
  double calls = 0;
  /// As many as its documents allow; 0 when they name no number.
  double most = 0;
  /// Different questions among them, of which the source limits new ones in a day; 0 when it has no such limit.
  std::size_t configurations = 0;
};

/// Those of a probe that measures these profiles.
DailyCalls daily_calls(const config::ProbeConfig& config, std::span<const core::Profile* const> profiles);

/// The properties of a kind.
struct Kind {
  std::unique_ptr<Probe> (*make)(const config::ProbeConfig&, boost::asio::any_io_executor);
  /// The default concurrency.
  std::size_t concurrency;
  /// File descriptors that all of its measurements share, and those that each needs.
  std::size_t descriptors = 0;
  std::size_t descriptors_of_each = 0;
  /// For so many runs a day. Null: each measurement is a call.
  DailyCalls (*daily)(const config::ProbeConfig&, std::span<const core::Profile* const> profiles,
                      double runs) = nullptr;
};

/// For Kind::make.
template <class P>
std::unique_ptr<Probe> make(const config::ProbeConfig& config, boost::asio::any_io_executor executor) {
  return std::make_unique<P>(config, std::move(executor));
}

/// The table of kinds. Options of config/probes.hpp that have no line here do not compile.

/// The original system's slow process: takes `duration`, then picks HIGH, MEDIUM or LOW at random. Never shortened.
Kind kind_of(const config::SimulatedOptions& options);
/// Runs a program for each measurement, or for all profiles at once.
Kind kind_of(const config::ExecOptions& options);
/// Asks an HTTP server, such as a Lambda function: its answer is JSON with a level, or numbers that give one. An answer
/// that is cut off, without an accepted status, or of another form is a failure and never a level.
Kind kind_of(const config::HttpOptions& options);
/// Asks a Slurm cluster for the free units of each partition, by its own commands. Batched: one run of sinfo, scontrol
/// and, when pending jobs count, squeue answers for all profiles.
Kind kind_of(const config::SlurmOptions& options);
/// Asks Azure for spot placement scores, the restrictions of sizes and quota. Batched: one run asks for all profiles,
/// in as few calls as they fit into, and no sooner than Azure has new scores.
Kind kind_of(const config::AzureOptions& options);
/// Asks Google Cloud for capacity advice and quota, or for the free machines of reservations.
Kind kind_of(const config::GcpOptions& options);
/// Asks the API server of a Kubernetes cluster for nodes and pods, and counts what pods can still request. Batched: one
/// run reads both lists.
Kind kind_of(const config::KubernetesOptions& options);
/// Asks Amazon EC2 for spot placement scores, spot prices, and whether types are offered. Batched: profiles share
/// calls.
Kind kind_of(const config::AwsOptions& options);

}  // namespace probe
