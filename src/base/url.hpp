#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

/// URLs as people write them. Checks and uses share this parser, so that they agree. Pure; thread-safe. Not Boost.URL:
/// docs/adr/0026-a-parser-of-urls-of-our-own.md.
namespace base {

/// The parts of a URL, unchanged; "" for one that is not there. Nothing is checked.
struct UrlParts {
  std::string_view scheme;
  /// "USER" or "USER:PASSWORD".
  std::string_view user;
  /// An IPv6 address has its brackets.
  std::string_view host;
  /// Begins with ':', as those below with '/', '?' and '#'.
  std::string_view port;
  std::string_view path;
  std::string_view query;
  std::string_view fragment;

  bool is_web() const { return scheme == "http" || scheme == "https"; }
};
UrlParts split_url(std::string_view url);

/// The same URL for messages: with … instead of USER:PASSWORD, and of all that may be a part of it.
std::string without_login(std::string_view url);

/// "::1" of "[::1]"; any other host as it is.
std::string_view without_brackets(std::string_view host);

/// The mistake in the HOST[:PORT] of `url`, with the right form; "" for none. A part with a placeholder such as {name}
/// is not checked.
std::string wrong_authority(std::string_view url);

/// Is this an IP address without brackets? One of IPv6 may have a zone.
bool is_ip_address(std::string_view text);

/// Where a service is: http://HOST[:PORT][/PREFIX].
struct Url {
  /// Without brackets.
  std::string host;
  std::uint16_t port = 80;
  /// Begins with '/' or is empty; no slash at the end.
  std::string prefix;

  /// "host:port", as in a Host header.
  std::string authority() const;

  bool operator==(const Url&) const = default;
};
/// invalid: another scheme, a user, a query, a wrong_authority, or a character that no URL has.
Result<Url> parse_url(std::string_view text);

/// Escapes all but unreserved characters (RFC 3986, section 2.3): fit for one path segment or query value.
std::string percent_encode(std::string_view text);
/// Is this character one that needs no escape?
bool is_unreserved(char c);
/// Undoes it; '+' is a blank when `plus_is_space`. Nothing when an escape is not valid or gives a NUL byte.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);
/// The same, but a '%' without two digits is itself.
std::string percent_decode_loosely(std::string_view text, bool plus_is_space);

}  // namespace base
