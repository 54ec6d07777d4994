#include <algorithm>

#include "config/checks.hpp"

namespace config {
namespace {

/// "*", nothing, or scheme://host[:port] as browsers send it.
bool is_origin(std::string_view text) {
  if (text.empty() || text == "*") return true;
  const auto scheme = text.find("://");
  if (scheme == std::string_view::npos || !(text.starts_with("http://") || text.starts_with("https://"))) return false;
  const std::string_view host = text.substr(scheme + 3);
  return !host.empty() && host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-:[]") == std::string_view::npos;
}

/// A source of CSP's frame-ancestors that stands among `count` of them.
bool is_frame_ancestor(std::string_view text, std::size_t count) {
  if (text == "none") return count == 1;
  if (text == "*") return true;
  const auto scheme = text.find("://");
  if (scheme == std::string_view::npos || !(text.starts_with("http://") || text.starts_with("https://"))) return false;
  std::string_view host = text.substr(scheme + 3);
  if (host.starts_with("*.")) host.remove_prefix(2);
  return host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-:") == std::string_view::npos &&
         wrong_authority(host).empty();
}

/// http(s)://HOST[:PORT][/PREFIX], of characters that need no quotes in Markdown, HTML or a shell.
bool is_public_url(std::string_view url) {
  if (!url.starts_with("http://") && !url.starts_with("https://")) return false;
  const auto plain = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~:/[]").contains(c);
  };
  return std::ranges::all_of(url, plain) && !url.ends_with('/') && wrong_authority(url).empty();
}

}  // namespace

void check_portal(const PortalConfig& portal) {
  check_http(portal.http, "portal.http");
  const std::string path = "portal.hardware_urls";
  check(!portal.hardware_urls.empty(), path, "is empty; give at least one, such as http://localhost:5001");
  for (std::size_t i = 0; i < portal.hardware_urls.size(); ++i) {
    const std::string& url = portal.hardware_urls[i];
    check(is_http_url(url), fmt::format("{}[{}]", path, i),
          fmt::format("'{}' is not a service's address; write http://HOST:PORT", url));
    check(is_ascii(url), fmt::format("{}[{}]", path, i),
          fmt::format("'{}' has a host in other letters than those of ASCII; write it as DNS has it, xn--…", url));
  }
  check_positive(portal.poll_interval, "portal.poll_interval");
  check_positive(portal.poll_timeout, "portal.poll_timeout");
  check(is_origin(portal.allow_origin), "portal.allow_origin",
        fmt::format("'{}' is not an origin; write *, or one such as https://wiki.example.org, or nothing",
                    portal.allow_origin));
  for (std::size_t i = 0; i < portal.frame_ancestors.size(); ++i)
    check(
        is_frame_ancestor(portal.frame_ancestors[i], portal.frame_ancestors.size()),
        fmt::format("portal.frame_ancestors[{}]", i),
        fmt::format("'{}' names no site; write one such as https://wiki.example.org or https://*.example.org, or * for "
                    "all, or none alone",
                    portal.frame_ancestors[i]));
  check(portal.public_url.empty() || is_public_url(portal.public_url), "portal.public_url",
        fmt::format(
            "'{}' is not where people reach the portal; write https://HOST[:PORT][/PREFIX] or http://…, in ASCII, "
            "without a slash at the end",
            portal.public_url));
}

}  // namespace config
