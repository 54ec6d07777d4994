#include "base/url.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "base/utf8.hpp"

namespace base {
namespace {

/// The text before the first of `ends`, taken off `rest`.
std::string_view take_until(std::string_view& rest, std::string_view ends) {
  const std::string_view taken = rest.substr(0, rest.find_first_of(ends));
  rest.remove_prefix(taken.size());
  return taken;
}

/// Names without anything between two dots, with an escape, or with characters that nobody sees.
bool is_name(std::string_view host) {
  if (host.starts_with('.') || host.contains("..") || host.find_first_of("%]") != std::string_view::npos) return false;
  for (std::string_view rest = host; !rest.empty();) {
    const Character first = first_character(rest);
    if (first.bytes == 0 || is_invisible(first.code)) return false;
    rest.remove_prefix(first.bytes);
  }
  return true;
}

/// The byte of an escape at the beginning of `text`, or -1.
int escaped(std::string_view text) {
  if (text.size() < 3 || text.front() != '%') return -1;
  const int high = hex_value(text[1]);
  const int low = hex_value(text[2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

}  // namespace

UrlParts split_url(std::string_view url) {
  UrlParts parts;
  if (const auto mark = url.find("://"); mark < url.find_first_of("/?#")) {
    parts.scheme = url.substr(0, mark);
    url.remove_prefix(mark + 3);
  }
  std::string_view authority = take_until(url, "/?#");
  parts.path = take_until(url, "?#");
  parts.query = take_until(url, "#");
  parts.fragment = url;
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    parts.user = authority.substr(0, at);
    authority.remove_prefix(at + 1);
  }
  const auto bracket = authority.starts_with('[') ? std::min(authority.find(']'), authority.size()) : 0;
  parts.port = authority.substr(std::min(authority.find(':', bracket), authority.size()));
  parts.host = authority.substr(0, authority.size() - parts.port.size());
  return parts;
}

std::string without_login(std::string_view url) {
  // The last one: a password may have signs that belong escaped.
  const auto sign = url.rfind('@');
  if (sign == std::string_view::npos) return std::string(url);
  const auto scheme = url.find("://");
  return fmt::format("{}…{}", scheme < sign ? url.substr(0, scheme + 3) : "", url.substr(sign));
}

std::string_view without_brackets(std::string_view host) {
  return host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
}

std::string wrong_authority(std::string_view url) {
  const auto [scheme, user, host, port, path, query, fragment] = split_url(url);
  if (host.empty()) return "names no host; write one, such as capacity.example.org";
  const bool v6 = host.starts_with('[');
  const std::string_view address = without_brackets(host);
  if (v6 && !host.contains('{') && (address == host || !address.contains(':') || !is_ip_address(address)))
    return fmt::format("'{}' is no host; write an IPv6 address in brackets, such as [::1]", host);
  if (!v6 && !is_name(host))
    return fmt::format("'{}' is no host; write a name such as capacity.example.org, as DNS has it", to_utf8(host));
  if (port.contains('{') || port.empty() || number_of<std::uint16_t>(port.substr(1)).value_or(0) > 0) return {};
  return fmt::format("'{}' is not a port; write one from 1 to 65535, or none", port.substr(1));
}

bool is_ip_address(std::string_view text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  const std::string host(text.substr(0, text.contains(':') ? text.find('%') : std::string_view::npos));
  return ::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

std::string Url::authority() const {
  return host.contains(':') ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

Result<Url> parse_url(std::string_view text) {
  const auto no_part = [](char c) { return c <= ' ' || c > '~' || std::string_view("?#{").contains(c); };
  const UrlParts parts = split_url(text);
  const bool has_login = text.substr(0, text.find('/', parts.scheme.size() + 3)).contains('@');
  if (parts.scheme != "http" || has_login || std::ranges::any_of(text, no_part) || !wrong_authority(text).empty())
    return fail(Errc::invalid, fmt::format("'{}' is not a URL of the form http://HOST[:PORT]", without_login(text)));
  Url url{.host = std::string(without_brackets(parts.host)), .prefix = std::string(parts.path)};
  if (!parts.port.empty()) url.port = number_of<std::uint16_t>(parts.port.substr(1)).value_or(0);
  while (url.prefix.ends_with('/')) url.prefix.pop_back();
  return url;
}

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~").contains(c);
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c))
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  for (auto at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 3))
    if (escaped(text.substr(at)) <= 0) return std::nullopt;
  return percent_decode_loosely(text, plus_is_space);
}

std::string percent_decode_loosely(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (const int byte = escaped(text.substr(i)); byte >= 0) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += text[i] == '+' && plus_is_space ? ' ' : text[i];
    }
  }
  return out;
}

}  // namespace base
