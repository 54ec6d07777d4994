#include "probe/kube_login.hpp"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <cstdlib>
#include <filesystem>

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "probe/http_request.hpp"
#include "probe/json.hpp"
#include "probe/secrets.hpp"

namespace probe {
namespace {

template <class T>
using Or = std::expected<T, std::string>;

constexpr std::size_t kMaxFileBytes = 1 << 20;

Or<std::string> content_of(const std::string& what, const std::string& file) {
  auto content = base::read_file(file, kMaxFileBytes);
  if (content) return std::move(*content);
  return std::unexpected(fmt::format("cannot read {} from the file '{}': {}", what, file, content.error()));
}

/// What is in `data` (base64), else in `file`; "" for neither. A path that is relative begins in `folder`.
Or<std::string> pem_of(const std::string& what, const std::string& data, const std::string& file,
                       const std::filesystem::path& folder) {
  if (data.empty()) return file.empty() ? std::string() : content_of(what, (folder / file).string());
  auto text = from_base64(data);
  if (text && !text->empty()) return std::move(*text);
  return std::unexpected(fmt::format("the kubeconfig's {}-data is not base64", what));
}

std::string from_environment(const char* name) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing changes the environment
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

Or<KubeLogin> login_of_pod(const config::KubernetesOptions& options) {
  const std::string host = from_environment("KUBERNETES_SERVICE_HOST");
  const std::string port = from_environment("KUBERNETES_SERVICE_PORT");
  if (host.empty() || port.empty())
    return std::unexpected(
        std::string("this is no pod of a cluster, since KUBERNETES_SERVICE_HOST is not set; give 'kubeconfig', the "
                    "path of a file"));
  auto token = secret_from("service_account", options.service_account + "/token");
  if (!token) return std::unexpected(std::move(token.error()));
  auto ca = content_of("service_account", options.service_account + "/ca.crt");
  if (!ca) return std::unexpected(std::move(ca.error()));
  return KubeLogin{.request = {.url = fmt::format("https://{}:{}", host.contains(':') ? "[" + host + "]" : host, port),
                               .bearer = std::move(*token),
                               .ca = std::move(*ca)},
                   .source = fmt::format("the service account in '{}'", options.service_account)};
}

/// A file is written anew, and the token beside it is not.
Or<std::string> token_of(const config::Kubeconfig& config, const std::filesystem::path& folder) {
  if (config.token_file.empty()) return config.token;
  auto token = secret_from("tokenFile", (folder / config.token_file).string());
  if (!token && !config.token.empty()) return config.token;
  return token;
}

/// As it is started. A path is looked for beside the kubeconfig, as other programs do it; a name in PATH.
config::LoginProgram program_of(const config::Kubeconfig& config, std::string_view ca,
                                const std::filesystem::path& folder) {
  config::LoginProgram program = *config.program;
  std::string& command = program.command.front();
  if (command.contains('/')) command = (folder / command).string();
  program.environment.push_back("KUBERNETES_EXEC_INFO=" + login_request(program, config.server, ca));
  return program;
}

/// Of several logins those count that count for kubectl.
Or<KubeLogin> login_of(const config::Kubeconfig& config, const std::string& file) {
  const std::filesystem::path folder = std::filesystem::path(file).parent_path();
  auto ca = pem_of("certificate-authority", config.ca_data, config.ca_file, folder);
  if (!ca) return std::unexpected(std::move(ca.error()));
  auto certificate = pem_of("client-certificate", config.certificate_data, config.certificate_file, folder);
  if (!certificate) return std::unexpected(std::move(certificate.error()));
  auto key = pem_of("client-key", config.key_data, config.key_file, folder);
  if (!key) return std::unexpected(std::move(key.error()));
  auto token = token_of(config, folder);
  if (!token) return std::unexpected(std::move(token.error()));
  const std::string source = fmt::format("the kubeconfig '{}'", file);
  if (!base::is_printable_utf8(*token))
    return std::unexpected(fmt::format("{} has a token that is not one line of text", source));
  const bool has_login = !token->empty() || !certificate->empty();
  if ((has_login || config.program) && !config.server.starts_with("https://"))
    return std::unexpected(fmt::format("{} would send a login without encryption; its server needs https://", source));
  KubeLogin login{.source = source};
  if (config.program && !has_login) login.program = program_of(config, *ca, folder);
  login.request = {.url = config.server,
                   .bearer = std::move(*token),
                   .ca = std::move(*ca),
                   .certificate = std::move(*certificate),
                   .key = std::move(*key)};
  return login;
}

}  // namespace

Or<KubeLogin> find_login(const config::KubernetesOptions& options) {
  if (options.kubeconfig.empty()) return login_of_pod(options);
  const auto text = content_of("kubeconfig", options.kubeconfig);
  if (!text) return std::unexpected(text.error());
  const auto read = config::read_kubeconfig(*text, options.context);
  if (!read) return std::unexpected(fmt::format("the kubeconfig '{}' {}", options.kubeconfig, read.error()));
  return login_of(*read, options.kubeconfig);
}

std::string login_request(const config::LoginProgram& program, const std::string& server, std::string_view ca) {
  std::string cluster;
  if (program.knows_cluster) {
    cluster = R"("cluster":{"server":)" + base::json_string(server);
    if (!ca.empty()) cluster += fmt::format(R"(,"certificate-authority-data":"{}")", base64(ca));
    if (!program.cluster_config.empty()) cluster += R"(,"config":)" + program.cluster_config;
    cluster += "},";
  }
  // Programs answer in the version that they are asked in.
  return fmt::format(R"({{"apiVersion":{},"kind":"ExecCredential","spec":{{{}"interactive":false}}}})",
                     base::json_string(program.version), cluster);
}

std::expected<PrintedLogin, std::string> read_login(std::string_view text) {
  const auto value = parse_json(text);
  if (!value) return std::unexpected(value.error());
  const auto* credential = value->if_object();
  const auto* status = credential != nullptr ? credential->if_contains("status") : nullptr;
  const auto* login = status != nullptr ? status->if_object() : nullptr;
  if (login == nullptr || base::text_in(*credential, "kind") != "ExecCredential")
    return std::unexpected<std::string>("is no ExecCredential with a status");
  PrintedLogin out{.token = std::string(base::text_in(*login, "token")),
                   .certificate = std::string(base::text_in(*login, "clientCertificateData")),
                   .key = std::string(base::text_in(*login, "clientKeyData"))};
  if (out.token.empty() && (out.certificate.empty() || out.key.empty()))
    return std::unexpected<std::string>("has neither a token nor a certificate with its key");
  if (!base::is_printable_utf8(out.token))
    return std::unexpected<std::string>("has a token that is not one line of text");
  return out;
}

}  // namespace probe
