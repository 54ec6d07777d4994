#include <CLI/CLI.hpp>
#include <cstring>

#include "app/commands/commands.hpp"
#include "app/commands/helpers.hpp"
#include "app/commands/maintenance.hpp"
#include "app/flags.hpp"
#include "base/standard_streams.hpp"
#include "base/url.hpp"

namespace {

/// Takes the login out of URLs among the arguments, which everybody on the machine can read.
void hide_logins(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    // The URL may follow other text: LABEL=https://….
    std::string_view text(argv[i]);
    const auto scheme = text.find("://");
    if (scheme == std::string_view::npos || scheme == 0) continue;
    text.remove_prefix(text.find_last_not_of("abcdefghijklmnopqrstuvwxyz", scheme - 1) + 1);
    const std::string_view user = base::split_url(text).user;
    if (!user.empty()) std::memset(argv[i] + (user.data() - argv[i]), '*', user.size());
  }
}

}  // namespace

int main(int argc, char** argv) {
  base::open_closed_streams();
  CLI::App program("Shows which hardware is available right now.", "vacancy");
  program.set_version_flag("-V,--version", VACANCY_VERSION, "Print the version and exit");
  program.require_subcommand(1);
  std::vector<std::pair<std::string, app::Command>> commands{
      {"up", app::add_up(program)},           {"init", app::add_init(program)},
      {"list", app::add_list(program)},       {"history", app::add_history(program)},
      {"status", app::add_status(program)},   {"wait", app::add_wait(program)},
      {"watch", app::add_watch(program)},     {"profile", app::add_profile(program)},
      {"probe", app::add_probe(program)},     {"alert", app::add_alert(program)},
      {"observe", app::add_observe(program)}, {"backup", app::add_backup(program)},
      {"restore", app::add_restore(program)},
  };
  for (auto& helper : app::add_helpers(program)) commands.push_back(std::move(helper));
  if (const auto code = app::complete_words(program, argc, argv)) return *code;
  if (const auto code = app::parse(program, argc, argv)) return *code;
  hide_logins(argc, argv);
  return app::guarded("vacancy", [&] {
    for (const auto& [name, run] : commands)
      if (program.get_subcommand(name)->parsed()) return run();
    return 2;
  });
}
