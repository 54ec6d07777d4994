#include "config/kubeconfig.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/url.hpp"

namespace config {
namespace {

using Failed = std::unexpected<std::string>;

/// An alias may stand within what it stands for.
constexpr std::size_t kMostLevels = 16;
constexpr std::size_t kMostJsonBytes = 64 << 10;
/// The name of what a cluster has for programs that log in.
constexpr std::string_view kForPrograms = "client.authentication.k8s.io/exec";

std::string text_of(const YAML::Node& map, const char* key) {
  if (!map.IsMap()) return "";
  const YAML::Node value = map[key];
  return value && value.IsScalar() ? value.Scalar() : "";
}

YAML::Node part_of(const YAML::Node& map, const char* key) {
  const YAML::Node value = map.IsMap() ? map[key] : YAML::Node(YAML::NodeType::Undefined);
  return value && !value.IsNull() ? value : YAML::Node(YAML::NodeType::Undefined);
}

/// The "cluster" of {name: NAME, cluster: {…}} in the list "clusters".
std::optional<YAML::Node> named(const YAML::Node& file, const char* list, const char* what, std::string_view name) {
  const YAML::Node all = part_of(file, list);
  if (!all || !all.IsSequence()) return std::nullopt;
  for (const YAML::Node& each : all)
    if (text_of(each, "name") == name) return part_of(each, what);
  return std::nullopt;
}

Failed no(const char* what, std::string_view name) {
  return Failed(fmt::format("has no {} '{}'", what, base::to_line(name)));
}

/// Keys that would change where the connection goes, whom it trusts or who asks, and are not supported.
std::string unsupported(const YAML::Node& cluster, const YAML::Node& user) {
  if (part_of(cluster, "insecure-skip-tls-verify").as<bool>(false))
    return "turns the check of certificates off (insecure-skip-tls-verify), which would give credentials to anybody; "
           "give certificate-authority";
  for (const char* key : {"tls-server-name", "proxy-url"})
    if (!text_of(cluster, key).empty()) return fmt::format("has {}, which the probe does not know", key);
  for (const char* key : {"auth-provider", "as", "as-uid", "as-groups", "username"})
    if (part_of(user, key))
      return fmt::format(
          "logs in with {}, which the probe does not know; it knows token, tokenFile, client-certificate "
          "and exec",
          key);
  return "";
}

/// A plain number or truth of YAML stands in JSON as it is; quoted it is a text.
bool is_plain_json(const YAML::Node& node) {
  return node.Tag() != "!" && base::parse_json(node.Scalar());
}

/// Appends the value as JSON.
void append_json(std::string& out, const YAML::Node& node, std::size_t level = 0) {
  if (level > kMostLevels || out.size() > kMostJsonBytes)
    throw YAML::RepresentationException(YAML::Mark::null_mark(), "too large");
  if (node.IsMap() || node.IsSequence()) {
    out += node.IsMap() ? '{' : '[';
    for (const auto& entry : node) {
      if (!out.ends_with('{') && !out.ends_with('[')) out += ',';
      if (node.IsMap()) out += base::json_string(entry.first.Scalar()) + ':';
      append_json(out, node.IsMap() ? entry.second : entry, level + 1);
    }
    out += node.IsMap() ? '}' : ']';
  } else {
    out += node.IsNull() ? "null" : is_plain_json(node) ? node.Scalar() : base::json_string(node.Scalar());
  }
}

LoginProgram read_program(const YAML::Node& exec, const YAML::Node& cluster) {
  LoginProgram program{.command = {text_of(exec, "command")},
                       .version = text_of(exec, "apiVersion"),
                       .knows_cluster = part_of(exec, "provideClusterInfo").as<bool>(false)};
  for (const YAML::Node& argument : part_of(exec, "args"))
    if (argument.IsScalar()) program.command.push_back(argument.Scalar());
  for (const YAML::Node& variable : part_of(exec, "env"))
    program.environment.push_back(fmt::format("{}={}", text_of(variable, "name"), text_of(variable, "value")));
  if (const auto own = named(cluster, "extensions", "extension", kForPrograms); program.knows_cluster && own && *own)
    append_json(program.cluster_config, *own);
  return program;
}

std::expected<Kubeconfig, std::string> read(const YAML::Node& file, std::string_view context) {
  const std::string current = text_of(file, "current-context");
  if (context.empty()) context = current;
  if (context.empty()) return Failed("has no current-context; name one in 'context'");
  const auto chosen = named(file, "contexts", "context", context);
  if (!chosen) return no("context", context);
  const auto cluster = named(file, "clusters", "cluster", text_of(*chosen, "cluster"));
  if (!cluster) return no("cluster", text_of(*chosen, "cluster"));
  const std::string user_name = text_of(*chosen, "user");
  const auto user = named(file, "users", "user", user_name);
  if (!user && !user_name.empty()) return no("user", user_name);
  const YAML::Node login = user.value_or(YAML::Node());
  if (std::string why = unsupported(*cluster, login); !why.empty()) return Failed(std::move(why));
  Kubeconfig out{.server = text_of(*cluster, "server"),
                 .ca_data = text_of(*cluster, "certificate-authority-data"),
                 .ca_file = text_of(*cluster, "certificate-authority"),
                 .token = text_of(login, "token"),
                 .token_file = text_of(login, "tokenFile"),
                 .certificate_data = text_of(login, "client-certificate-data"),
                 .certificate_file = text_of(login, "client-certificate"),
                 .key_data = text_of(login, "client-key-data"),
                 .key_file = text_of(login, "client-key")};
  while (out.server.ends_with('/')) out.server.pop_back();
  if (const auto parts = base::split_url(out.server);
      !parts.is_web() || !base::is_printable_utf8(out.server) || !base::wrong_authority(out.server).empty())
    return Failed(fmt::format("has a server '{}', which is no URL", base::to_line(out.server)));
  if (const YAML::Node exec = part_of(login, "exec")) out.program = read_program(exec, *cluster);
  if (out.program && out.program->command.front().empty()) return Failed("has an exec without a command");
  return out;
}

}  // namespace

std::expected<Kubeconfig, std::string> read_kubeconfig(std::string_view text, std::string_view context) {
  try {
    return read(YAML::Load(std::string(text)), context);
  } catch (const YAML::Exception& error) {
    // Its own words may have some of the file.
    if (error.mark.is_null()) return Failed("has another form than a kubeconfig");
    return Failed(fmt::format("is not YAML: line {}", error.mark.line + 1));
  }
}

}  // namespace config
