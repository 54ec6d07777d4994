#include "probe/slurm.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "base/offload.hpp"
#include "base/text.hpp"
#include "probe/program.hpp"
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

std::string variable(const char* name, std::string_view otherwise) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing changes the environment
  const char* value = std::getenv(name);
  return fmt::format("{}={}", name, value != nullptr ? value : otherwise);
}

/// Without the user's settings for sinfo and squeue, which change what they print.
std::vector<std::string> environment(const config::SlurmOptions& options) {
  std::vector<std::string> out = {variable("PATH", "/usr/local/bin:/usr/bin:/bin"), variable("HOME", "/"), "LC_ALL=C"};
  if (!options.conf.empty()) out.push_back("SLURM_CONF=" + options.conf);
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

void note(Trace* trace, std::string_view sent, std::string_view received) {
  if (trace == nullptr) return;
  trace->sent += fmt::format("{}{}", trace->sent.empty() ? "" : "\n", sent);
  trace->received += received.substr(0, kMaxTraceBytes - std::min(kMaxTraceBytes, trace->received.size()));
}

class SlurmProbe final : public Probe {
 public:
  SlurmProbe(const config::ProbeConfig& config, const asio::any_io_executor& executor)
      : config_(config), environment_(environment(config.slurm)), programs_(executor, config.timeout) {}

  asio::awaitable<Answer> measure(std::span<const core::Profile> profiles, base::SteadyTime deadline,
                                  Trace* trace) override {
    auto nodes = co_await run(sinfo_command(config_.slurm), deadline, trace);
    if (!nodes) co_return same_for_all(profiles.size(), std::unexpected(std::move(nodes.error())));
    std::expected<std::string, std::string> jobs;
    if (config_.slurm.subtract_pending) jobs = co_await run(squeue_command(), deadline, trace);
    if (!jobs) co_return same_for_all(profiles.size(), std::unexpected(std::move(jobs.error())));
    // A large cluster takes a good part of a second to read.
    auto read = [&] { return answer(*nodes, *jobs, profiles); };
    co_return co_await readers_.run(read);
  }

  void cancel() override { programs_.cancel(); }

 private:
  /// What the command prints, when it succeeds.
  asio::awaitable<std::expected<std::string, std::string>> run(Command command, base::SteadyTime deadline,
                                                               Trace* trace) {
    Program program{.command = command, .environment = environment_, .max_output_bytes = kMaxOutputBytes, .nice = 0};
    auto exited = co_await programs_.run(std::move(program), deadline);
    const std::string conf = config_.slurm.conf.empty() ? "" : fmt::format("SLURM_CONF={} ", config_.slurm.conf);
    note(trace, conf + typed(command), exited ? exited->output + exited->errors : "");
    if (!exited) co_return std::unexpected(std::move(exited.error()));
    if (exited->code != 0) co_return std::unexpected(failure(command, *exited));
    co_return std::move(exited->output);
  }

  Answer answer(std::string_view nodes, std::string_view jobs, std::span<const core::Profile> profiles) const {
    const auto cluster = read_sinfo(nodes, config_.slurm);
    if (!cluster) return same_for_all(profiles.size(), std::unexpected(cluster.error()));
    const auto pending = read_squeue(jobs);
    if (!pending) return same_for_all(profiles.size(), std::unexpected(pending.error()));
    Answer answer;
    for (const core::Profile& profile : profiles) {
      auto seen = observe(*cluster, *pending, profile.key.name, config_.slurm.unit);
      answer.results.push_back(seen ? judge(std::move(*seen), config_.levels)
                                    : Result(std::unexpected(std::move(seen.error()))));
    }
    if (config_.slurm.discover) answer.discovered = discovered(*cluster);
    return answer;
  }

  std::vector<core::ProfileKey> discovered(const Cluster& cluster) const {
    std::vector<core::ProfileKey> keys;
    for (const std::string& name : profile_names(cluster))
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

std::unique_ptr<Probe> make_slurm(const config::ProbeConfig& config, asio::any_io_executor executor) {
  return std::make_unique<SlurmProbe>(config, executor);
}

std::size_t slurm_concurrency(const config::ProbeConfig&) {
  return 1;
}

}  // namespace probe
