#include "probe/exec.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "probe/nagios.hpp"
#include "probe/observation.hpp"
#include "probe/placeholders.hpp"

namespace probe {
namespace {

namespace asio = boost::asio;
using Variables = std::map<std::string, std::string>;

/// The program asks to be tried again later (sysexits.h).
constexpr int kTemporaryFailure = 75;
/// What a shell says when it cannot run a program, or does not find it.
constexpr int kNotExecutable = 126;
constexpr int kNotFound = 127;

// --- What it printed

/// The last words on standard error, else on standard output: what went wrong, for people.
std::string last_words(const Exited& exited) {
  for (const std::string_view text : {base::trim(exited.errors), base::trim(exited.output)})
    if (!text.empty()) return one_line(text.substr(text.find_last_of('\n') + 1));
  return {};
}

std::string how_it_ended(const Exited& exited) {
  if (exited.signal != 0) {
    const char* name = ::sigdescr_np(exited.signal);
    return fmt::format("killed by signal {} ({})", exited.signal, name != nullptr ? name : "unknown");
  }
  switch (exited.code) {
    case kTemporaryFailure:
      return "temporary failure";
    case kNotExecutable:
      return "exit code 126 (a command is not executable)";
    case kNotFound:
      return "exit code 127 (a command is not found)";
    default:
      return fmt::format("exit code {}", exited.code);
  }
}

std::unexpected<std::string> failure(const Exited& exited) {
  const std::string words = last_words(exited);
  return std::unexpected(how_it_ended(exited) + (words.empty() ? "" : ": " + words));
}

Result read_json(const Exited& exited, const config::Levels& levels) {
  if (exited.code != 0) return failure(exited);
  const auto value = parse_json(exited.output);
  if (!value) return std::unexpected("the output " + value.error());
  auto seen = read_observation(*value, {});
  if (!seen) return std::unexpected("the output: " + seen.error());
  return judge(std::move(*seen), levels);
}

Result read_plugin(const Exited& exited, const config::Levels& levels) {
  constexpr core::Level kByCode[] = {core::Level::high, core::Level::medium, core::Level::low, core::Level::unknown};
  if (exited.code < 0 || std::cmp_greater_equal(exited.code, std::size(kByCode))) return failure(exited);
  const bool silent = base::trim(exited.output).empty();
  // A plugin says why. What a script leaves that broke down, such as exit code 1 and a traceback, is not a measurement.
  if (silent && exited.code != 0 && !base::trim(exited.errors).empty()) return failure(exited);
  Observation seen = read_nagios(exited.output);
  seen.level = kByCode[exited.code];
  if (seen.reason.empty()) seen.reason = how_it_ended(exited);
  // It could not find out: no number that it printed all the same may make a level of that.
  const bool unknown = seen.level == core::Level::unknown;
  return judge(std::move(seen), unknown ? config::Levels{} : levels);
}

// --- What it is given

/// PROBE_ATTR_INSTANCE_TYPE for "instance-type".
std::string variable_of(std::string_view attribute) {
  std::string name = "PROBE_ATTR_";
  for (const char c : attribute) {
    const auto byte = static_cast<unsigned char>(c);
    name += byte < 0x80 && std::isalnum(byte) ? static_cast<char>(std::toupper(byte)) : '_';
  }
  return name;
}

/// What the program is told about its task. `profile` is null for a batch.
Variables task_of(const config::ProbeConfig& config, const core::Profile* profile) {
  const auto timeout = std::chrono::ceil<std::chrono::seconds>(config.timeout);
  Variables variables{{"PROBE_TIMEOUT", std::to_string(timeout.count())}};
  if (profile == nullptr) return variables;
  variables["PROBE_PROVIDER"] = profile->key.provider;
  variables["PROBE_NAME"] = profile->key.name;
  for (const auto& [key, value] : profile->attributes) variables[variable_of(key)] = value;
  return variables;
}

/// A program's whole environment: little, so that it does the same wherever the service runs.
std::vector<std::string> environment_of(const config::ExecOptions& options, Variables variables) {
  const auto pass_on = [&](const std::string& name) {
    if (const char* value = std::getenv(name.c_str())) variables[name] = value;
  };
  variables["LC_ALL"] = "C";
  variables["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  pass_on("PATH");
  pass_on("HOME");
  for (const std::string& entry : options.environment) {
    const auto equals = entry.find('=');
    if (equals == std::string::npos)
      pass_on(entry);
    else
      variables[entry.substr(0, equals)] = entry.substr(equals + 1);
  }
  std::vector<std::string> environment;
  for (const auto& [name, value] : variables) environment.push_back(fmt::format("{}={}", name, value));
  return environment;
}

/// What to type for the same. Without the configured environment, which is where secrets are.
std::string command_line(const Variables& task, const std::vector<std::string>& command) {
  std::string line;
  for (const auto& [name, value] : task) line += fmt::format("{}={} ", name, base::shell_quoted(value));
  return line + typed(command);
}

void note(Trace& trace, const std::expected<Exited, std::string>& exited) {
  if (!exited)
    trace.received = exited.error();
  else
    trace.received = fmt::format("{}\n{}{}", how_it_ended(*exited), exited->output, exited->errors);
}

class ExecProbe final : public Probe {
 public:
  ExecProbe(const config::ProbeConfig& config, asio::any_io_executor executor)
      : config_(config), programs_(std::move(executor), config.timeout) {}

  asio::awaitable<Answer> measure(std::span<const core::Profile> profiles, base::SteadyTime deadline,
                                  Trace* trace) override {
    if (config_.exec.batch) {
      const auto exited = co_await run(nullptr, to_json(profiles), deadline, trace);
      if (!exited) co_return same_for_all(profiles.size(), std::unexpected(exited.error()));
      co_return read_list(*exited, profiles, config_.levels);
    }
    Answer answer;
    for (const core::Profile& profile : profiles) {
      const auto exited = co_await run(&profile, "", deadline, trace);
      answer.results.push_back(exited ? read_output(*exited, config_.levels) : std::unexpected(exited.error()));
    }
    co_return answer;
  }

  void cancel() override { programs_.cancel(); }

 private:
  asio::awaitable<std::expected<Exited, std::string>> run(const core::Profile* profile, std::string input,
                                                          base::SteadyTime deadline, Trace* trace) {
    const Variables task = task_of(config_, profile);
    Program program = program_for(profile, task);
    program.input = std::move(input);
    if (trace != nullptr) trace->sent = command_line(task, program.command);
    auto exited = co_await programs_.run(std::move(program), deadline);
    if (trace != nullptr) note(*trace, exited);
    co_return exited;
  }

  Program program_for(const core::Profile* profile, const Variables& task) const {
    const config::ExecOptions& options = config_.exec;
    const auto as_it_is = [](std::string_view text) { return std::string(text); };
    Program program{.command = options.command, .environment = environment_of(options, task)};
    if (profile != nullptr)
      for (std::string& word : program.command) word = expand(word, *profile, as_it_is);
    program.directory = options.directory;
    program.max_output_bytes = options.max_output_bytes;
    program.nice = options.nice;
    program.cpu_seconds = options.cpu_seconds;
    program.memory_bytes = options.memory_bytes;
    program.open_files = options.open_files;
    return program;
  }

  config::ProbeConfig config_;
  Programs programs_;
};

}  // namespace

Result read_output(const Exited& exited, const config::Levels& levels) {
  // Whatever it printed before, these are no measurement.
  if (exited.signal != 0 || exited.code == kTemporaryFailure) return failure(exited);
  const bool json = base::trim(exited.output).starts_with('{');
  return json ? read_json(exited, levels) : read_plugin(exited, levels);
}

Answer read_list(const Exited& exited, std::span<const core::Profile> profiles, const config::Levels& levels) {
  const auto fail = [&](std::string why) { return same_for_all(profiles.size(), std::unexpected(std::move(why))); };
  if (exited.code != 0) return fail(failure(exited).error());
  const auto value = parse_json(exited.output);
  if (!value) return fail("the output " + value.error());
  return read_batch(*value, {}, profiles, levels);
}

std::unique_ptr<Probe> make_exec(const config::ProbeConfig& config, asio::any_io_executor executor) {
  return std::make_unique<ExecProbe>(config, std::move(executor));
}

std::size_t exec_concurrency(const config::ProbeConfig&) {
  return 32;
}

}  // namespace probe
