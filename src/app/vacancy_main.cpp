#include <CLI/CLI.hpp>

#include "app/commands/commands.hpp"
#include "app/commands/maintenance.hpp"
#include "app/flags.hpp"
#include "base/standard_streams.hpp"

int main(int argc, char** argv) {
  base::open_closed_streams();
  CLI::App program("Tells which hardware can be had right now.", "vacancy");
  program.set_version_flag("--version", VACANCY_VERSION);
  program.require_subcommand(1);
  const std::pair<std::string, app::Command> commands[] = {
      {"up", app::add_up(program)},         {"list", app::add_list(program)},       {"wait", app::add_wait(program)},
      {"watch", app::add_watch(program)},   {"profile", app::add_profile(program)}, {"probe", app::add_probe(program)},
      {"backup", app::add_backup(program)}, {"restore", app::add_restore(program)},
  };
  if (const auto code = app::parse(program, argc, argv)) return *code;
  return app::guarded("vacancy", [&] {
    for (const auto& [name, run] : commands)
      if (program.get_subcommand(name)->parsed()) return run();
    return 2;
  });
}
