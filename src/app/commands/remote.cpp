#include "app/commands/remote.hpp"

#include <algorithm>
#include <filesystem>

#include "base/file.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"
#include "http/message.hpp"
#include "probe/call.hpp"
#include "probe/url.hpp"

namespace app {
namespace {

constexpr std::size_t kMaxAnswerBytes = 256 << 20;
constexpr std::size_t kMostHeaderBytes = 64 * 1024;
constexpr int kMostRedirects = 5;

/// Is there a word of pages that want a login in the host or in the path?
bool looks_like_login(const std::string& url) {
  const std::string lower = base::lower(url.substr(0, url.find_first_of("?#")));
  constexpr std::string_view kWords[] = {"login", "signin", "sign-in", "sign_in", "logon", "oauth",
                                         "saml",  "/sso",   "/auth",   "openid",  "//sso", "//auth"};
  return std::ranges::any_of(kWords, [&](std::string_view word) { return lower.contains(word); });
}

/// The URL without its query, which may hold secrets.
std::string without_query(const std::string& url) {
  return probe::shown_url(url.substr(0, url.find_first_of("?#")));
}

/// Would another value lead the request elsewhere, or make it end elsewhere?
bool is_of_the_connection(std::string_view header) {
  constexpr std::string_view kOwn[] = {"Host",    "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive",
                                       "Upgrade", "Expect",         "Proxy-Connection",  "TE",         "Trailer"};
  return std::ranges::any_of(kOwn, [&](std::string_view own) { return base::equals_ignoring_case(own, header); });
}

/// "Name: value" lines, as curl reads them from a file.
std::vector<std::string> headers_in(const Given& file) {
  const auto content = base::read_file(file.value, kMostHeaderBytes);
  const auto wrong = [&file](std::string_view why) {
    return base::UsageError(
        fmt::format("cannot read headers ({}) from the file '{}': {}", file.place, file.value, why));
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
    if (is_of_the_connection(line.substr(0, colon)))
      throw wrong(fmt::format("{} is sent by itself; leave it out", line.substr(0, colon)));
    headers.emplace_back(line);
  }
  if (headers.empty()) throw wrong("it is empty");
  return headers;
}

base::UsageError two_logins(const Given& one, const Given& other) {
  return base::UsageError(fmt::format("{} and {} are two logins; give one", one.place, other.place));
}

/// Throws the error of a failed call.
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
  if (const std::string* from = response.header("Vacancy-From")) answer.from = *from;
  return answer;
}

}  // namespace

Remote::Remote(const Access& access) : administration_(access.administration) {
  Chosen server = chosen(access);
  const auto url = probe::parse_call_url(server.url.value);
  if (!url || url->has_query)
    throw base::UsageError(fmt::format("{}: '{}' is not a URL of the form http://HOST[:PORT][/PATH], or https",
                                       server.url.place, probe::shown_url(server.url.value)));
  origin_ = url->origin;
  prefix_ = url->path;
  while (prefix_.ends_with('/')) prefix_.pop_back();
  url_ = origin_ + prefix_;
  local_ = url->local;
  if (server.ca_file) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(server.ca_file.value, ignored))
      throw base::UsageError(
          fmt::format("{}: '{}' is no file with certificates", server.ca_file.place, server.ca_file.value));
    login_.ca_file = server.ca_file.value;
  }
  if (server.header_file) login_.secret_headers = headers_in(server.header_file);
  // A flag replaces the login in the URL of the configuration; two at one place are a mistake.
  const Given& by_file = server.token_file ? server.token_file : server.login_file;
  const bool in_url = !url->user.empty() && !(by_file.here && !server.url.here);
  if (in_url && by_file) throw two_logins(server.url, by_file);
  if (server.token_file && server.login_file) throw two_logins(server.token_file, server.login_file);
  if (in_url) {
    login_.username = url->user;
    login_.password = url->password;
  }
  if (const Given& file = server.login_file) {
    const std::string login = base::read_secret(fmt::format("the login ({})", file.place), file.value);
    const auto colon = login.find(':');
    if (colon == 0 || colon == std::string::npos || !base::is_printable_utf8(login))
      throw base::UsageError(fmt::format("the file '{}' ({}) does not hold USER:PASSWORD", file.value, file.place));
    login_.username = login.substr(0, colon);
    login_.password = login.substr(colon + 1);
  }
  if (administration_ && !server.token_file && login_.username.empty()) {
    std::error_code ignored;
    if (!access.may_lack_token || std::filesystem::exists(kAdminToken, ignored))
      server.token_file = {kAdminToken, "--token-file"};
  }
  if (const Given& file = server.token_file) {
    login_.bearer = base::read_secret(fmt::format("the {} ({})", administration_ ? "admin token" : "token", file.place),
                                      file.value);
    if (!base::is_printable_utf8(login_.bearer))
      throw base::UsageError(
          fmt::format("the file '{}' ({}) holds more than one line of text", file.value, file.place));
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
