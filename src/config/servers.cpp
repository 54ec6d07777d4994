#include "config/servers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <filesystem>

#include "base/environment.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "config/yaml_reader.hpp"

namespace config {
namespace {

namespace fs = std::filesystem;
using base::variable;

constexpr std::size_t kMostBytes = 1 << 20;

void place(std::string& file, const fs::path& directory) {
  if (file.empty()) return;
  if (file.starts_with("~/")) file = variable("HOME") + file.substr(1);
  file = (directory / file).string();
}

}  // namespace

std::string servers_file() {
  constexpr const char* kFile = "vacancy/config.yaml";
  if (const std::string base = variable("XDG_CONFIG_HOME"); base.starts_with('/')) return fs::path(base) / kFile;
  const std::string home = variable("HOME");
  return home.empty() ? "" : fs::path(home) / ".config" / kFile;
}

Servers load_servers(const std::string& file) {
  Servers servers;
  std::error_code ignored;
  if (file.empty() || !fs::exists(file, ignored)) return servers;
  const auto text = base::read_file(file, kMostBytes);
  if (!text) throw base::UsageError(fmt::format("{}: cannot be read: {}", file, text.error()));
  Origins origins;
  read_yaml(*text, file, "", servers, origins);
  servers.origins = std::move(origins);
  if (!servers.default_server.empty() && !servers.servers.contains(servers.default_server))
    throw base::UsageError(
        fmt::format("{}: there is no server '{}' among servers", servers.place("default"), servers.default_server));
  const fs::path directory = fs::path(file).parent_path();
  for (auto& [name, server] : servers.servers) {
    if (server.url.empty() && server.hardware_url.empty())
      throw base::UsageError(fmt::format("{}: has no url; give where its portal is", servers.place("servers." + name)));
    for (std::string* one :
         {&server.ca_file, &server.token_file, &server.login_file, &server.header_file, &server.admin_token_file})
      place(*one, directory);
  }
  return servers;
}

}  // namespace config
