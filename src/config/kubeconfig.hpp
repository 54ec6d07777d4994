#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Reads how to reach a Kubernetes API server. Pure and thread-safe; takes any bytes.
namespace config {

/// A program that prints a login (client.authentication.k8s.io).
struct LoginProgram {
  std::vector<std::string> command{};
  /// NAME=VALUE, beside the environment that it has anyway.
  std::vector<std::string> environment{};
  /// Of what it is told and prints: client.authentication.k8s.io/v1.
  std::string version{};
  /// Is it told which cluster it logs in to? Then also what the cluster has for it, as JSON; "" for nothing.
  bool knows_cluster = false;
  std::string cluster_config{};
};

/// A context of a kubeconfig. Of data and a file for the same, the data counts.
struct Kubeconfig {
  /// https://…, without a slash at its end.
  std::string server{};
  /// Data is base64 of what a file has, which is PEM.
  std::string ca_data{};
  std::string ca_file{};
  std::string token{};
  std::string token_file{};
  std::string certificate_data{};
  std::string certificate_file{};
  std::string key_data{};
  std::string key_file{};
  std::optional<LoginProgram> program{};
};

/// Reads the context of this name, or the current one. Fails with a sentence about the file, without its subject and
/// without secrets, when there is none, and when it says to do what this program does not.
std::expected<Kubeconfig, std::string> read_kubeconfig(std::string_view text, std::string_view context);

}  // namespace config
