#include "config/url.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/text.hpp"
#include "base/utf8.hpp"
#include "config/scalar.hpp"

namespace config {
namespace {

/// HOST and ":PORT" of an authority.
std::pair<std::string_view, std::string_view> split(std::string_view authority) {
  const auto from = authority.starts_with('[') ? std::min(authority.find(']'), authority.size()) : 0;
  const auto colon = std::min(authority.find(':', from), authority.size());
  return {authority.substr(0, colon), authority.substr(colon)};
}

bool is_address(std::string_view host) {
  if (!host.starts_with('[')) return !host.contains(']');
  // Without the zone.
  const std::string_view address = host.substr(1, host.find_first_of("%]") - 1);
  return host.ends_with(']') && address.contains(':') &&
         address.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
}

/// Names without anything between two dots, with an escape, or with characters that nobody sees.
bool is_name(std::string_view host) {
  if (host.starts_with('.') || host.contains("..") || host.contains('%')) return false;
  for (std::string_view rest = host; !rest.empty();) {
    const base::Character first = base::first_character(rest);
    if (first.bytes == 0 || base::is_invisible(first.code)) return false;
    rest.remove_prefix(first.bytes);
  }
  return true;
}

}  // namespace

std::string wrong_authority(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  std::string_view authority = url.substr(0, url.find_first_of("/?#"));
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
  const auto [host, port] = split(authority);
  if (host.empty()) return "names no host; write one, such as capacity.example.org";
  if (!host.contains('{') && !is_address(host))
    return fmt::format("'{}' is no host; write an IPv6 address in brackets, such as [::1]", host);
  if (!host.starts_with('[') && !is_name(host))
    return fmt::format("'{}' is no host; write a name such as capacity.example.org, as DNS has it",
                       base::to_utf8(host));
  if (port.contains('{') || port.empty()) return {};
  std::uint16_t number = 0;
  if (assign(number, port.substr(1)) && number > 0) return {};
  return fmt::format("'{}' is not a port; write one from 1 to 65535, or none", port.substr(1));
}

bool is_ip_address(std::string_view text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  const std::string host(text.substr(0, text.contains(':') ? text.find('%') : std::string_view::npos));
  return ::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace config
