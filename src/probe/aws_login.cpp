#include "probe/aws_login.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/environment.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "probe/aws_answer.hpp"
#include "probe/aws_request.hpp"
#include "probe/http_request.hpp"

namespace probe {
namespace {

namespace asio = boost::asio;
using base::variable;
using std::chrono::steady_clock;
template <class T>
using Or = std::expected<T, std::string>;

/// Keys without an end of their own are looked up again after this time. Those in files may be replaced.
constexpr std::chrono::minutes kLookAgain{1};
constexpr std::size_t kMostBytes = 1 << 20;
/// Metadata services are on this machine, or not there.
constexpr std::chrono::seconds kNear{1};
constexpr const char* kMachine = "http://169.254.169.254";
constexpr const char* kContainer = "http://169.254.170.2";

std::string file_of(const char* name, const char* otherwise) {
  const std::string file = variable(name);
  return file.empty() ? variable("HOME") + otherwise : file;
}
std::string credentials_file() {
  return file_of("AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials");
}
std::string config_file() {
  return file_of("AWS_CONFIG_FILE", "/.aws/config");
}

std::string setting(const AwsSettings& settings, std::string_view name) {
  const auto found = settings.find(name);
  return found != settings.end() ? found->second : "";
}

/// A role or SSO, which need more than keys.
bool is_for_tools(const AwsSettings& settings) {
  return settings.contains("role_arn") || settings.contains("sso_session") || settings.contains("sso_start_url");
}

/// Only over TLS, or from where no other machine can answer.
bool is_safe(const std::string& url) {
  const auto parts = base::split_url(url);
  const auto host = base::without_brackets(parts.host);
  return parts.scheme == "https" || host == "localhost" || host.starts_with("127.") || host == "::1" ||
         host == "169.254.170.2" || host == "169.254.170.23" || host == "fd00:ec2::23";
}

Request near(std::string method, std::string url, std::vector<std::string> secret_headers = {}) {
  return {.method = std::move(method),
          .url = std::move(url),
          .secret_headers = std::move(secret_headers),
          .max_bytes = kMostBytes,
          .direct = true,
          .connect = kNear};
}

std::vector<std::string> whole_environment() {
  std::vector<std::string> out;
  for (char** each = environ; *each != nullptr; ++each) out.emplace_back(*each);
  return out;
}

base::SteadyTime end_of(const AwsKeys& keys) {
  if (!keys.ends) return steady_clock::now() + kLookAgain;
  return steady_clock::now() + (*keys.ends - base::system_clock().wall_now());
}

std::string web_identity_form(std::string_view role, std::string_view token) {
  const std::string session = variable("AWS_ROLE_SESSION_NAME");
  return fmt::format(
      "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={}&RoleSessionName={}&WebIdentityToken={}",
      base::percent_encode(role), base::percent_encode(session.empty() ? "vacancy" : session),
      base::percent_encode(token));
}

}  // namespace

AwsLogin::AwsLogin(asio::any_io_executor executor, Transfers& transfers, const config::ProbeConfig& config)
    : transfers_(transfers), config_(config), programs_(std::move(executor), config.timeout) {}

std::string AwsLogin::profile() const {
  if (!config_.aws.credentials_profile.empty()) return config_.aws.credentials_profile;
  const std::string name = variable("AWS_PROFILE");
  return name.empty() ? "default" : name;
}

std::string AwsLogin::places() const {
  // A profile that is asked for by name comes before the environment.
  const bool by_name = !config_.aws.credentials_profile.empty();
  return fmt::format("{}profile '{}' in '{}' and '{}', AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI",
                     by_name ? "" : "AWS_ACCESS_KEY_ID and AWS_WEB_IDENTITY_TOKEN_FILE in the environment, ", profile(),
                     credentials_file(), config_file());
}

asio::awaitable<Or<Lease<AwsKeys>>> AwsLogin::find(base::SteadyTime deadline, std::stop_token stop) {
  const Limits limits{deadline, std::move(stop)};
  Found found = of_environment();
  if (found && !*found) found = co_await of_web_identity(limits);
  if (found && !*found) found = co_await of_files(limits);
  if (found && !*found) found = co_await of_container(limits);
  if (found && !*found) found = co_await of_machine(limits);
  if (!found) co_return std::unexpected("no credentials of AWS: " + found.error());
  if (!*found) co_return std::unexpected(fmt::format("no credentials of AWS: looked for {}", places()));
  const base::SteadyTime ends = end_of(**found);
  co_return Lease<AwsKeys>{std::move(**found), ends};
}

/// A profile that is asked for by name comes before the keys of the environment.
AwsLogin::Found AwsLogin::of_environment() const {
  if (!config_.aws.credentials_profile.empty()) return std::nullopt;
  const AwsSettings settings = {{"aws_access_key_id", variable("AWS_ACCESS_KEY_ID")},
                                {"aws_secret_access_key", variable("AWS_SECRET_ACCESS_KEY")},
                                {"aws_session_token", variable("AWS_SESSION_TOKEN")}};
  auto keys = keys_in(settings);
  if (!keys) return std::unexpected("the environment: " + keys.error());
  return keys;
}

asio::awaitable<AwsLogin::Found> AwsLogin::of_web_identity(Limits limits) {
  const std::string file = variable("AWS_WEB_IDENTITY_TOKEN_FILE");
  const std::string role = variable("AWS_ROLE_ARN");
  if (file.empty() || !config_.aws.credentials_profile.empty()) co_return std::nullopt;
  if (role.empty()) co_return std::unexpected("AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not");
  const auto token = secret_from("AWS_WEB_IDENTITY_TOKEN_FILE", file);
  if (!token) co_return std::unexpected(token.error());
  Request request{.method = "POST",
                  .url = aws_endpoint("sts", aws_home(config_.aws)),
                  .headers = {"Content-Type: application/x-www-form-urlencoded; charset=utf-8"},
                  .body = web_identity_form(role, *token),
                  .max_bytes = kMostBytes};
  const auto answer = co_await body_of(std::move(request), limits);
  if (!answer) co_return std::unexpected("STS, for the web identity: " + answer.error());
  co_return read_assumed_role(*answer);
}

/// Of the profile; empty where the file has none.
AwsSettings AwsLogin::section_of(const std::string& file) const {
  const auto text = base::read_file(file, kMostBytes);
  return text ? read_aws_settings(*text, profile()).value_or(AwsSettings()) : AwsSettings();
}

AwsLogin::Found AwsLogin::keys_of(const std::string& file, const AwsSettings& section) const {
  auto keys = keys_in(section);
  if (!keys) return std::unexpected(fmt::format("profile '{}' in '{}': {}", profile(), file, keys.error()));
  return keys;
}

/// Both files are about one profile. Keys beside a role are not for use: every AWS tool would take the role.
asio::awaitable<AwsLogin::Found> AwsLogin::of_files(Limits limits) {
  const std::string files[] = {credentials_file(), config_file()};
  const AwsSettings sections[] = {section_of(files[0]), section_of(files[1])};
  std::string process = setting(sections[0], "credential_process");
  if (process.empty()) process = setting(sections[1], "credential_process");
  const auto* role = std::ranges::find_if(sections, is_for_tools);
  if (role != std::end(sections) && process.empty())
    co_return std::unexpected(
        fmt::format("profile '{0}' in '{1}' is for a role or for SSO; give it the line credential_process = "
                    "aws configure export-credentials --profile {0} --format process, in a profile of its own",
                    profile(), files[role - sections]));
  Found found = role == std::end(sections) ? keys_of(files[0], sections[0]) : std::nullopt;
  if (!found || *found) co_return found;
  if (!process.empty()) co_return co_await of_process(std::move(process), limits);
  co_return keys_of(files[1], sections[1]);
}

asio::awaitable<AwsLogin::Found> AwsLogin::of_process(std::string command, Limits limits) {
  Program program{.command = {"/bin/sh", "-c", std::move(command)}, .environment = whole_environment()};
  const auto exited = co_await programs_.run(std::move(program), limits.deadline, limits.stop);
  const std::string what = fmt::format("credential_process of profile '{}'", profile());
  if (!exited) co_return std::unexpected(fmt::format("{}: {}", what, exited.error().sentence));
  if (exited->code != 0) co_return std::unexpected(fmt::format("{} failed with exit code {}", what, exited->code));
  co_return read_aws_keys(exited->output, "the output of " + what);
}

asio::awaitable<AwsLogin::Found> AwsLogin::of_container(Limits limits) {
  const std::string path = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  const std::string url = path.empty() ? variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") : kContainer + path;
  if (url.empty()) co_return std::nullopt;
  if (!is_safe(url))
    co_return std::unexpected("AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, or a container's metadata service");
  std::string token = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  if (const std::string file = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); !file.empty()) {
    auto read = secret_from("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file);
    if (!read) co_return std::unexpected(std::move(read.error()));
    token = std::move(*read);
  }
  std::vector<std::string> headers;
  if (!token.empty()) headers.push_back("Authorization: " + token);
  const auto answer = co_await body_of(near("GET", url, std::move(headers)), limits);
  if (!answer) co_return std::unexpected("the container's: " + answer.error());
  co_return read_aws_keys(*answer, "the answer of the container's metadata service");
}

/// IMDSv2.
asio::awaitable<AwsLogin::Found> AwsLogin::of_machine(Limits limits) {
  if (base::equals_ignoring_case(variable("AWS_EC2_METADATA_DISABLED"), "true")) co_return std::nullopt;
  std::string root = variable("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  if (root.empty()) root = kMachine;
  while (root.ends_with('/')) root.pop_back();
  const auto away = [&](const std::string& sentence) {
    return std::unexpected(
        fmt::format("looked for {}, and for this machine's role ({}: {})", places(), root, sentence));
  };
  Request first = near("PUT", root + "/latest/api/token", {"X-aws-ec2-metadata-token-ttl-seconds: 300"});
  const auto token = co_await body_of(std::move(first), limits);
  if (!token) co_return away(token.error());
  if (!base::is_printable_utf8(*token)) co_return away("its token is not one line of text");
  const std::vector<std::string> header = {"X-aws-ec2-metadata-token: " + *token};
  const std::string roles = root + "/latest/meta-data/iam/security-credentials/";
  const auto role = co_await body_of(near("GET", roles, header), limits);
  if (!role) co_return away("no role: " + role.error());
  const std::string name(base::trim(role->substr(0, role->find('\n'))));
  const auto keys = co_await body_of(near("GET", roles + base::percent_encode(name), header), limits);
  if (!keys) co_return away(keys.error());
  co_return read_aws_keys(*keys, "the answer of the machine's metadata service");
}

/// Of an answer with status 200.
asio::awaitable<Or<std::string>> AwsLogin::body_of(Request request, Limits limits) {
  auto response = co_await transfers_.run(std::move(request), limits.deadline, limits.stop);
  if (!response) co_return std::unexpected(std::move(response.error()));
  if (response->status == 200) co_return std::move(response->body);
  const AwsError error = read_aws_error(response->body);
  co_return std::unexpected(fmt::format("answered {}{}", response->status, error.code.empty() ? "" : " " + error.code));
}

}  // namespace probe
