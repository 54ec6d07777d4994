#include "probe/url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.hpp"

namespace probe {
namespace {

constexpr std::string_view kUnreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

/// authority: "https://user@host:port"; the others begin with '/', '?' and '#', or are empty.
struct Parts {
  std::string_view authority;
  std::string_view path;
  std::string_view query;
  std::string_view fragment;
};

Parts split(std::string_view url) {
  const auto scheme = url.find("://");
  const auto from = scheme == std::string_view::npos ? 0 : scheme + 3;
  const auto hash = std::min(url.find('#', from), url.size());
  const auto question = std::min(url.find('?', from), hash);
  const auto slash = std::min(url.find('/', from), question);
  return {url.substr(0, slash), url.substr(slash, question - slash), url.substr(question, hash - question),
          url.substr(hash)};
}

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

/// "user:password" of "https://user:password@host".
std::string_view user_of(const Parts& parts) {
  const auto scheme = parts.authority.find("://");
  const auto at = parts.authority.rfind('@');
  if (scheme == std::string_view::npos || at == std::string_view::npos) return {};
  return parts.authority.substr(scheme + 3, at - scheme - 3);
}

std::string percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = 0;
    const auto digits = text.substr(i + 1, 2);
    const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16).ptr;
    if (text[i] == '%' && digits.size() == 2 && end == digits.data() + 2) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

}  // namespace

bool is_secret_parameter(std::string_view name) {
  // "code" of Azure functions, "sig" of shared access signatures.
  constexpr std::string_view kShort[] = {"code", "sig", "k",     "p",      "pw",  "pin", "otp", "totp",  "mfa",
                                         "hash", "sid", "appid", "app_id", "pat", "sas", "tok", "ticket"};
  const std::string plain = percent_decode(name);
  return looks_secret(plain) ||
         std::ranges::any_of(kShort, [&](std::string_view word) { return base::equals_ignoring_case(plain, word); });
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (kUnreserved.contains(c))
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::expected<std::string, std::string> signable_url(std::string_view url) {
  const Parts parts = split(url);
  const auto wrong = std::ranges::find_if(parts.path, [](char c) { return c != '/' && !kUnreserved.contains(c); });
  if (wrong != parts.path.end() || parts.path.contains("//"))
    return std::unexpected(fmt::format(
        "the path {} cannot be signed; with sigv4, a path has only letters, digits, - . _ ~ and single /", parts.path));
  std::vector<std::pair<std::string, std::string>> sorted;
  for (const auto& [name, value] : parameters(parts.query))
    sorted.emplace_back(percent_encode(percent_decode(name)), percent_encode(percent_decode(value.value_or(""))));
  std::ranges::sort(sorted);
  std::string out(parts.authority);
  out += parts.path;
  for (char separator = '?'; const auto& [name, value] : sorted)
    out += fmt::format("{}{}={}", std::exchange(separator, '&'), name, value);
  return out;
}

std::string shown_url(std::string_view url) {
  const Parts parts = split(url);
  std::string out(parts.authority);
  if (const std::string_view user = user_of(parts); !user.empty()) out.replace(out.find("://") + 3, user.size(), "…");
  out += parts.path;
  for (char separator = '?'; const auto& [name, value] : parameters(parts.query)) {
    out += fmt::format("{}{}", std::exchange(separator, '&'), name);
    if (value) out += fmt::format("={}", is_secret_parameter(name) ? "…" : *value);
  }
  return out.append(parts.fragment);
}

void add_url_secrets(Secrets& secrets, std::string_view url) {
  const Parts parts = split(url);
  const std::string_view user = user_of(parts);
  const auto colon = std::min(user.find(':'), user.size());
  // Without a password, the name is what opens the door.
  if (colon == user.size())
    secrets.add(percent_decode(user));
  else
    secrets.add_login(percent_decode(user.substr(0, colon)), percent_decode(user.substr(colon + 1)));
  add_form_secrets(secrets, parts.query);
}

void add_form_secrets(Secrets& secrets, std::string_view form) {
  for (const auto& [name, value] : parameters(form)) {
    if (!value || !is_secret_parameter(name)) continue;
    secrets.add(*value);
    secrets.add(percent_decode(*value));
  }
}

bool looks_secret(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  constexpr std::string_view kWords[] = {"auth",      "token", "key", "cookie",  "secret",  "pass",   "pwd",
                                         "signature", "cred",  "jwt", "session", "private", "bearer", "hmac"};
  return std::ranges::any_of(kWords, [&](std::string_view word) { return lower.contains(word); });
}

}  // namespace probe
