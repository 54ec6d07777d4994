#include "app/commands/profile_import.hpp"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

#include "app/commands/sql_file.hpp"
#include "base/error.hpp"

namespace app {
namespace {

struct Options {
  std::string file;
  bool dry_run = false;
};

std::string content_of(const std::string& file) {
  std::ifstream opened;
  if (file != "-") opened.open(file, std::ios::binary);
  std::istream& in = file == "-" ? std::cin : opened;
  std::string content, piece(64 * 1024, '\0');
  while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())) || in.gcount() > 0)
    content.append(piece, 0, static_cast<std::size_t>(in.gcount()));
  // Not at the end: it was not opened, or is a directory.
  if (!in.eof()) throw base::UsageError(fmt::format("cannot read '{}': {}", file, std::strerror(errno)));
  return content;
}

std::vector<core::ProfileKey> profiles_in(const std::string& file) {
  const std::string source = file == "-" ? "standard input" : file;
  auto keys = parse_hardware_rows(content_of(file));
  if (!keys) throw base::UsageError(fmt::format("{}:{}: {}", source, keys.error().line, keys.error().message));
  if (keys->empty())
    throw base::UsageError(fmt::format(
        "{}: no row for table hardware; the file needs INSERT INTO hardware … VALUES …, as mysqldump writes it",
        source));
  return std::move(*keys);
}

/// Adds one profile. False when it exists already; throws base::Lost with the reason when that failed.
bool add(const Administration& service, const core::ProfileKey& key) {
  const Answer answer = administer(service, "POST", "/hardware/", profile_body(key.provider, key.name));
  if (answer.status != 201 && answer.status != 409) throw base::Lost(detail_of(answer));
  return answer.status == 201;
}

int import(const Administration& service, const Options& options) {
  const std::vector<core::ProfileKey> keys = profiles_in(options.file);
  std::size_t added = 0, there = 0;
  for (const core::ProfileKey& key : keys) {
    if (options.dry_run) {
      std::cout << fmt::format("{} {}\n", key.provider, key.name);
      continue;
    }
    try {
      ++(add(service, key) ? added : there);
    } catch (const base::Lost& error) {
      throw base::Lost(
          fmt::format("cannot add {} {}: {}\n{} of {} profiles were added before it, {} were there already. Import the "
                      "file again: it goes on with those that are missing.",
                      key.provider, key.name, error.what(), added, keys.size(), there));
    }
  }
  if (!options.dry_run) std::cout << fmt::format("{} added, {} were there already.\n", added, there);
  return 0;
}

}  // namespace

Command add_profile_import(CLI::App& profile, std::shared_ptr<const Administration> service) {
  CLI::App* command =
      profile.add_subcommand("import", "Add the profiles of an SQL file of the original system, such as a mysqldump")
          ->fallthrough();
  const auto options = std::make_shared<Options>();
  command
      ->add_option("FILE", options->file,
                   "The file with INSERT INTO hardware …; - reads standard input. Nothing of it "
                   "is executed")
      ->required();
  command->add_flag("--dry-run", options->dry_run,
                    "Only print the profiles that the file has; the service is not asked");
  return [service = std::move(service), options] { return import(*service, *options); };
}

}  // namespace app
