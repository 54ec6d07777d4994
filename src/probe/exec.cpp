#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cctype>
#include <cstdlib>
#include <map>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "probe/json_answer.hpp"
#include "probe/kinds.hpp"
#include "probe/output.hpp"
#include "probe/placeholders.hpp"
#include "probe/program.hpp"
#include "probe/secrets.hpp"
#include "probe/url.hpp"

namespace probe {
namespace {

namespace asio = boost::asio;
using Variables = std::map<std::string, std::string>;

/// The part of standard output that "vacancy probe test" shows.
constexpr std::size_t kShownBytes = 64 * 1024;

// --- Input

/// The variables of a task. `profile` is null for a batch.
Variables task_of(const config::ProbeConfig& config, const core::Profile* profile) {
  const auto timeout = std::chrono::ceil<std::chrono::seconds>(config.timeout);
  Variables variables{{"PROBE_TIMEOUT", std::to_string(timeout.count())}};
  if (profile == nullptr) return variables;
  variables["PROBE_PROVIDER"] = profile->key.provider;
  variables["PROBE_NAME"] = profile->key.name;
  for (const auto& [key, value] : profile->labels) variables["PROBE_ATTR_" + core::word_of(key)] = value;
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

/// The command to type for the same run. Without the configured environment, since it holds secrets.
std::string command_line(const Variables& task, const std::vector<std::string>& command) {
  std::string line;
  for (const auto& [name, value] : task) line += fmt::format("{}={} ", name, base::shell_quoted(value));
  return line + typed(command);
}

/// Secrets that the program gets from the service's environment, or by a name such as API_KEY.
Secrets secrets_of(const config::ExecOptions& options) {
  Secrets secrets;
  const auto add = [&](std::string_view value) {
    secrets.add(value);
    add_url_secrets(secrets, value);
  };
  for (const std::string& entry : options.environment) {
    const auto equals = entry.find('=');
    if (equals != std::string::npos && looks_secret(entry.substr(0, equals))) add(entry.substr(equals + 1));
    if (const char* value = equals == std::string::npos ? std::getenv(entry.c_str()) : nullptr) add(value);
  }
  return secrets;
}

/// The output, for administrators.
std::string received(const Exited& exited, const Secrets& secrets) {
  std::string_view output = exited.output;
  std::string cut;
  if (output.size() > kShownBytes) cut = fmt::format("\n({} bytes in all)\n", output.size());
  output = output.substr(0, kShownBytes);
  return secrets.blotted(fmt::format("{}\n{}{}{}", how_it_ended(exited), output, cut, exited.errors));
}

/// The program's own words about a failure are not public.
void log_failure(const std::string& probe, const Exited& exited, const Secrets& secrets) {
  if (exited.code == 0 || !spdlog::should_log(spdlog::level::debug)) return;
  const std::string_view words = base::trim(base::trim(exited.errors).empty() ? exited.output : exited.errors);
  const auto end = words.substr(words.size() - std::min(words.size(), kMaxReasonBytes));
  spdlog::debug("{}: {}: {}", probe, how_it_ended(exited), one_line(secrets.blotted(end)));
}

class ExecProbe final : public Probe {
 public:
  ExecProbe(const config::ProbeConfig& config, asio::any_io_executor executor)
      : config_(config), secrets_(secrets_of(config.exec)), programs_(std::move(executor), config.timeout) {}

  asio::awaitable<Answer> measure(std::span<const core::Profile> profiles, Call call) override {
    if (config_.exec.batch) {
      const auto exited = co_await run(nullptr, to_json(profiles), call);
      if (!exited) co_return failed(profiles.size(), exited.error());
      co_return read_list(*exited, profiles, config_.levels, secrets_);
    }
    const auto exited = co_await run(&profiles.front(), "", call);
    if (!exited) co_return failed(profiles.size(), exited.error());
    co_return same_for_all(profiles.size(), read_output(*exited, config_.levels, config_.exec.format, secrets_));
  }

 private:
  asio::awaitable<std::expected<Exited, Failure>> run(const core::Profile* profile, std::string input, Call call) {
    const Variables task = task_of(config_, profile);
    Program program = program_for(profile, task);
    program.input = std::move(input);
    if (call.trace != nullptr) call.trace->sent = command_line(task, program.command);
    auto exited = co_await programs_.run(std::move(program), call.deadline, call.stop);
    if (call.trace != nullptr) call.trace->received = exited ? received(*exited, secrets_) : exited.error().sentence;
    if (exited) log_failure(config_.name, *exited, secrets_);
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

  const config::ProbeConfig config_;
  const Secrets secrets_;
  Programs programs_;
};

}  // namespace

/// Programs mostly wait for others, so more of them run than there are cores.
Kind kind_of(const config::ExecOptions&) {
  return {make<ExecProbe>, 32, kStartDescriptors, kProgramDescriptors};
}

}  // namespace probe
