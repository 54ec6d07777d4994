#pragma once

#include <functional>
#include <string>

namespace CLI {
class App;
}

/// The commands of `vacancy`; `hardware` has `profile`, `probe` and `alert` too, and `secrets` alone. Each adds itself
/// to the program and returns what it does when it was given, which returns the exit code.
namespace app {

using Command = std::function<int()>;

Command add_up(CLI::App& program);
Command add_init(CLI::App& program);
Command add_list(CLI::App& program);
Command add_history(CLI::App& program);
Command add_status(CLI::App& program);
Command add_wait(CLI::App& program);
Command add_watch(CLI::App& program);
Command add_profile(CLI::App& program);
Command add_probe(CLI::App& program);
Command add_alert(CLI::App& program);
Command add_observe(CLI::App& program);
Command add_secrets(CLI::App& program);

}  // namespace app
