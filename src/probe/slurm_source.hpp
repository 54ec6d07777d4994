#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <expected>
#include <memory>
#include <string>

#include "config/config.hpp"
#include "probe/probe.hpp"
#include "probe/secrets.hpp"
#include "probe/sinfo.hpp"
#include "probe/slurm_turns.hpp"

namespace probe {

/// A cluster, and the jobs in it when they are asked for.
struct Seen {
  Cluster cluster{};
  Queue queue{};
};

/// What a source of a cluster said, unread: the texts that its own `read` takes; "" for what was not asked.
struct Heard {
  std::string nodes{};
  std::string partitions{};
  std::string node_details{};
  std::string jobs{};
  std::string excluded{};
  std::string turns{};
  /// What the source was told, and must not be repeated.
  Secrets secrets{};
};

/// Where a cluster is asked: Slurm's commands, or slurmrestd. The same cluster gives the same counts.
class SlurmSource {
 public:
  virtual ~SlurmSource() = default;

  /// Asks for nodes, partitions and, as the options say, jobs. On the background thread. `call` outlives it.
  virtual boost::asio::awaitable<std::expected<Heard, Failure>> ask(Call call) = 0;

  /// Reads what was heard. Thread-safe; fails with a sentence.
  virtual std::expected<Seen, std::string> read(const Heard& heard) const = 0;
};

/// Runs sinfo, scontrol and squeue.
std::unique_ptr<SlurmSource> slurm_commands(const config::ProbeConfig& config, boost::asio::any_io_executor executor);

/// Calls slurmrestd.
std::unique_ptr<SlurmSource> slurm_rest(const config::ProbeConfig& config, boost::asio::any_io_executor executor);

/// So much of the answers is shown in a trace.
void note(Trace* trace, std::string_view sent, std::string_view received);

/// An answer of some 60,000 nodes as JSON.
inline constexpr std::size_t kMaxSlurmBytes = 64 << 20;

}  // namespace probe
