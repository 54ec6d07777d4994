#include "probe/url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "base/url.hpp"

namespace probe {
namespace {

/// The parameters of a query, which may begin with '?'. One without '=' has no value.
std::vector<std::pair<std::string_view, std::optional<std::string_view>>> parameters(std::string_view query) {
  std::vector<std::pair<std::string_view, std::optional<std::string_view>>> all;
  if (query.starts_with('?')) query.remove_prefix(1);
  while (!query.empty()) {
    const auto piece = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(piece.size() + 1, query.size()));
    const auto equals = piece.find('=');
    if (equals != std::string_view::npos)
      all.emplace_back(piece.substr(0, equals), piece.substr(equals + 1));
    else if (!piece.empty())
      all.emplace_back(piece, std::nullopt);
  }
  return all;
}

/// '+' is a blank, as in forms; a '%' without two digits is itself.
std::string decoded(std::string_view text) {
  return base::percent_decode_loosely(text, true);
}

}  // namespace

bool is_secret_parameter(std::string_view name) {
  // "code" of Azure functions, "sig" of shared access signatures.
  constexpr std::string_view kShort[] = {"code", "sig", "k",     "p",      "pw",  "pin", "otp", "totp",  "mfa",
                                         "hash", "sid", "appid", "app_id", "pat", "sas", "tok", "ticket"};
  const std::string plain = decoded(name);
  return looks_secret(plain) ||
         std::ranges::any_of(kShort, [&](std::string_view word) { return base::equals_ignoring_case(plain, word); });
}

std::expected<std::string, std::string> signable_url(std::string_view url) {
  const base::UrlParts parts = base::split_url(url);
  const auto wrong = std::ranges::find_if(parts.path, [](char c) { return c != '/' && !base::is_unreserved(c); });
  if (wrong != parts.path.end() || parts.path.contains("//"))
    return std::unexpected(fmt::format(
        "the path {} cannot be signed; with sigv4, a path has only letters, digits, - . _ ~ and single /", parts.path));
  std::vector<std::pair<std::string, std::string>> sorted;
  for (const auto& [name, value] : parameters(parts.query))
    sorted.emplace_back(base::percent_encode(decoded(name)), base::percent_encode(decoded(value.value_or(""))));
  std::ranges::sort(sorted);
  std::string out(url.substr(0, url.find_first_of("?#")));
  for (char separator = '?'; const auto& [name, value] : sorted)
    out += fmt::format("{}{}={}", std::exchange(separator, '&'), name, value);
  return out;
}

std::string shown_url(std::string_view url) {
  const base::UrlParts parts = base::split_url(url);
  std::string out(url.substr(0, url.find_first_of("?#")));
  if (!parts.user.empty())
    out.replace(static_cast<std::size_t>(parts.user.data() - url.data()), parts.user.size(), "…");
  for (char separator = '?'; const auto& [name, value] : parameters(parts.query)) {
    out += fmt::format("{}{}", std::exchange(separator, '&'), name);
    if (value) out += fmt::format("={}", is_secret_parameter(name) ? "…" : *value);
  }
  return out.append(parts.fragment);
}

std::string form_of(const std::vector<std::pair<std::string_view, std::string>>& fields) {
  std::string text;
  for (const auto& [name, value] : fields)
    text += fmt::format("{}{}={}", text.empty() ? "" : "&", name, base::percent_encode(value));
  return text;
}

std::string with_parameter(std::string_view url, std::string_view name, std::string_view value) {
  std::string out(url.substr(0, url.find_first_of("?#")));
  char separator = '?';
  for (const auto& [other, text] : parameters(base::split_url(url).query)) {
    if (decoded(other) == name) continue;
    out += fmt::format("{}{}", std::exchange(separator, '&'), other);
    if (text) out += fmt::format("={}", *text);
  }
  return out + fmt::format("{}{}={}", separator, base::percent_encode(name), base::percent_encode(value));
}

void add_url_secrets(Secrets& secrets, std::string_view url) {
  const base::UrlParts parts = base::split_url(url);
  const std::string_view user = parts.user;
  const auto colon = std::min(user.find(':'), user.size());
  // Without a password, the name is what opens the door.
  if (colon == user.size())
    secrets.add(decoded(user));
  else
    secrets.add_login(decoded(user.substr(0, colon)), decoded(user.substr(colon + 1)));
  add_form_secrets(secrets, parts.query);
}

void add_form_secrets(Secrets& secrets, std::string_view form) {
  for (const auto& [name, value] : parameters(form)) {
    if (!value || !is_secret_parameter(name)) continue;
    secrets.add(*value);
    secrets.add(decoded(*value));
  }
}

bool looks_secret(std::string_view name) {
  const std::string lower = base::lower(name);
  constexpr std::string_view kWords[] = {"auth",    "token",   "key",       "cookie", "secret",
                                         "pass",    "pwd",     "signature", "cred",   "jwt",
                                         "session", "private", "bearer",    "hmac",   "assertion"};
  return std::ranges::any_of(kWords, [&](std::string_view word) { return lower.contains(word); });
}

}  // namespace probe
