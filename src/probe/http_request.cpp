#include "probe/http_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"
#include "probe/observation.hpp"
#include "probe/placeholders.hpp"
#include "probe/url.hpp"

namespace probe {
namespace {

template <class T>
using Or = std::expected<T, std::string>;

constexpr std::size_t kShownBody = 4096;
constexpr std::string_view kHidden = "…";
/// Shorter ones are left alone: to hide them would garble the answer.
constexpr std::size_t kShortestSecret = 6;

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

Or<std::string> secret_from(const std::string& option, const std::string& file) {
  try {
    std::string secret = base::read_secret(option, file);
    if (base::is_printable_utf8(secret)) return secret;
    return std::unexpected(fmt::format("the file '{}' of {} holds more than one line of text", file, option));
  } catch (const base::UsageError& error) {
    return std::unexpected(std::string(error.what()));
  }
}

Or<std::string> from_environment(const char* name) {
  const char* value = std::getenv(name);
  if (value != nullptr && *value != '\0' && base::is_printable_utf8(value)) return value;
  return std::unexpected(fmt::format("sigv4 needs {}, which the environment lacks", name));
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

std::string base64(std::string_view text) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 3) {
    const auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U; };
    const unsigned bits = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    for (const int shift : {18, 12, 6, 0}) out += kDigits[bits >> shift & 63];
    if (i + 2 >= text.size())
      out.replace(out.size() - (i + 3 - text.size()), std::string::npos, i + 3 - text.size(), '=');
  }
  return out;
}

std::vector<std::string> secrets_of(const Request& request) {
  std::vector<std::string> all = {request.bearer, request.password};
  if (!request.password.empty()) all.push_back(base64(request.username + ":" + request.password));
  for (const std::string& header : request.headers) {
    const auto [name, value] = split_header(header);
    if (!looks_secret(name)) continue;
    all.emplace_back(value);
    // The token in "Bearer TOKEN".
    all.emplace_back(value.substr(value.rfind(' ') + 1));
  }
  for (const std::string& header : request.secret_headers) all.emplace_back(split_header(header).second);
  std::erase_if(all, [](const std::string& secret) { return secret.size() < kShortestSecret; });
  std::ranges::sort(all, std::greater{}, &std::string::size);
  return all;
}

void hide(std::string& text, const std::string& secret) {
  for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at + kHidden.size()))
    text.replace(at, secret.size(), kHidden);
}

void show_header(std::string& out, std::string_view name, std::string_view value) {
  out += fmt::format("{}: {}\n", name, looks_secret(name) ? kHidden : value);
}

void show_body(std::string& out, std::string_view body) {
  if (body.empty()) return;
  out += '\n';
  out += body.substr(0, kShownBody);
  if (body.size() > kShownBody) out += fmt::format("\n({} bytes in all)", body.size());
}

}  // namespace

Or<Request> make_request(const config::HttpOptions& options, std::span<const core::Profile> profiles) {
  Request request{.method = options.method,
                  .url = options.url,
                  .headers = options.headers,
                  .body = options.body,
                  .ca_file = options.ca_file,
                  .max_redirects = options.max_redirects,
                  .max_bytes = options.max_bytes};
  if (!options.batch) {
    request.url = expand(options.url, profiles.front(), percent_encode);
    request.body = expand(options.body, profiles.front(), json_escape);
  } else if (options.body.empty()) {
    request.body = to_json(profiles);
  }
  if (!request.body.empty() && !has_header(request, "Content-Type"))
    request.headers.emplace_back("Content-Type: application/json");
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
  show_body(out, request.body);
  return out;
}

std::string shown(const Response& response) {
  std::string out = response.status_line + '\n';
  for (const auto& [name, value] : response.headers) show_header(out, name, value);
  show_body(out, response.body);
  return out;
}

void hide_secrets(Response& response, const Request& request) {
  for (const std::string& secret : secrets_of(request)) {
    hide(response.status_line, secret);
    for (auto& [name, value] : response.headers) hide(value, secret);
    hide(response.body, secret);
  }
}

}  // namespace probe
