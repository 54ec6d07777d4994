#include "app/commands/remote.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "base/file.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"
#include "config/servers.hpp"
#include "http/message.hpp"
#include "probe/call.hpp"
#include "probe/url.hpp"

namespace app {
namespace {

constexpr std::size_t kMaxAnswerBytes = 256 << 20;
constexpr std::size_t kMostHeaderBytes = 64 * 1024;
constexpr int kMostRedirects = 5;
constexpr const char* kUrlVariable = "VACANCY_URL";
constexpr const char* kHardwareVariable = "VACANCY_HARDWARE_URL";
constexpr const char* kServerVariable = "VACANCY_SERVER";
constexpr const char* kAdminToken = "data/admin-token";

/// Is there a word of pages that want a login in the host or in the path?
bool looks_like_login(const std::string& url) {
  std::string lower = url.substr(0, url.find_first_of("?#"));
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  constexpr std::string_view kWords[] = {"login", "signin", "sign-in", "sign_in", "logon", "oauth",
                                         "saml",  "/sso",   "/auth",   "openid",  "//sso", "//auth"};
  return std::ranges::any_of(kWords, [&](std::string_view word) { return lower.contains(word); });
}

/// Up to its query, which may hold what nobody should see.
std::string without_query(const std::string& url) {
  return probe::shown_url(url.substr(0, url.find_first_of("?#")));
}

config::ServerEntry named(const config::Servers& all, const std::string& name, const std::string& file) {
  const auto found = all.servers.find(name);
  if (found != all.servers.end()) return found->second;
  std::vector<std::string_view> names;
  for (const auto& [known, server] : all.servers) names.push_back(known);
  const std::string_view near = base::nearest(name, names);
  throw base::UsageError(fmt::format("there is no server '{}' in {}{}", name, file,
                                     near.empty() ? std::string() : fmt::format("; did you mean '{}'?", near)));
}

/// The server that the flags, the environment and the configuration name, in this order.
config::ServerEntry chosen(const Access& access) {
  const auto environment = [](const char* name) -> std::string {
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
  };
  // A flag of one kind is over a variable of the other.
  std::string given = access.url, name = access.server;
  if (given.empty() && name.empty()) given = environment(access.administration ? kHardwareVariable : kUrlVariable);
  if (given.empty() && name.empty()) name = environment(kServerVariable);
  const std::string file = config::servers_file();
  config::ServerEntry entry;
  if (given.empty()) {
    const config::Servers all = config::load_servers(file);
    if (name.empty()) name = all.default_server;
    if (!name.empty()) entry = named(all, name, file);
  }
  std::string& url = access.administration ? entry.hardware_url : entry.url;
  if (!given.empty()) url = given;
  if (url.empty() && !name.empty())
    throw base::UsageError(fmt::format("{}: servers.{}: has no {}", file, name,
                                       access.administration ? "hardware_url, which is where its hardware service is"
                                                             : "url, which is where its portal is"));
  if (url.empty()) url = access.administration ? "http://localhost:5001" : "http://localhost:5000";
  const auto prefer = [](std::string& kept, const std::string& given) {
    if (!given.empty()) kept = given;
  };
  prefer(entry.ca_file, access.ca_file);
  // One login replaces the other.
  if (!access.token_file.empty() || !access.login_file.empty()) entry.token_file = entry.login_file = "";
  prefer(access.administration ? entry.admin_token_file : entry.token_file, access.token_file);
  prefer(entry.login_file, access.login_file);
  prefer(entry.header_file, access.header_file);
  return entry;
}

/// "Name: value" lines, as curl reads them from a file.
std::vector<std::string> headers_in(const std::string& file) {
  const auto content = base::read_file(file, kMostHeaderBytes);
  const auto wrong = [&file](std::string_view why) {
    return base::UsageError(fmt::format("cannot read headers (--header-file) from the file '{}': {}", file, why));
  };
  if (!content) throw wrong(content.error());
  std::vector<std::string> headers;
  for (std::string_view rest = *content; !rest.empty();) {
    const std::string_view line = base::trim(rest.substr(0, rest.find('\n')));
    rest.remove_prefix(std::min(rest.find('\n'), rest.size() - 1) + 1);
    if (line.empty() || line.starts_with('#')) continue;
    const auto colon = line.find(':');
    // The line itself is a secret.
    if (colon == 0 || colon == std::string_view::npos || !base::is_printable_utf8(line) ||
        line.substr(0, colon).contains(' '))
      throw wrong("a line is not 'Name: value'");
    headers.emplace_back(line);
  }
  if (headers.empty()) throw wrong("it is empty");
  return headers;
}

/// Throws what a call that failed means.
[[noreturn]] void fail(const std::string& url, const probe::CallFailure& failure) {
  if (failure.lasting) throw base::UsageError(fmt::format("{}: {}", url, failure.message));
  // libcurl names the host again, and counts the milliseconds.
  constexpr std::string_view kConnect = "cannot connect: ";
  if (failure.message.starts_with(kConnect))
    throw base::Lost(
        fmt::format("cannot connect to {}: {}", url, failure.message.substr(failure.message.rfind(": ") + 2)));
  throw base::Lost(fmt::format("{}: {}", url, failure.message));
}

Answer answer_of(probe::Response&& response) {
  Answer answer{.status = response.status, .body = std::move(response.body)};
  if (const std::string* type = response.header("Content-Type")) answer.content_type = *type;
  if (const std::string* link = response.header("Link")) answer.link = *link;
  return answer;
}

/// The variables of --url and --server are read by chosen().
std::string with_variable(std::string_view help, std::string_view variable) {
  return fmt::format("{} (environment: {})", help, variable);
}

void add_files(CLI::App& command, Access& access, CLI::Option* url) {
  command
      .add_option("--server", access.server,
                  with_variable("A server of ~/.config/vacancy/config.yaml, by its name", kServerVariable))
      ->type_name("NAME")
      ->excludes(url);
  command.add_option("--ca-file", access.ca_file, "Trust the authorities of this file (PEM) instead of the system's")
      ->type_name("FILE")
      ->envname("VACANCY_CA_FILE");
  command.add_option("--header-file", access.header_file, "Send the headers of this file: lines \"Name: value\"")
      ->type_name("FILE")
      ->envname("VACANCY_HEADER_FILE");
}

}  // namespace

std::shared_ptr<Access> add_access(CLI::App& command) {
  const auto access = std::make_shared<Access>();
  CLI::Option* url =
      command
          .add_option("--url", access->url,
                      with_variable("Where the portal is; http or https (default http://localhost:5000)", kUrlVariable))
          ->type_name("URL");
  add_files(command, *access, url);
  CLI::Option* token = command.add_option("--token-file", access->token_file, "Send the token of this file, as Bearer")
                           ->type_name("FILE")
                           ->envname("VACANCY_TOKEN_FILE");
  command
      .add_option("--login-file", access->login_file, "Log in as this file says, USER:PASSWORD (basic authentication)")
      ->type_name("FILE")
      ->envname("VACANCY_LOGIN_FILE")
      ->excludes(token);
  return access;
}

std::shared_ptr<Access> add_administration(CLI::App& command) {
  const auto access = std::make_shared<Access>();
  access->administration = true;
  CLI::Option* url =
      command
          .add_option("--hardware-url,--url", access->url,
                      with_variable("Where the hardware service is; http or https (default http://localhost:5001)",
                                    kHardwareVariable))
          ->type_name("URL");
  add_files(command, *access, url);
  command
      .add_option("--token-file", access->token_file,
                  fmt::format("The admin token, as `vacancy up` writes it (default {})", kAdminToken))
      ->type_name("FILE")
      ->envname("VACANCY_HARDWARE_ADMIN_TOKEN_FILE");
  return access;
}

Remote::Remote(const Access& access) : administration_(access.administration) {
  const config::ServerEntry server = chosen(access);
  const std::string& text = administration_ ? server.hardware_url : server.url;
  const auto url = probe::parse_call_url(text);
  if (!url || url->has_query)
    throw base::UsageError(
        fmt::format("'{}' is not a URL of the form http://HOST[:PORT][/PATH], or https", probe::shown_url(text)));
  origin_ = url->origin;
  prefix_ = url->path;
  while (prefix_.ends_with('/')) prefix_.pop_back();
  url_ = origin_ + prefix_;
  local_ = url->local;
  if (!server.ca_file.empty()) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(server.ca_file, ignored))
      throw base::UsageError(fmt::format("--ca-file '{}' is no file with certificates", server.ca_file));
    login_.ca_file = server.ca_file;
  }
  if (!server.header_file.empty()) login_.secret_headers = headers_in(server.header_file);
  login_.username = url->user;
  login_.password = url->password;
  if (!server.login_file.empty()) {
    const std::string login = base::read_secret("the login (--login-file)", server.login_file);
    const auto colon = login.find(':');
    if (colon == 0 || colon == std::string::npos || !base::is_printable_utf8(login))
      throw base::UsageError(
          fmt::format("the file '{}' (--login-file) does not hold USER:PASSWORD", server.login_file));
    login_.username = login.substr(0, colon);
    login_.password = login.substr(colon + 1);
  }
  std::string token_file = administration_ ? server.admin_token_file : server.token_file;
  if (administration_ && token_file.empty() && login_.username.empty()) {
    std::error_code ignored;
    if (!access.may_lack_token || std::filesystem::exists(kAdminToken, ignored)) token_file = kAdminToken;
  }
  if (!token_file.empty()) {
    login_.bearer =
        base::read_secret(administration_ ? "the admin token (--token-file)" : "the token (--token-file)", token_file);
    if (!base::is_printable_utf8(login_.bearer))
      throw base::UsageError(fmt::format("the file '{}' (--token-file) holds more than one line of text", token_file));
    login_.username = login_.password = "";
  }
  has_login_ = !login_.bearer.empty() || !login_.username.empty() || !login_.secret_headers.empty();
}

probe::Request Remote::request_for(const Ask& ask) const {
  probe::Request request = login_;
  request.method = ask.method;
  request.url = url_ + ask.target;
  request.headers = ask.headers;
  if (!ask.body.empty()) request.headers.emplace_back("Content-Type: application/json");
  request.body = ask.body;
  request.connect = ask.connect;
  request.max_bytes = kMaxAnswerBytes;
  request.direct = local_;
  return request;
}

std::string Remote::redirected(const std::string& from, const std::string& location) const {
  const std::string to = probe::resolve(from, location);
  const auto parts = probe::parse_call_url(to);
  const bool here = parts && parts->origin == origin_;
  const bool login = !(here && parts->path.starts_with(prefix_ + "/api/")) && looks_like_login(to);
  if (here && !login) return to;
  throw base::UsageError(fmt::format("{} redirects to {}, {}", url_, to.empty() ? "what is no URL" : without_query(to),
                                     login ? "a login page; give --token-file, --login-file or --header-file"
                                           : "which is another server; give its URL"));
}

Answer Remote::send(const Ask& ask) const {
  probe::Request request = request_for(ask);
  const auto deadline = std::chrono::steady_clock::now() + ask.limit;
  for (int redirects = 0;; ++redirects) {
    const auto left = std::max<base::Duration>(
        std::chrono::ceil<base::Duration>(deadline - std::chrono::steady_clock::now()), std::chrono::milliseconds(1));
    auto called = probe::call(request, left);
    if (!called) fail(url_, called.error());
    const std::string* location = called->header("Location");
    if (called->status < 300 || called->status >= 400 || location == nullptr) {
      Answer answer = answer_of(std::move(*called));
      answer.url = url_;
      return answer;
    }
    if (redirects == kMostRedirects)
      throw base::UsageError(fmt::format("{} redirects more than {} times", url_, kMostRedirects));
    const std::string to = redirected(request.url, *location);
    // A change must not go to another place than the one that was given.
    if (request.method != "GET")
      throw base::UsageError(
          fmt::format("{} redirects {} to {}; give that URL", url_, request.method, without_query(to)));
    request.url = to;
  }
}

Answer Remote::get(const std::string& target) const {
  Answer answer = send({.target = target});
  const std::string path = target.substr(0, target.find('?'));
  if (answer.status == 401 || answer.status == 403) throw base::UsageError(refusal(answer));
  if (answer.status == 200 && answer.content_type.starts_with("text/html")) throw base::UsageError(refusal(answer));
  if (answer.status == 400) throw base::UsageError(detail_of(answer));
  if (answer.status != 200)
    throw base::Lost(fmt::format("{} answers {} to {}: {}", url_, answer.status, path, detail_of(answer)));
  return answer;
}

std::string Remote::follow(const Ask& ask, base::Duration silence, const std::function<bool()>& go_on,
                           const std::function<bool(const Answer&, std::string_view)>& on_piece, int& status) const {
  probe::Request request = request_for(ask);
  status = 0;
  request.on_piece = [&](const probe::Response& head, std::string_view piece) {
    status = head.status;
    if (status >= 300 && status < 400) return true;
    const std::string* type = head.header("Content-Type");
    return on_piece({.status = head.status, .body = {}, .content_type = type != nullptr ? *type : ""}, piece);
  };
  for (int redirects = 0; redirects <= kMostRedirects; ++redirects) {
    const auto called = probe::stream(request, silence, go_on);
    if (!called && called.error().lasting) throw base::UsageError(fmt::format("{}: {}", url_, called.error().message));
    if (!called) return called.error().message;
    if (called->status != 0) status = called->status;
    const std::string* location = called->header("Location");
    if (status < 300 || status >= 400 || location == nullptr) return "";
    request.url = redirected(request.url, *location);
  }
  throw base::UsageError(fmt::format("{} redirects more than {} times", url_, kMostRedirects));
}

std::string Remote::linked(const std::string& target, const std::string& link) const {
  // A proxy that serves a portal below a path may take the path off: the portal's own links lack it then.
  const bool lacks_prefix = link.starts_with('/') && !link.starts_with("//") && !link.starts_with(prefix_ + "/");
  const std::string to = probe::resolve(url_ + target, lacks_prefix ? prefix_ + link : link);
  const auto parts = probe::parse_call_url(to);
  if (!parts || parts->origin != origin_ || !parts->path.starts_with(prefix_ + "/"))
    throw base::UsageError(fmt::format("{} goes on at {}, which is another server", url_, without_query(to)));
  return parts->path.substr(prefix_.size());
}

std::string Remote::refusal(const Answer& answer) const {
  const char* files = administration_ ? "--token-file" : "--token-file, --login-file or --header-file";
  if (answer.status == 200)
    return fmt::format("{} answers a page instead of Vacancy's API; {}", url_,
                       has_login_ ? "is it the right URL?" : fmt::format("if it wants a login, give {}", files));
  if (answer.content_type.starts_with("application/problem+json"))
    return fmt::format("{}: {}", url_, detail_of(answer));
  return has_login_ ? fmt::format("{} does not take this login: it is wrong, or not allowed here ({} {})", url_,
                                  answer.status, http::reason_phrase(answer.status))
                    : fmt::format("{} wants a login, and none is given; give {} ({} {})", url_, files, answer.status,
                                  http::reason_phrase(answer.status));
}

}  // namespace app
