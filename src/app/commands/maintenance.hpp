#pragma once

#include <functional>
#include <optional>

#include "app/commands/commands.hpp"
#include "config/config.hpp"

/// The commands that work on the database itself, whether a service runs or not.
namespace app {

/// The configuration that names the database; nothing when a flag that only prints was given.
using LoadConfig = std::function<std::optional<config::Config>()>;

/// Adds `backup` and `restore` to a program that knows its database.
Command add_backup(CLI::App& program, LoadConfig load);
Command add_restore(CLI::App& program, LoadConfig load);

/// The same for `vacancy`, whose database is in the data directory.
Command add_backup(CLI::App& program);
Command add_restore(CLI::App& program);

/// `migrate --check`: prints what a start or a migration would find. 0 when it would succeed, otherwise 1.
int check_database(const config::Config& config);

}  // namespace app
