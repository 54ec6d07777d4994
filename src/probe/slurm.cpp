#include <fmt/format.h>

#include <cstdlib>

#include "base/offload.hpp"
#include "base/text.hpp"
#include "probe/kinds.hpp"
#include "probe/program.hpp"
#include "probe/scontrol.hpp"
#include "probe/slurm_count.hpp"

namespace probe {
namespace {

namespace asio = boost::asio;
using Command = std::vector<std::string>;

/// Some 60,000 nodes as JSON.
constexpr std::size_t kMaxOutputBytes = 64 << 20;
constexpr std::size_t kMaxTraceBytes = 16 << 10;

Command sinfo_command(const config::SlurmOptions& options) {
  if (!options.command.empty()) return options.command;
  return {"sinfo", "-h", "-a", "-N", "--noconvert", fmt::format("--Format={}", kSinfoFormat)};
}

/// Each task of an array is a line: -r.
Command squeue_command() {
  return {"squeue", "-h", "-a", "-r", "-t", "PD", "--noconvert", fmt::format("--Format={}", kSqueueFormat)};
}

Command excluded_command() {
  return {"squeue", "-h", "-a", "-t", "PD", "-o", std::string(kExcludedFormat)};
}

/// Where the nodes come from elsewhere, Slurm's own scontrol may be that of another cluster, or of none.
bool asks_scontrol(const config::SlurmOptions& options) {
  return options.command.empty() || !options.scontrol.empty();
}

Command scontrol_command(const config::SlurmOptions& options, const char* what) {
  Command command = options.scontrol.empty() ? Command{"scontrol"} : options.scontrol;
  for (const char* word : {"-a", "-o", "show", what}) command.emplace_back(word);
  return command;
}

/// Without the user's settings for sinfo and squeue, which change their output.
std::vector<std::string> environment(const config::SlurmOptions& options) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing changes the environment
  const auto own = [](const char* name) { return std::getenv(name); };
  const auto or_else = [&](const char* name, const char* otherwise) { return own(name) ? own(name) : otherwise; };
  std::vector<std::string> out = {fmt::format("PATH={}", or_else("PATH", "/usr/local/bin:/usr/bin:/bin")),
                                  fmt::format("HOME={}", or_else("HOME", "/")), "LC_ALL=C"};
  const std::string conf = options.conf.empty() ? or_else("SLURM_CONF", "") : options.conf;
  if (!conf.empty()) out.push_back("SLURM_CONF=" + conf);
  return out;
}

std::string last_line(std::string_view text) {
  text = base::trim(text);
  return one_line(text.substr(text.rfind('\n') + 1));
}

std::string failure(const Command& command, const Exited& exited) {
  if (exited.signal != 0) return fmt::format("{} was killed by signal {}", command.front(), exited.signal);
  const std::string said = last_line(exited.errors);
  if (said.empty()) return fmt::format("{} failed with exit code {}", command.front(), exited.code);
  return fmt::format("{} failed: {}", command.front(), said);
}

/// An answer that is empty beside an error is none, whatever the exit code.
bool has_failed(const Exited& exited) {
  return exited.code != 0 || (base::trim(exited.output).empty() && !base::trim(exited.errors).empty());
}

void note(Trace* trace, std::string_view sent, std::string_view received) {
  if (trace == nullptr) return;
  trace->sent += fmt::format("{}{}", trace->sent.empty() ? "" : "\n", sent);
  trace->received += received.substr(0, kMaxTraceBytes - std::min(kMaxTraceBytes, trace->received.size()));
}

/// The outputs of the commands; "" of those that do not run.
struct Printed {
  std::string nodes;
  std::string partitions;
  std::string node_details;
  std::string jobs;
  std::string excluded;
};

std::expected<Cluster, std::string> read_cluster(const Printed& printed, const config::SlurmOptions& options) {
  auto cluster = read_sinfo(printed.nodes, options);
  if (!cluster) return cluster;
  if (auto added = add_partitions(*cluster, printed.partitions); !added) return std::unexpected(added.error());
  if (auto taken = take_off_reserved_cpus(*cluster, printed.node_details); !taken)
    return std::unexpected(taken.error());
  if (cluster->empty()) return std::unexpected(std::string("sinfo names no node"));
  return cluster;
}

class SlurmProbe final : public Probe {
 public:
  SlurmProbe(const config::ProbeConfig& config, asio::any_io_executor executor)
      : config_(config), environment_(environment(config.slurm)), programs_(std::move(executor), config.timeout) {}

  asio::awaitable<Answer> measure(std::span<const core::Profile> profiles, Call call) override {
    const auto printed = co_await ask(call);
    if (!printed) co_return failed(profiles.size(), printed.error());
    // A large cluster takes a good part of a second to read.
    auto read = [&] { return answer(*printed, profiles); };
    co_return co_await readers_.run(read);
  }

 private:
  template <class T>
  using Or = std::expected<T, Failure>;

  asio::awaitable<Or<Printed>> ask(Call call) {
    const config::SlurmOptions& options = config_.slurm;
    Printed printed;
    std::vector<std::pair<Command, std::string*>> asked = {{sinfo_command(options), &printed.nodes}};
    if (asks_scontrol(options)) {
      asked.emplace_back(scontrol_command(options, "partition"), &printed.partitions);
      asked.emplace_back(scontrol_command(options, "node"), &printed.node_details);
    }
    if (options.subtract_pending) {
      asked.emplace_back(squeue_command(), &printed.jobs);
      asked.emplace_back(excluded_command(), &printed.excluded);
    }
    bool any = false;
    for (auto& [command, text] : asked) {
      auto output = co_await run(std::move(command), call);
      if (!output) co_return std::unexpected(Failure{output.error().sentence, any || output.error().asked});
      any = true;
      *text = std::move(*output);
    }
    co_return printed;
  }

  /// The command's output, when it succeeds.
  asio::awaitable<Or<std::string>> run(Command command, Call call) {
    Program program{.command = command, .environment = environment_, .max_output_bytes = kMaxOutputBytes, .nice = 0};
    auto exited = co_await programs_.run(std::move(program), call.deadline, call.stop);
    const std::string conf = config_.slurm.conf.empty() ? "" : fmt::format("SLURM_CONF={} ", config_.slurm.conf);
    note(call.trace, conf + typed(command), exited ? exited->output + exited->errors : "");
    if (!exited) co_return std::unexpected(std::move(exited.error()));
    if (has_failed(*exited)) co_return std::unexpected(Failure{failure(command, *exited)});
    co_return std::move(exited->output);
  }

  Answer answer(const Printed& printed, std::span<const core::Profile> profiles) const {
    const auto cluster = read_cluster(printed, config_.slurm);
    if (!cluster) return same_for_all(profiles.size(), std::unexpected(cluster.error()));
    const auto pending = read_squeue(printed.jobs, printed.excluded);
    if (!pending) return same_for_all(profiles.size(), std::unexpected(pending.error()));
    Answer answer;
    for (const core::Profile& profile : profiles) {
      auto seen = observe(*cluster, *pending, profile.key.name, config_.slurm.unit);
      answer.results.push_back(seen ? judge(std::move(*seen), config_.levels)
                                    : Result(std::unexpected(std::move(seen.error()))));
    }
    if (config_.discovers()) answer.discovered = discovered(*cluster, profiles);
    return answer;
  }

  std::vector<core::ProfileKey> discovered(const Cluster& cluster, std::span<const core::Profile> known) const {
    std::vector<core::ProfileKey> keys;
    for (const std::string& name : discovered_names(cluster, config_.slurm, known))
      if (base::glob_match(config_.match.name, name))
        if (auto key = core::checked_key(config_.match.provider, name)) keys.push_back(std::move(*key));
    return keys;
  }

  config::ProbeConfig config_;
  std::vector<std::string> environment_;
  Programs programs_;
  base::OffloadPool readers_{"slurm", 1, base::OffloadPool::Priority::low};
};

}  // namespace

/// One run answers for all.
Kind kind_of(const config::SlurmOptions&) {
  return {make<SlurmProbe>, 1, kStartDescriptors, kProgramDescriptors};
}

}  // namespace probe
