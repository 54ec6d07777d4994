#include "app/commands/data_directory.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace app {

config::Config defaults_of_up() {
  config::Config config;
  config.hardware.http.address = "127.0.0.1";
  config.admin.address = "127.0.0.1";
  config.admin.port = 5010;
  return config;
}

void place_in_data_directory(config::Config& config) {
  const std::filesystem::path data(config.data_dir);
  constexpr std::string_view kSqlite = "sqlite:";
  if (config.hardware.database.starts_with(kSqlite))
    config.hardware.database =
        fmt::format("{}{}", kSqlite, (data / config.hardware.database.substr(kSqlite.size())).string());
  if (config.hardware.admin_token_file.empty()) config.hardware.admin_token_file = (data / "admin-token").string();
}

}  // namespace app
