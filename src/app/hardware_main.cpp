#include <CLI/CLI.hpp>
#include <iostream>

#include "app/commands/commands.hpp"
#include "app/commands/maintenance.hpp"
#include "app/connections.hpp"
#include "app/flags.hpp"
#include "app/ports.hpp"
#include "app/process.hpp"
#include "base/log.hpp"
#include "base/standard_streams.hpp"
#include "hardware/database.hpp"
#include "hardware/descriptors.hpp"
#include "hardware/service.hpp"

namespace {

using Load = std::function<std::optional<config::Config>()>;

int serve(const config::Config& config, const Load& load, const app::CommonFlags& common) {
  app::check_ports({{"hardware", config.hardware.http, "--port"}, {"admin", config.admin, "--admin-port"}});
  app::hold_reloads();
  const store::Opened opened = hardware::open_database(config.hardware, store::FirstContent::nothing, config.profiles);
  if (opened.was_new && config.profiles.empty())
    spdlog::info("the database is new and empty; add profiles with `vacancy profile add`, or give another --database");
  const auto history = hardware::open_history(config.hardware);
  const app::Connections connections =
      app::connections_of(config, {.hardware = true}, hardware::descriptors_of(config));
  app::Process process(config);
  hardware::Service service(config, process.runtime(), process.metrics(), *opened.store, *history);
  process.on_reload([&load] { return load().value(); },
                    [&service](config::Config config) { return service.reload(std::move(config)); });
  const std::uint16_t admin = process.start_admin_of(service, connections.admin);
  const std::uint16_t port =
      process.start(service, app::server_options("hardware", config.hardware.http, connections.hardware));
  if (port != 0)
    app::announce(fmt::format("hardware is ready: {}/hardware/ (admin {}/){}", app::url_of(config.hardware.http, port),
                              app::url_of(config.admin, admin), app::started_with(common, config.hardware.database)));
  return process.wait();
}

int migrate(const config::Config& config, bool sample) {
  const auto content = sample ? store::FirstContent::sample : store::FirstContent::nothing;
  const bool was_new = hardware::open_database(config.hardware, content).was_new;
  std::cout << "The database has this program's schema" << (sample && was_new ? " and the sample profiles.\n" : ".\n");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  base::open_closed_streams();
  CLI::App program("Measures hardware availability and serves it to portals, on a private network.", "hardware");
  program.set_version_flag("-V,--version", VACANCY_VERSION, "Print the version and exit");
  app::CommonFlags common(program);
  std::optional<std::string> database;
  std::optional<std::uint16_t> port;
  std::optional<std::uint16_t> admin_port;
  program.add_option("--database", database, "Where the profiles are: sqlite:PATH or mysql://USER@HOST[:PORT]/NAME");
  app::add_port(program, "--port", port, "Port of GET /hardware/ (default 5001)");
  app::add_port(program, "--admin-port", admin_port, "Port of health and metrics (default 5011)");
  CLI::App* migrating =
      program.add_subcommand("migrate", "Bring the database to this program's schema and exit")->fallthrough();
  bool sample = false;
  migrating->add_flag("--sample", sample, "Put the two profiles of the original system into a new database");
  bool check = false;
  migrating->add_flag("--check", check, "Only check the database and list obstacles; 0 or 1");
  const app::Command secrets = app::add_secrets(program);
  const app::Command profile = app::add_profile(program);
  const app::Command probe = app::add_probe(program);
  const app::Command alert = app::add_alert(program);
  const Load load = [&] {
    config::Config defaults;
    defaults.admin.port = 5011;
    return common.load(defaults, [&](config::Config& config) {
      if (database) config.hardware.database = *database;
      if (port) config.hardware.http.port = *port;
      if (admin_port) config.admin.port = *admin_port;
      sql::check_url(config.hardware.database);
    });
  };
  const app::Command backup = app::add_backup(program, load);
  const app::Command restore = app::add_restore(program, load);
  program.require_subcommand(0, 1);
  if (const auto code = app::parse(program, argc, argv)) return *code;

  return app::guarded("hardware", [&] {
    if (program.got_subcommand("secrets")) return secrets();
    if (program.got_subcommand("profile")) return profile();
    if (program.got_subcommand("probe")) return probe();
    if (program.got_subcommand("alert")) return alert();
    if (program.got_subcommand("backup")) return backup();
    if (program.got_subcommand("restore")) return restore();
    const auto config = load();
    if (!config) return 0;
    if (check) return app::check_database(*config);
    return migrating->parsed() ? migrate(*config, sample) : serve(*config, load, common);
  });
}
