#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/support_dir.hpp"

namespace support {

/// The server of function_server.py, or of another script that does the same, on a free port of 127.0.0.1, ended with
/// this object. Its arguments and paths are explained there. Needs SUPPORT_FROM_BIN, see support_dir().
/// The server of function_server.py, or another of this folder, on a free port of 127.0.0.1, ended with this object.
/// Its arguments and paths are explained there. Needs SUPPORT_FROM_BIN, see support_dir().
class FunctionServer {
 public:
  explicit FunctionServer(const std::vector<std::string>& arguments = {},
                          const std::string& script = "function_server.py") {
    std::array<int, 2> input{};
    std::array<int, 2> output{};
    if (pipe2(input.data(), O_CLOEXEC) != 0 || pipe2(output.data(), O_CLOEXEC) != 0)
      throw std::runtime_error("no pipe");
    spawn(script, arguments, input[0], output[1]);
    close(input[0]);
    close(output[1]);
    input_ = input[1];
    port_ = read_port(output[0]);
    close(output[0]);
  }
  ~FunctionServer() {
    close(input_);
    if (process_ > 0) waitpid(process_, nullptr, 0);
  }
  FunctionServer(const FunctionServer&) = delete;
  FunctionServer& operator=(const FunctionServer&) = delete;

  /// python3 is missing, or does not run it.
  bool missing() const { return port_ == 0; }
  int port() const { return port_; }
  std::string url(const std::string& path, const std::string& host = "127.0.0.1",
                  const std::string& scheme = "http") const {
    return fmt::format("{}://{}:{}{}", scheme, host, port_, path);
  }

 private:
  void spawn(const std::string& script, const std::vector<std::string>& arguments, int input, int output) {
    std::vector<std::string> words = {"python3", "-B", support_dir() / script};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input, 0);
    posix_spawn_file_actions_adddup2(&actions, output, 1);
    if (posix_spawnp(&process_, "python3", &actions, nullptr, pointers.data(), environ) != 0) process_ = 0;
    posix_spawn_file_actions_destroy(&actions);
  }

  static int read_port(int output) {
    std::string line;
    for (char c = 0; read(output, &c, 1) == 1 && c != '\n';) line += c;
    return line.starts_with("port ") ? std::atoi(line.c_str() + 5) : 0;
  }

  int input_ = -1;
  pid_t process_ = 0;
  int port_ = 0;
};

}  // namespace support
