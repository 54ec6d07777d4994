#include <CLI/CLI.hpp>

#include "app/connections.hpp"
#include "app/flags.hpp"
#include "app/ports.hpp"
#include "app/process.hpp"
#include "autoscale/service.hpp"
#include "base/standard_streams.hpp"

namespace {

/// Descriptors to ask replicas, the engine, and programs.
constexpr std::size_t kOfAsking = 256;

int serve(const config::Config& config, bool dry_run, const app::CommonFlags& common) {
  app::check_ports({{"autoscaler", config.admin, "--admin-port"}});
  app::hold_reloads();
  const app::Connections connections = app::connections_of(config, {}, kOfAsking);
  app::Process process(config);
  const auto executor = process.runtime().background().get_executor();
  const bool swarm = config.autoscaler.actuator == config::Actuator::swarm;
  auto actuator =
      swarm ? autoscale::make_swarm(config.autoscaler, executor) : autoscale::make_command(config.autoscaler, executor);
  autoscale::Service service(config.autoscaler, executor, process.metrics(), std::move(actuator), dry_run);
  const std::uint16_t admin = process.start_admin({}, connections.admin);
  process.start({.options = {{}, "autoscaler"},
                 .run = [&service] { return service.run(); },
                 .stop = [&service] { service.stop(); }});
  app::announce(fmt::format("autoscaler is ready{} (admin {}/){}", dry_run ? ", and changes nothing" : "",
                            app::url_of(config.admin, admin), app::started_with(common, "")));
  return process.wait();
}

}  // namespace

int main(int argc, char** argv) {
  base::open_closed_streams();
  CLI::App program("Scales services by their offered load, on engines without an autoscaler.", "autoscaler");
  program.set_version_flag("-V,--version", VACANCY_VERSION, "Print the version and exit");
  app::CommonFlags common(program);
  bool dry_run = false;
  std::optional<std::uint16_t> admin_port;
  program.add_flag("--dry-run", dry_run, "Log decisions without carrying them out");
  app::add_port(program, "--admin-port", admin_port, "Port of health and metrics (default 5012)");
  if (const auto code = app::parse(program, argc, argv)) return *code;

  return app::guarded("autoscaler", [&] {
    config::Config defaults;
    defaults.admin.port = 5012;
    // For a step under way.
    defaults.drain_timeout = std::chrono::seconds(30);
    const auto config = common.load(defaults, [&](config::Config& config) {
      if (admin_port) config.admin.port = *admin_port;
      if (config.autoscaler.services.empty())
        throw base::UsageError("autoscaler.services: is empty; give at least one service to scale");
    });
    return config ? serve(*config, dry_run, common) : 0;
  });
}
