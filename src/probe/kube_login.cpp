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
  std::string text = from_base64(data);
  if (!text.empty()) return text;
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

Or<KubeLogin> login_of(const config::Kubeconfig& config, const std::string& file) {
  const std::filesystem::path folder = std::filesystem::path(file).parent_path();
  auto ca = pem_of("certificate-authority", config.ca_data, config.ca_file, folder);
  if (!ca) return std::unexpected(std::move(ca.error()));
  auto certificate = pem_of("client-certificate", config.certificate_data, config.certificate_file, folder);
  if (!certificate) return std::unexpected(std::move(certificate.error()));
  auto key = pem_of("client-key", config.key_data, config.key_file, folder);
  if (!key) return std::unexpected(std::move(key.error()));
  Or<std::string> token = config.token;
  if (config.token.empty() && !config.token_file.empty())
    token = secret_from("tokenFile", (folder / config.token_file).string());
  if (!token) return std::unexpected(std::move(token.error()));
  const std::string source = fmt::format("the kubeconfig '{}'", file);
  if (!base::is_printable_utf8(*token))
    return std::unexpected(fmt::format("{} has a token that is not one line of text", source));
  const bool logs_in = !token->empty() || !certificate->empty() || config.program;
  if (logs_in && !config.server.starts_with("https://"))
    return std::unexpected(fmt::format("{} would send a login without encryption; its server needs https://", source));
  KubeLogin login{.request = {.url = config.server,
                              .bearer = std::move(*token),
                              .ca = std::move(*ca),
                              .certificate = std::move(*certificate),
                              .key = std::move(*key)},
                  .source = source,
                  .program = config.program};
  // A path is looked for beside the file, as in other programs; a name in PATH.
  if (login.program && login.program->command.front().contains('/'))
    login.program->command.front() = (folder / login.program->command.front()).string();
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
