#include "app/commands/maintenance.hpp"

#include <CLI/CLI.hpp>
#include <ctime>
#include <iostream>

#include "app/commands/data_directory.hpp"
#include "app/commands/surroundings.hpp"
#include "app/flags.hpp"
#include "base/error.hpp"
#include "store/backup.hpp"
#include "store/examine.hpp"

namespace app {
namespace {

sql::Location location_of(const config::Config& config) {
  const auto& hardware = config.hardware;
  return {hardware.database, hardware.database_password_file, hardware.database_ssl_ca};
}

/// vacancy-20261129-140312.db, in UTC.
std::string dated_name() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "vacancy-%Y%m%d-%H%M%S.db", &utc)};
}

CLI::App* backup_command(CLI::App& program, std::string& file) {
  CLI::App* command = program.add_subcommand("backup", "Copy the SQLite database into a file, also while it is in use");
  command->add_option("FILE", file, "The new file (default vacancy-DATE-TIME.db in this directory)");
  return command;
}

CLI::App* restore_command(CLI::App& program, std::string& file) {
  CLI::App* command = program.add_subcommand("restore", "Put a backup in the place of the SQLite database");
  command->add_option("FILE", file, "The file that backup made; it stays as it is")->required();
  return command;
}

int backup(const LoadConfig& load, const std::string& name) {
  const auto config = load();
  if (!config) return 0;
  if (name == "-") throw base::UsageError("a backup is a file, not standard output; give its name, such as backup.db");
  const std::string file = name.empty() ? dated_name() : name;
  const store::Saved saved = store::backup(location_of(*config), file, base::system_clock());
  std::cout << fmt::format("{}: {} profiles, {} bytes\n", file, saved.profiles, saved.bytes);
  return 0;
}

int restore(const LoadConfig& load, const std::string& file) {
  const auto config = load();
  if (!config) return 0;
  const store::Saved saved = store::restore(location_of(*config), file, base::system_clock());
  std::cout << fmt::format("{} is what {} was: {} profiles\n", config->hardware.database, file, saved.profiles);
  return 0;
}

/// Flags of `vacancy` that say where its database is.
LoadConfig load_of_up(CLI::App& command) {
  const auto common = std::make_shared<CommonFlags>(command, kConfigurationHere);
  const auto data = std::make_shared<std::optional<std::string>>();
  command.add_option("--data", *data, "Directory of the database (default data)");
  return [common, data] {
    auto config = common->load(defaults_of_up(), [&](config::Config& config) {
      if (*data) config.data_dir = **data;
    });
    if (config) place_in_data_directory(*config);
    return config;
  };
}

}  // namespace

Command add_backup(CLI::App& program, LoadConfig load) {
  const auto file = std::make_shared<std::string>();
  backup_command(program, *file)->fallthrough();
  return [file, load = std::move(load)] { return backup(load, *file); };
}

Command add_restore(CLI::App& program, LoadConfig load) {
  const auto file = std::make_shared<std::string>();
  restore_command(program, *file)->fallthrough();
  return [file, load = std::move(load)] { return restore(load, *file); };
}

Command add_backup(CLI::App& program) {
  const auto file = std::make_shared<std::string>();
  return [file, load = load_of_up(*backup_command(program, *file))] { return backup(load, *file); };
}

Command add_restore(CLI::App& program) {
  const auto file = std::make_shared<std::string>();
  return [file, load = load_of_up(*restore_command(program, *file))] { return restore(load, *file); };
}

int check_database(const config::Config& config) {
  bool fit = true;
  for (const store::Looked& one : store::examine(location_of(config), base::system_clock())) {
    const bool wrong = !one.remedy.empty();
    fit = fit && !wrong;
    std::cout << fmt::format("{:<5} {}: {}\n", wrong ? "WRONG" : "ok", one.topic, one.text);
    if (wrong) std::cout << fmt::format("      {}\n", one.remedy);
  }
  return fit ? 0 : 1;
}

}  // namespace app
