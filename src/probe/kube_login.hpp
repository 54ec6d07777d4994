#pragma once

#include <expected>
#include <optional>
#include <string>

#include "config/config.hpp"
#include "config/kubeconfig.hpp"
#include "probe/transfer.hpp"

namespace probe {

/// Where an API server is, and who asks it.
struct KubeLogin {
  /// Its url is that of the server; with authorities and login.
  Request request{};
  /// Where the login comes from: "the kubeconfig '/etc/…'".
  std::string source{};
  /// Prints the rest of the login.
  std::optional<config::LoginProgram> program{};
};

/// Reads the kubeconfig, or what a pod has, and the files that it names. Fails with a sentence that names what is
/// missing.
std::expected<KubeLogin, std::string> find_login(const config::KubernetesOptions& options);

/// What a program that logs in is told, in the variable KUBERNETES_EXEC_INFO (ExecCredential). `ca`: PEM, whom the
/// cluster's server is trusted by. Pure.
std::string login_request(const config::LoginProgram& program, const std::string& server, std::string_view ca);

/// What a program that logs in has printed.
struct PrintedLogin {
  std::string token{};
  std::string certificate{};
  std::string key{};
};

/// Reads an ExecCredential. Pure. Fails with a sentence without its subject and without secrets.
std::expected<PrintedLogin, std::string> read_login(std::string_view text);

}  // namespace probe
