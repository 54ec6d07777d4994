#include "probe/azure_login.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "base/url.hpp"
#include "probe/http_request.hpp"
#include "probe/url.hpp"

namespace probe {
namespace {

namespace asio = boost::asio;
template <class T>
using Or = std::expected<T, std::string>;

constexpr std::string_view kPublicAuthority = "https://login.microsoftonline.com";
constexpr std::string_view kImds = "http://169.254.169.254";
/// Where there is no server of identities, nothing refuses the connection.
constexpr base::Duration kImdsConnect = std::chrono::seconds{3};

std::string or_else(const std::string& value, const std::string& otherwise) {
  return value.empty() ? otherwise : value;
}

/// Gets the one secret that an application proves itself with.
Or<Request> application(const config::AzureOptions& options, const Variables& variables,
                        std::pair<std::string_view, std::string> proof) {
  const std::string tenant = or_else(options.tenant, variables("AZURE_TENANT_ID"));
  const std::string client = or_else(options.client_id, variables("AZURE_CLIENT_ID"));
  if (tenant.empty()) return std::unexpected("give 'tenant', or AZURE_TENANT_ID in the service's environment");
  if (client.empty()) return std::unexpected("give 'client_id', or AZURE_CLIENT_ID in the service's environment");
  std::string authority = or_else(options.authority, variables("AZURE_AUTHORITY_HOST"));
  while (authority.ends_with('/')) authority.pop_back();
  std::vector<std::pair<std::string_view, std::string>> fields = {
      {"client_id", client}, {"scope", options.endpoint + "/.default"}, {"grant_type", "client_credentials"}};
  if (proof.first == "client_assertion")
    fields.emplace_back("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
  fields.push_back(std::move(proof));
  return Request{.method = "POST",
                 .url = fmt::format("{}/{}/oauth2/v2.0/token", or_else(authority, std::string(kPublicAuthority)),
                                    base::percent_encode(tenant)),
                 .headers = {"Content-Type: application/x-www-form-urlencoded"},
                 .body = form_of(fields),
                 .ca_file = options.ca_file};
}

/// An identity that the machine has, from a server that only it reaches.
Request managed(const config::AzureOptions& options, const Variables& variables, const std::string& url,
                std::string_view version) {
  std::vector<std::pair<std::string_view, std::string>> fields = {{"api-version", std::string(version)},
                                                                  {"resource", options.endpoint}};
  const std::string client = or_else(options.client_id, variables("AZURE_CLIENT_ID"));
  if (!client.empty()) fields.emplace_back("client_id", client);
  return {.url = fmt::format("{}?{}", url, form_of(fields)), .direct = true, .connect = kImdsConnect};
}

}  // namespace

Or<Request> azure_token_request(const config::AzureOptions& options, const Variables& variables) {
  std::string secret = variables("AZURE_CLIENT_SECRET");
  if (!options.client_secret_file.empty()) {
    auto read = secret_from("client_secret_file", options.client_secret_file);
    if (!read) return std::unexpected(std::move(read.error()));
    secret = std::move(*read);
  }
  if (!secret.empty()) return application(options, variables, {"client_secret", std::move(secret)});
  if (const std::string file = variables("AZURE_FEDERATED_TOKEN_FILE"); !file.empty()) {
    auto token = secret_from("AZURE_FEDERATED_TOKEN_FILE", file);
    if (!token) return std::unexpected(std::move(token.error()));
    return application(options, variables, {"client_assertion", std::move(*token)});
  }
  if (const std::string endpoint = variables("IDENTITY_ENDPOINT"); !endpoint.empty()) {
    Request request = managed(options, variables, endpoint, "2019-08-01");
    request.secret_headers = {"X-IDENTITY-HEADER: " + variables("IDENTITY_HEADER")};
    return request;
  }
  const std::string host = or_else(variables("AZURE_POD_IDENTITY_AUTHORITY_HOST"), std::string(kImds));
  Request request = managed(options, variables, host + "/metadata/identity/oauth2/token", "2018-02-01");
  request.headers = {"Metadata: true"};
  return request;
}

TokenSource azure_tokens(config::AzureOptions options, Variables variables) {
  return [options = std::move(options),
          variables = std::move(variables)](TokenCall& call) -> asio::awaitable<Or<AccessToken>> {
    auto request = azure_token_request(options, variables);
    if (!request) co_return std::unexpected(std::move(request.error()));
    const bool of_the_machine = request->method == "GET";
    auto answer = co_await ask_for_token(call, std::move(*request));
    if (answer) co_return read_access_token(*answer, base::system_clock().wall_now());
    constexpr std::string_view kWhy = "there is no client secret, no federated token, and no identity of the machine: ";
    co_return std::unexpected((of_the_machine ? std::string(kWhy) : "") + answer.error());
  };
}

}  // namespace probe
