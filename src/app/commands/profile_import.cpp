#include "app/commands/profile_import.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <iostream>
#include <optional>
#include <span>

#include "app/commands/sql_file.hpp"
#include "base/error.hpp"

namespace app {
namespace {

/// Profiles in one request: some 100 KB.
constexpr std::size_t kAddedAtOnce = 1000;

struct Options {
  std::string file;
  bool dry_run = false;
};

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

struct Counts {
  std::size_t added = 0;
  std::size_t existed = 0;
};

/// Adds these profiles, in one transaction. Nothing: they are more than the service takes at once. Throws base::Lost
/// with the reason when that failed; none is added then.
std::optional<Counts> add(const Access& service, std::span<const core::ProfileKey> keys) {
  std::string body = "[";
  for (const core::ProfileKey& key : keys) body += (body.size() > 1 ? "," : "") + profile_body(key);
  const Answer answer = administer(service, "POST", "/hardware/", body + "]");
  if (answer.status == 413 && keys.size() > 1) return std::nullopt;
  const boost::json::value value = json_of(expect(200, answer));
  const auto* counts = value.if_object();
  if (counts == nullptr || !counts->contains("added") || !counts->contains("existed"))
    throw base::Lost(fmt::format("{} sent an answer that cannot be read", answer.url));
  return Counts{value.at("added").to_number<std::size_t>(), value.at("existed").to_number<std::size_t>()};
}

int import(const Access& service, const Options& options) {
  const std::vector<core::ProfileKey> keys = profiles_in(options.file);
  if (options.dry_run) {
    for (const core::ProfileKey& key : keys) std::cout << fmt::format("{} {}\n", key.provider, key.name);
    return 0;
  }
  // A token that cannot be read is a mistake, not a failure midway.
  static_cast<void>(Remote(service));
  Counts sum;
  std::size_t at_once = kAddedAtOnce;
  for (std::span<const core::ProfileKey> rest(keys); !rest.empty();) {
    const auto part = rest.first(std::min(rest.size(), at_once));
    try {
      const auto counts = add(service, part);
      if (!counts) {
        at_once = part.size() / 2;
        continue;
      }
      sum = {sum.added + counts->added, sum.existed + counts->existed};
    } catch (const std::runtime_error& error) {
      throw base::Lost(
          fmt::format("cannot add {} {}{}: {}\n{} of {} profiles were added before it, {} were there already. Import "
                      "the file again: "
                      "it goes on with those that are missing.",
                      part.front().provider, part.front().name,
                      part.size() > 1 ? fmt::format(" and the {} after it", part.size() - 1) : "", error.what(),
                      sum.added, keys.size(), sum.existed));
    }
    rest = rest.subspan(part.size());
  }
  std::cout << fmt::format("{} added, {} were there already.\n", sum.added, sum.existed);
  return 0;
}

}  // namespace

Command add_profile_import(CLI::App& profile, std::shared_ptr<const Access> service) {
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
