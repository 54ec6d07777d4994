#include <algorithm>

#include "config/checks.hpp"

namespace config {
namespace {

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// scheme://host[:port] as browsers send it.
bool is_site(std::string_view text) {
  const base::UrlParts parts = base::split_url(text);
  return parts.is_web() && parts.path.empty() && base::wrong_authority(text).empty() &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-:[]/") == std::string_view::npos;
}

/// A source of CSP's frame-ancestors that stands among `count` of them.
bool is_frame_ancestor(std::string text, std::size_t count) {
  if (text == "none") return count == 1;
  if (const auto any = text.find("://*."); any != std::string::npos) text.erase(any + 3, 2);
  return text == "*" || (is_site(text) && !text.contains('['));
}

/// http(s)://HOST[:PORT][/PREFIX], of characters that need no quotes in Markdown, HTML or a shell.
bool is_public_url(std::string_view url) {
  const auto plain = [](char c) { return base::is_unreserved(c) || std::string_view(":/[]").contains(c); };
  return base::split_url(url).is_web() && std::ranges::all_of(url, plain) && !url.ends_with('/') &&
         base::wrong_authority(url).empty();
}

}  // namespace

void check_portal(const PortalConfig& portal) {
  check_http(portal.http, "portal.http");
  const std::string path = "portal.hardware_urls";
  check(!portal.hardware_urls.empty(), path, "is empty; give at least one, such as http://localhost:5001");
  for (std::size_t i = 0; i < portal.hardware_urls.size(); ++i) {
    const std::string& url = portal.hardware_urls[i];
    check(is_ascii(url), fmt::format("{}[{}]", path, i),
          fmt::format("'{}' has a host in other letters than those of ASCII; write it as DNS has it, xn--…",
                      base::without_login(url)));
    check(base::parse_url(url).has_value(), fmt::format("{}[{}]", path, i),
          fmt::format("'{}' is not a service's address; write http://HOST:PORT", base::without_login(url)));
  }
  check_positive(portal.poll_interval, "portal.poll_interval");
  check_positive(portal.poll_timeout, "portal.poll_timeout");
  const std::string& origin = portal.allow_origin;
  check(origin.empty() || origin == "*" || is_site(origin), "portal.allow_origin",
        fmt::format("'{}' is not an origin; write *, or one such as https://wiki.example.org, or nothing", origin));
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
            base::without_login(portal.public_url)));
}

}  // namespace config
