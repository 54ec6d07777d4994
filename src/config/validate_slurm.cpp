#include <algorithm>
#include <string_view>

#include "config/checks.hpp"
#include "config/fields.hpp"

namespace config {
namespace {

/// "v0.0.40"
bool is_api_version(std::string_view text) {
  const auto number = text.substr(std::min(text.size(), std::string_view("v0.0.").size()));
  return text.starts_with("v0.0.") && !number.empty() && number.size() <= 3 &&
         std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; });
}

/// slurmrestd, and what belongs to it.
void check_rest(const SlurmOptions& options, const std::string& path) {
  check(options.url.starts_with("unix:/") || base::split_url(options.url).is_web(), join(path, "url"),
        fmt::format("'{}' is not a URL; write http://HOST:6820, https://… or unix:/PATH/OF/SOCKET",
                    base::without_login(options.url)));
  if (!options.url.starts_with("unix:")) check_url_of_probe(options.url, join(path, "url"));
  check(!options.url.contains('?') && !options.url.contains('#'), join(path, "url"),
        "has a query or a fragment; give what comes before /slurm/v0.0.…");
  check(options.api_version.empty() || is_api_version(options.api_version), join(path, "api_version"),
        fmt::format("'{}' is not a version; write one such as v0.0.40, or leave it out", options.api_version));
  check(options.user.find_first_of("\r\n") == std::string::npos, join(path, "user"), "has more than one line");
}

/// Where the answers come from: slurmrestd, commands of the user, or Slurm's own.
void check_source(const SlurmOptions& options, const std::string& path) {
  const bool rest = !options.url.empty();
  if (rest) check_rest(options, path);
  const auto needs_url = [&](const std::string& value, std::string_view key) {
    check(rest || value.empty(), join(path, key), "belongs to slurmrestd; give its url, too");
  };
  needs_url(options.jwt_file, "jwt_file");
  needs_url(options.user, "user");
  needs_url(options.ca_file, "ca_file");
  needs_url(options.api_version, "api_version");
  check(!rest || (options.command.empty() && options.scontrol.empty() && options.conf.empty()), join(path, "url"),
        "and command, scontrol or conf are two sources; keep one");
  check(options.cluster.empty() || (!rest && options.command.empty()), join(path, "cluster"),
        "is for Slurm's own commands; with a command, write -M into it, and with a url, that of the cluster's "
        "slurmrestd");
  check(!options.cluster.contains(',') && options.cluster != "all", join(path, "cluster"),
        fmt::format("'{}' may be several clusters; give one, and each other its own probe", options.cluster));
}

}  // namespace

void check_options(const SlurmOptions& options, const ProbeConfig& probe, const std::string& path) {
  check_program(options.command, join(path, "command"));
  check_program(options.scontrol, join(path, "scontrol"));
  check_source(options, path);
  check(options.memory_per_unit.count == 0 || options.memory_per_unit.count >= 1 << 20, join(path, "memory_per_unit"),
        fmt::format("{} bytes are less than 1M; write an amount such as 4G", options.memory_per_unit.count));
  check_discover(options.discover, probe, "partitions", path);
  check(probe.discovers() || !options.discover_hidden, join(path, "discover_hidden"),
        "needs discover; give true, or a list of patterns");
}

}  // namespace config
