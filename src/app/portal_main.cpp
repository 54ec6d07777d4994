#include <CLI/CLI.hpp>

#include "app/connections.hpp"
#include "app/flags.hpp"
#include "app/ports.hpp"
#include "app/process.hpp"
#include "base/standard_streams.hpp"
#include "portal/service.hpp"

namespace {

/// Descriptors to follow a replica, go on to another one, and look up hosts.
constexpr std::size_t kOfTheFeed = 16;

int serve(const config::Config& config, const app::CommonFlags& common) {
  app::check_ports({{"portal", config.portal.http, "--port"}, {"admin", config.admin, "--admin-port"}});
  app::hold_reloads();
  const app::Connections connections = app::connections_of(config, {.portal = true}, kOfTheFeed);
  app::Process process(config);
  portal::Service service(config.portal, process.runtime(), process.metrics());
  const std::uint16_t admin = process.start_admin_of(service, connections.admin);
  const std::uint16_t port =
      process.start(service, app::server_options("portal", config.portal.http, connections.portal));
  if (port != 0)
    app::announce(fmt::format("portal is ready: {}/ (admin {}/){}", app::url_of(config.portal.http, port),
                              app::url_of(config.admin, admin), app::started_with(common, "")));
  return process.wait();
}

}  // namespace

int main(int argc, char** argv) {
  base::open_closed_streams();
  CLI::App program("Shows hardware availability: dashboard and API, the only public service.", "portal");
  program.set_version_flag("-V,--version", VACANCY_VERSION, "Print the version and exit");
  app::CommonFlags common(program);
  std::vector<std::string> hardware_urls;
  std::optional<std::uint16_t> port;
  std::optional<std::uint16_t> admin_port;
  program.add_option("--hardware-url", hardware_urls, "Where the hardware service is: http://HOST:PORT[,…]")
      ->delimiter(',');
  app::add_port(program, "--port", port, "Port of the dashboard (default 5000)");
  app::add_port(program, "--admin-port", admin_port, "Port of health and metrics (default 5010)");
  if (const auto code = app::parse(program, argc, argv)) return *code;

  return app::guarded("portal", [&] {
    config::Config defaults;
    defaults.admin.port = 5010;
    const auto config = common.load(defaults, [&](config::Config& config) {
      if (!hardware_urls.empty()) config.portal.hardware_urls = hardware_urls;
      if (port) config.portal.http.port = *port;
      if (admin_port) config.admin.port = *admin_port;
    });
    return config ? serve(*config, common) : 0;
  });
}
