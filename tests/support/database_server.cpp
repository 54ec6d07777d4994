#include "support/database_server.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <cstdio>
#include <map>
#include <stdexcept>

#include "support/support_dir.hpp"

namespace support {
namespace {

/// The tool goes on while its standard input is open, which is until this process ends.
DatabaseServer start(const std::string& kind) {
  std::array<int, 2> input{};
  std::array<int, 2> output{};
  if (pipe2(input.data(), O_CLOEXEC) != 0 || pipe2(output.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  const std::string tool = support_dir() / "database_server.py";
  if (fork() == 0) {
    dup2(input[0], 0);
    dup2(output[1], 1);
    dup2(output[1], 2);
    execlp("python3", "python3", tool.c_str(), kind.c_str(), "--fast", "--unfriendly", nullptr);
    _exit(127);
  }
  close(input[0]);
  close(output[1]);
  std::string line;
  std::array<char, 4096> piece{};
  while (!line.contains('\n')) {
    const auto count = read(output[0], piece.data(), piece.size());
    if (count <= 0) break;
    line.append(piece.data(), static_cast<std::size_t>(count));
  }
  DatabaseServer server;
  if (!line.starts_with('{')) {
    server.missing = line.empty() ? "python3 is missing" : line;
    return server;
  }
  const auto told = boost::json::parse(line).as_object();
  server.port = static_cast<int>(told.at("port").as_int64());
  server.user = told.at("user").as_string();
  server.password_file = told.at("password_file").as_string();
  return server;
}

}  // namespace

const DatabaseServer& database_server(const std::string& kind) {
  static std::map<std::string, DatabaseServer> servers;
  auto found = servers.find(kind);
  if (found == servers.end()) found = servers.emplace(kind, start(kind)).first;
  return found->second;
}

}  // namespace support
