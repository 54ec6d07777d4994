#include <fmt/format.h>

#include <cstdlib>

#include "base/text.hpp"
#include "probe/one_line.hpp"
#include "probe/program.hpp"
#include "probe/scontrol.hpp"
#include "probe/slurm_source.hpp"

namespace probe {
namespace {

namespace asio = boost::asio;
using Command = std::vector<std::string>;
template <class T>
using Or = std::expected<T, Failure>;

Command with(Command command, std::initializer_list<std::string> words) {
  command.insert(command.end(), words);
  return command;
}

/// One of Slurm's own commands, for the one cluster that is asked: those of a federation may show all of its clusters.
Command slurms_own(const config::SlurmOptions& options, std::string name) {
  if (options.cluster.empty()) return {std::move(name), "--local"};
  return {std::move(name), "-M", options.cluster};
}

Command sinfo_command(const config::SlurmOptions& options) {
  if (!options.command.empty()) return options.command;
  return with(slurms_own(options, "sinfo"),
              {"-h", "-a", "-N", "--noconvert", fmt::format("--Format={}", kSinfoFormat)});
}

/// Each task of an array is a line: -r.
Command squeue_command(const config::SlurmOptions& options) {
  return with(slurms_own(options, "squeue"),
              {"-h", "-a", "-r", "-t", "PD", "--noconvert", fmt::format("--Format={}", kSqueueFormat)});
}

Command excluded_command(const config::SlurmOptions& options) {
  return with(slurms_own(options, "squeue"), {"-h", "-a", "-t", "PD", "-o", std::string(kExcludedFormat)});
}

Command turns_command(const config::SlurmOptions& options) {
  return with(slurms_own(options, "squeue"),
              {"-h", "-a", "-t", "PD,R", "--noconvert", fmt::format("--Format={}", kTurnsFormat)});
}

/// Where the nodes come from elsewhere, Slurm's own scontrol may be that of another cluster, or of none.
bool asks_scontrol(const config::SlurmOptions& options) {
  return options.command.empty() || !options.scontrol.empty();
}

Command scontrol_command(const config::SlurmOptions& options, const char* what) {
  return with(options.scontrol.empty() ? slurms_own(options, "scontrol") : options.scontrol,
              {"-a", "-o", "show", what});
}

/// The settings of Slurm's commands that a probe has: NAME=VALUE.
std::vector<std::string> settings(const config::SlurmOptions& options) {
  std::vector<std::string> out;
  if (!options.conf.empty()) out.push_back("SLURM_CONF=" + options.conf);
  if (options.expected_start) out.emplace_back("SLURM_TIME_FORMAT=%s");
  return out;
}

/// Without the user's settings for sinfo and squeue, which change their output.
std::vector<std::string> environment(const config::SlurmOptions& options) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing changes the environment
  const auto own = [](const char* name) { return std::getenv(name); };
  const auto or_else = [&](const char* name, const char* otherwise) { return own(name) ? own(name) : otherwise; };
  std::vector<std::string> out = settings(options);
  out.push_back(fmt::format("PATH={}", or_else("PATH", "/usr/local/bin:/usr/bin:/bin")));
  out.push_back(fmt::format("HOME={}", or_else("HOME", "/")));
  out.emplace_back("LC_ALL=C");
  if (const char* conf = own("SLURM_CONF"); options.conf.empty() && conf != nullptr && *conf != '\0')
    out.push_back(fmt::format("SLURM_CONF={}", conf));
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

class SlurmCommands final : public SlurmSource {
 public:
  SlurmCommands(const config::ProbeConfig& config, asio::any_io_executor executor)
      : options_(config.slurm), environment_(environment(options_)), programs_(std::move(executor), config.timeout) {
    for (const std::string& setting : settings(options_)) shown_settings_ += typed({setting}) + " ";
  }

  asio::awaitable<Or<Heard>> ask(Call call) override {
    Heard heard;
    bool any = false;
    for (auto& [command, text] : commands(heard)) {
      auto output = co_await run(std::move(command), call);
      if (!output) co_return std::unexpected(Failure{output.error().sentence, any || output.error().asked});
      any = true;
      *text = std::move(*output);
    }
    co_return heard;
  }

  std::expected<Seen, std::string> read(const Heard& heard) const override {
    auto cluster = read_sinfo(heard.nodes, options_);
    if (!cluster) return std::unexpected(cluster.error());
    if (auto added = add_partitions(*cluster, heard.partitions); !added) return std::unexpected(added.error());
    if (auto added = add_node_details(*cluster, heard.node_details); !added) return std::unexpected(added.error());
    if (cluster->empty()) return std::unexpected(std::string("sinfo names no node"));
    auto pending = read_squeue(heard.jobs, heard.excluded);
    if (!pending) return std::unexpected(pending.error());
    auto turns = read_turns(heard.turns);
    if (!turns) return std::unexpected(turns.error());
    return Seen{std::move(*cluster), {std::move(*pending), std::move(*turns)}};
  }

 private:
  /// What is run, and where its output goes.
  std::vector<std::pair<Command, std::string*>> commands(Heard& heard) const {
    std::vector<std::pair<Command, std::string*>> all = {{sinfo_command(options_), &heard.nodes}};
    if (asks_scontrol(options_)) {
      all.emplace_back(scontrol_command(options_, "partition"), &heard.partitions);
      all.emplace_back(scontrol_command(options_, "node"), &heard.node_details);
    }
    if (options_.subtract_pending) {
      all.emplace_back(squeue_command(options_), &heard.jobs);
      all.emplace_back(excluded_command(options_), &heard.excluded);
    }
    if (options_.expected_start) all.emplace_back(turns_command(options_), &heard.turns);
    return all;
  }

  /// The command's output, when it succeeds.
  asio::awaitable<Or<std::string>> run(Command command, Call call) {
    Program program{.command = command, .environment = environment_, .max_output_bytes = kMaxSlurmBytes, .nice = 0};
    auto exited = co_await programs_.run(std::move(program), call.deadline, call.stop);
    note(call.trace, shown_settings_ + typed(command), exited ? exited->output + exited->errors : "");
    if (!exited) co_return std::unexpected(std::move(exited.error()));
    if (has_failed(*exited)) co_return std::unexpected(Failure{failure(command, *exited)});
    co_return std::move(exited->output);
  }

  const config::SlurmOptions options_;
  const std::vector<std::string> environment_;
  /// As one would type them in front of a command.
  std::string shown_settings_;
  Programs programs_;
};

}  // namespace

std::unique_ptr<SlurmSource> slurm_commands(const config::ProbeConfig& config, asio::any_io_executor executor) {
  return std::make_unique<SlurmCommands>(config, std::move(executor));
}

}  // namespace probe
