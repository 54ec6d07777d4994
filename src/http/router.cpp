#include "http/router.hpp"

#include <fmt/format.h>

#include "base/url.hpp"

namespace http {
namespace {

/// Takes the first segment off `path`, which begins with '/'.
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

/// Does `path` match? Collects the raw {…} segments.
bool matches(std::string_view pattern, std::string_view path, std::vector<std::string_view>& raw) {
  raw.clear();
  while (pattern.starts_with('/') && path.starts_with('/')) {
    const std::string_view wanted = take_segment(pattern);
    const std::string_view given = take_segment(path);
    if (wanted.starts_with('{')) {
      if (given.empty()) return false;
      raw.push_back(given);
    } else if (wanted != given) {
      return false;
    }
  }
  return pattern.empty() && path.empty();
}

/// Adds what a route answers to a list of methods, each once.
void allow(std::string& allowed, std::string_view method) {
  if (allowed.contains(method)) return;
  allowed += fmt::format("{}{}{}", allowed.empty() ? "" : ", ", method, method == "GET" ? ", HEAD" : "");
}

/// RFC 9110, section 9.3.7.
Reply options(std::string allowed) {
  allow(allowed, "OPTIONS");
  return {.status = 204, .headers = {{"Allow", std::move(allowed)}}};
}

}  // namespace

Router& Router::add(std::string_view method, std::string pattern, Handler handler, RouteOptions options) {
  routes_.push_back({method, std::move(pattern), std::move(handler), std::move(options)});
  return *this;
}

std::expected<const Route*, Reply> Router::find(Request& request) const {
  const std::string_view method = request.method == "HEAD" ? "GET" : request.method;
  std::string allowed;
  std::vector<std::string_view> raw;
  for (const Route& route : routes_) {
    const bool whole_server = request.path == "*";
    if (!whole_server && !matches(route.pattern, request.path, raw)) continue;
    if (whole_server || route.method != method) {
      allow(allowed, route.method);
      continue;
    }
    request.parameters.clear();
    for (std::string_view segment : raw) {
      auto decoded = base::percent_decode(segment);
      if (!decoded) return std::unexpected(show_problem_(request, 400, "the path is not percent-encoded correctly"));
      request.parameters.push_back(std::move(*decoded));
    }
    if (!route.options.guard) return &route;
    const auto may = route.options.guard(request);
    if (!may) return std::unexpected(problem(may.error()));
    return &route;
  }
  if (method == "OPTIONS" && !allowed.empty()) return std::unexpected(options(std::move(allowed)));
  if (allowed.empty()) return std::unexpected(show_problem_(request, 404, "there is nothing at this path"));
  allow(allowed, "OPTIONS");
  Reply reply = show_problem_(request, 405, fmt::format("this path answers {} only", allowed));
  reply.headers.emplace_back("Allow", allowed);
  return std::unexpected(std::move(reply));
}

}  // namespace http
