#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>

#include "autoscale/actuator.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "probe/one_line.hpp"
#include "probe/program.hpp"

namespace autoscale {
namespace asio = boost::asio;
namespace {

/// EX_TEMPFAIL of sysexits.h.
constexpr int kTemporaryFailure = 75;
/// A list that takes longer is too old.
constexpr std::chrono::seconds kLongestLook{30};

std::vector<std::string> environment_of_process() {
  std::vector<std::string> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) variables.emplace_back(*entry);
  return variables;
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

/// The last line that a command wrote about its failure.
std::string last_words(const probe::Exited& exited) {
  const std::string_view text = base::trim(base::trim(exited.errors).empty() ? exited.output : exited.errors);
  return probe::one_line(text.substr(text.rfind('\n') + 1), 200);
}

std::string how(const probe::Exited& exited) {
  const std::string words = last_words(exited);
  return fmt::format(
      "{}{}{}", exited.signal != 0 ? fmt::format("signal {}", exited.signal) : fmt::format("exit code {}", exited.code),
      words.empty() ? "" : ": ", words);
}

/// Services of an engine that commands know.
class Command final : public Actuator {
 public:
  Command(const config::AutoscalerConfig& config, const asio::any_io_executor& executor)
      : config_(config),
        look_timeout_(std::min<base::Duration>(config.command_timeout, kLongestLook)),
        looks_(executor, look_timeout_),
        steps_(executor, config.command_timeout) {}

  asio::awaitable<base::Result<Found>> look(const config::ScaledService& service) override {
    const auto exited =
        co_await run(looks_, look_timeout_, filled(config_.list_command, service, 0), looking_.get_token());
    if (!exited) co_return std::unexpected(exited.error());
    Found found;
    if (exited->code == kTemporaryFailure) {
      found.busy = last_words(*exited);
      if (found.busy.empty()) found.busy = "list_command says so";
      co_return found;
    }
    if (exited->code != 0)
      co_return base::fail(base::Errc::unavailable, fmt::format("list_command failed: {}", how(*exited)));
    co_return read(exited->output);
  }

  asio::awaitable<base::Result<void>> scale(const config::ScaledService& service, std::size_t replicas) override {
    const auto command = filled(config_.scale_command, service, replicas);
    const auto exited = co_await run(steps_, config_.command_timeout, command, std::stop_token());
    if (!exited) co_return std::unexpected(exited.error());
    if (exited->code != 0)
      co_return base::fail(base::Errc::unavailable, fmt::format("scale_command failed: {}", how(*exited)));
    co_return base::Result<void>();
  }

  void stop_looking() override { looking_.request_stop(); }

 private:
  static base::Result<Found> read(std::string_view output) {
    Found found;
    while (!output.empty()) {
      const auto end = std::min(output.find('\n'), output.size());
      const std::string_view name = base::trim(output.substr(0, end));
      output.remove_prefix(std::min(end + 1, output.size()));
      if (name.empty()) continue;
      auto url = base::parse_url(fmt::format("http://{}/metrics", name));
      if (!url || url->authority() != name)
        return base::fail(base::Errc::invalid,
                          fmt::format("list_command printed '{}', which is not HOST:PORT", probe::one_line(name, 100)));
      if (std::ranges::find(found.places, name, &Place::name) != found.places.end())
        return base::fail(base::Errc::invalid, fmt::format("list_command printed '{}' twice", name));
      found.places.push_back({.url = std::move(*url), .name = std::string(name)});
    }
    found.current = found.places.size();
    return found;
  }

  static std::vector<std::string> filled(std::vector<std::string> command, const config::ScaledService& service,
                                         std::size_t replicas) {
    for (std::string& word : command)
      word = replaced(replaced(word, "{service}", service.scaled_name()), "{replicas}", std::to_string(replicas));
    return command;
  }

  static asio::awaitable<base::Result<probe::Exited>> run(probe::Programs& programs, base::Duration timeout,
                                                          std::vector<std::string> command, std::stop_token stop) {
    probe::Program program{.command = std::move(command), .environment = environment_of_process(), .nice = 0};
    auto exited =
        co_await programs.run(std::move(program), std::chrono::steady_clock::now() + timeout, std::move(stop));
    if (!exited) co_return base::fail(base::Errc::unavailable, std::move(exited.error().sentence));
    co_return std::move(*exited);
  }

  const config::AutoscalerConfig& config_;
  base::Duration look_timeout_;
  probe::Programs looks_;
  probe::Programs steps_;
  std::stop_source looking_;
};

}  // namespace

std::unique_ptr<Actuator> make_command(const config::AutoscalerConfig& config, asio::any_io_executor executor) {
  return std::make_unique<Command>(config, executor);
}

}  // namespace autoscale
