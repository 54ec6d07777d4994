#include "probe/http_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "probe/json.hpp"
#include "probe/json_answer.hpp"
#include "probe/placeholders.hpp"
#include "probe/url.hpp"

namespace probe {
namespace {

template <class T>
using Or = std::expected<T, std::string>;

constexpr std::size_t kShownBody = 4096;
constexpr std::string_view kHidden = "…";
/// Beyond what is shown: a secret at its end is seen whole before the rest is cut off.
constexpr std::size_t kLookedAt = 4 * kShownBody;

std::pair<std::string_view, std::string_view> split_header(std::string_view header) {
  const auto colon = std::min(header.find(':'), header.size());
  return {base::trim(header.substr(0, colon)), base::trim(header.substr(std::min(colon + 1, header.size())))};
}

bool has_header(const Request& request, std::string_view name) {
  return std::ranges::any_of(request.headers, [&](const std::string& header) {
    return base::equals_ignoring_case(split_header(header).first, name);
  });
}

/// Would libcurl take this header along to another host? It keeps its own logins and these two from others.
bool travels(const std::string& header) {
  const auto name = split_header(header).first;
  return looks_secret(name) && !base::equals_ignoring_case(name, "Authorization") &&
         !base::equals_ignoring_case(name, "Cookie");
}

std::string json_escape(std::string_view text) {
  std::string quoted;
  base::append_json_string(quoted, text);
  return quoted.substr(1, quoted.size() - 2);
}

Or<std::string> from_environment(const char* name) {
  const char* value = std::getenv(name);
  if (value != nullptr && *value != '\0' && base::is_printable_utf8(value)) return value;
  return std::unexpected(fmt::format("sigv4 needs {}, which the environment lacks", name));
}

/// One header of each name: AWS signs the values of a repeated one as a list, which libcurl does not. A name that has a
/// secret value stays among the secret ones.
void merge_repeated(Request& request) {
  std::vector<std::string> plain;
  for (const std::string& header : std::exchange(request.headers, {})) {
    const auto [name, value] = split_header(header);
    const auto same = [&, name](const std::string& other) {
      return base::equals_ignoring_case(split_header(other).first, name);
    };
    const auto secret = std::ranges::find_if(request.secret_headers, same);
    const auto earlier = std::ranges::find_if(plain, same);
    if (secret != request.secret_headers.end())
      *secret += fmt::format(",{}", value);
    else if (earlier != plain.end())
      *earlier += fmt::format(",{}", value);
    else
      plain.push_back(header);
  }
  request.headers = std::move(plain);
}

Or<void> sign(Request& request, const config::Sigv4& sigv4) {
  auto url = signable_url(request.url);
  if (!url) return std::unexpected(std::move(url.error()));
  auto key = from_environment("AWS_ACCESS_KEY_ID");
  if (!key) return std::unexpected(std::move(key.error()));
  auto secret = from_environment("AWS_SECRET_ACCESS_KEY");
  if (!secret) return std::unexpected(std::move(secret.error()));
  request.url = std::move(*url);
  request.username = std::move(*key);
  request.password = std::move(*secret);
  request.sigv4 = fmt::format("aws:amz:{}:{}", sigv4.region, sigv4.service);
  // Credentials that do not expire come without a token.
  if (const auto token = from_environment("AWS_SESSION_TOKEN"))
    request.headers.push_back("X-Amz-Security-Token: " + *token);
  merge_repeated(request);
  // libcurl would send the signature for one URL to another.
  request.max_redirects = 0;
  return {};
}

/// Adds the headers whose values are in files.
Or<void> add_secret_headers(Request& request, const config::HttpOptions& options) {
  for (const std::string& entry : options.header_files) {
    const auto [name, file] = split_header(entry);
    auto value = secret_from("header_files", std::string(file));
    if (!value) return std::unexpected(std::move(value.error()));
    request.secret_headers.push_back(fmt::format("{}: {}", name, *value));
  }
  // libcurl would take them along to another host.
  if (!request.secret_headers.empty()) request.max_redirects = 0;
  return {};
}

Or<void> log_in(Request& request, const config::HttpOptions& options) {
  if (!options.sigv4.region.empty()) return sign(request, options.sigv4);
  const auto read = [](std::string& out, const std::string& option, const std::string& file) -> Or<void> {
    auto secret = secret_from(option, file);
    if (!secret) return std::unexpected(std::move(secret.error()));
    out = std::move(*secret);
    return {};
  };
  if (!options.token_file.empty()) return read(request.bearer, "token_file", options.token_file);
  if (options.username.empty()) return {};
  request.username = options.username;
  return read(request.password, "password_file", options.password_file);
}

void show_header(std::string& out, std::string_view name, std::string_view value) {
  out += fmt::format("{}: {}\n", name, looks_secret(name) ? kHidden : value);
}

void show_body(std::string& out, std::string_view body, const Secrets& secrets) {
  if (body.empty()) return;
  out += '\n';
  out += secrets.blotted(body.substr(0, kLookedAt)).substr(0, kShownBody);
  if (body.size() > kShownBody) out += fmt::format("\n({} bytes in all)", body.size());
}

/// Adds the texts and numbers in `value`; of an object not `within` a secret only those with a name that looks secret.
void add_json_secrets(Secrets& secrets, const boost::json::value& value, bool within) {
  if (const auto* object = value.if_object()) {
    for (const auto& [name, member] : *object) add_json_secrets(secrets, member, within || is_secret_parameter(name));
  } else if (const auto* array = value.if_array()) {
    for (const auto& item : *array) add_json_secrets(secrets, item, within);
  } else if (const auto* text = value.if_string(); text != nullptr && within) {
    secrets.add(*text);
  } else if (value.is_number() && within) {
    secrets.add(boost::json::serialize(value));
  }
}

/// Of a body in JSON, or else of a form's.
void add_body_secrets(Secrets& secrets, std::string_view body) {
  if (const auto value = parse_json(body))
    add_json_secrets(secrets, *value, false);
  else
    add_form_secrets(secrets, body);
}

}  // namespace

Or<std::string> secret_from(const std::string& option, const std::string& file) {
  try {
    std::string secret = base::read_secret(option, file);
    if (base::is_printable_utf8(secret)) return secret;
    return std::unexpected(fmt::format("the file '{}' of {} holds more than one line of text", file, option));
  } catch (const base::UsageError& error) {
    return std::unexpected(std::string(error.what()));
  }
}

std::string wrong_ca_file(const std::string& file) {
  std::error_code ignored;
  return file.empty() || std::filesystem::is_regular_file(file, ignored) ? "" : no_certificates(file);
}

Or<Request> make_request(const config::HttpOptions& options, std::span<const core::Profile> profiles) {
  Request request{.method = options.method,
                  .url = options.url,
                  .headers = options.headers,
                  .body = options.body,
                  .ca_file = options.ca_file,
                  .max_redirects = options.max_redirects,
                  .max_bytes = options.max_bytes};
  if (!options.batch) {
    request.url = expand(options.url, profiles.front(), base::percent_encode);
    request.body = expand(options.body, profiles.front(), json_escape);
  } else if (options.body.empty() && !options.rules.by_profile()) {
    request.body = to_json(profiles);
  }
  if (!request.body.empty() && !has_header(request, "Content-Type"))
    request.headers.emplace_back("Content-Type: application/json");
  if (auto wrong = wrong_ca_file(options.ca_file); !wrong.empty()) return std::unexpected(std::move(wrong));
  if (std::ranges::any_of(request.headers, travels)) request.max_redirects = 0;
  if (auto fine = add_secret_headers(request, options); !fine) return std::unexpected(std::move(fine.error()));
  if (auto fine = log_in(request, options); !fine) return std::unexpected(std::move(fine.error()));
  return request;
}

std::string shown(const Request& request) {
  std::string out = fmt::format("{} {}\n", request.method, shown_url(request.url));
  for (const std::string& header : request.headers) {
    const auto [name, value] = split_header(header);
    show_header(out, name, value);
  }
  for (const std::string& header : request.secret_headers)
    out += fmt::format("{}: {}\n", split_header(header).first, kHidden);
  if (!request.bearer.empty() || !request.username.empty()) show_header(out, "Authorization", "");
  const Secrets secrets = secrets_of(request);
  out = secrets.blotted(out);
  show_body(out, request.body, secrets);
  return out;
}

std::string shown(const Response& response, const Secrets& secrets) {
  std::string out = response.status_line + '\n';
  for (const auto& [name, value] : response.headers) show_header(out, name, value);
  out = secrets.blotted(out);
  show_body(out, response.body, secrets);
  return out;
}

Secrets secrets_of(const Request& request) {
  Secrets secrets;
  secrets.add_header(request.bearer);
  secrets.add_login(request.username, request.password);
  if (!request.sigv4.empty()) {
    secrets.add(request.username);
    secrets.add_signatures();
  }
  for (const std::string& header : request.headers)
    if (const auto [name, value] = split_header(header); looks_secret(name)) secrets.add_header(value);
  for (const std::string& header : request.secret_headers) secrets.add_header(split_header(header).second);
  add_url_secrets(secrets, request.url);
  add_body_secrets(secrets, request.body);
  for (const char* proxy : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"})
    if (const char* url = std::getenv(proxy)) add_url_secrets(secrets, url);
  return secrets;
}

}  // namespace probe
