#include <CLI/CLI.hpp>
#include <filesystem>

#include "app/commands/commands.hpp"
#include "app/commands/data_directory.hpp"
#include "app/commands/surroundings.hpp"
#include "app/connections.hpp"
#include "app/flags.hpp"
#include "app/ports.hpp"
#include "app/process.hpp"
#include "base/log.hpp"
#include "base/secret.hpp"
#include "hardware/database.hpp"
#include "hardware/descriptors.hpp"
#include "hardware/service.hpp"
#include "portal/service.hpp"

namespace app {
namespace {

struct Options {
  std::optional<std::string> data;
  std::optional<std::uint16_t> port;
  std::optional<std::uint16_t> hardware_port;
  std::optional<std::uint16_t> admin_port;
};

/// Makes the data directory, and places the files in it.
void settle(config::Config& config) {
  std::error_code error;
  std::filesystem::create_directories(config.data_dir, error);
  if (error)
    throw base::UsageError(fmt::format("cannot make the data directory '{}': {}", config.data_dir, error.message()));
  place_in_data_directory(config);
}

/// Both services, the portal reaching the hardware service over loopback as it would reach it anywhere.
int serve(const config::Config& config, const std::function<config::Config()>& load, const CommonFlags& common) {
  hold_reloads();
  // A configuration that names or discovers profiles wants no sample.
  const bool named = config.profiles_given.value || std::ranges::any_of(config.probes, &config::ProbeConfig::discovers);
  const auto content = named ? store::FirstContent::nothing : store::FirstContent::sample;
  const store::Opened opened = hardware::open_database(config.hardware, content, config.profiles);
  if (opened.was_new)
    spdlog::info("{} begins empty{}; for a database that is elsewhere, give --data or start in its directory",
                 config.hardware.database, named ? "" : ", with two profiles as a sample");
  if (common.source() == "none" && config.probes.size() == 1 && config.probes.front().kind == "simulated" &&
      !on_path("sinfo").empty())
    spdlog::info("this machine has Slurm: `vacancy init` here, and a restart, show its partitions");
  const auto history = hardware::open_history(config.hardware);
  const Connections connections =
      connections_of(config, {.hardware = true, .portal = true}, hardware::descriptors_of(config));
  Process process(config);
  base::make_secret(config.hardware.admin_token_file, 0600);
  hardware::Service hardware(config, process.runtime(), process.metrics(), *opened.store, *history);
  process.on_reload(load, [&hardware](config::Config config) { return hardware.reload(std::move(config)); });
  const std::uint16_t admin = process.start_admin_of(hardware, connections.admin);
  const std::uint16_t hardware_port =
      process.start(hardware, server_options("hardware", config.hardware.http, connections.hardware));
  if (hardware_port == 0) return process.wait();
  const std::string hardware_url = url_of(config.hardware.http, hardware_port);

  config::PortalConfig portal_config = config.portal;
  portal_config.hardware_urls = {hardware_url};
  portal::Service portal(portal_config, process.runtime(), process.metrics());
  const std::uint16_t port = process.start(portal, server_options("portal", config.portal.http, connections.portal));
  if (port != 0)
    announce(fmt::format("Vacancy is ready: {}/ (hardware {}/hardware/, admin {}/){}", url_of(config.portal.http, port),
                         hardware_url, url_of(config.admin, admin), started_with(common, config.hardware.database)));
  return process.wait();
}

}  // namespace

Command add_up(CLI::App& program) {
  CLI::App* command = program.add_subcommand("up", "Run everything in one process, with a SQLite database");
  const auto options = std::make_shared<Options>();
  const auto common = std::make_shared<CommonFlags>(*command, kConfigurationHere);
  command->add_option("--data", options->data, "Directory of the database and the admin token (default data)");
  add_port(*command, "--port", options->port, "Port of the dashboard (default 5000)");
  add_port(*command, "--hardware-port", options->hardware_port, "Port of GET /hardware/ (default 5001)");
  add_port(*command, "--admin-port", options->admin_port, "Port of health and metrics (default 5010)");
  return [options, common] {
    const auto load = [options, common] {
      return common->load(defaults_of_up(), [&](config::Config& config) {
        if (options->data) config.data_dir = *options->data;
        if (options->port) config.portal.http.port = *options->port;
        if (options->hardware_port) config.hardware.http.port = *options->hardware_port;
        if (options->admin_port) config.admin.port = *options->admin_port;
        sql::check_url(config.hardware.database);
      });
    };
    auto config = load();
    if (!config) return 0;
    check_ports({{"portal", config->portal.http, "--port"},
                 {"hardware", config->hardware.http, "--hardware-port"},
                 {"admin", config->admin, "--admin-port"}});
    settle(*config);
    return serve(
        *config,
        [load] {
          config::Config config = load().value();
          settle(config);
          return config;
        },
        *common);
  };
}

}  // namespace app
