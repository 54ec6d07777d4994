#include "portal/cors.hpp"

namespace portal {
namespace {

http::Reply preflight() {
  return {.status = 204,
          .headers = {{"Allow", "GET, HEAD, OPTIONS"},
                      {"Access-Control-Allow-Methods", "GET, HEAD"},
                      {"Access-Control-Allow-Headers", "If-None-Match, Last-Event-ID, Cache-Control"},
                      {"Access-Control-Max-Age", "86400"}}};
}

}  // namespace

void Cors::add(http::Router& router, const std::string& pattern, http::Handler handler) const {
  router.add("GET", pattern, std::move(handler));
  if (!origin_.empty()) router.add("OPTIONS", pattern, [](const http::Request&) { return preflight(); });
}

void Cors::open(const http::Request& request, http::Reply& reply) const {
  const std::string_view path = request.path;
  const bool page = path == "/" || path.starts_with("/profile/") || path.starts_with("/assets/");
  if (origin_.empty() || (page && reply.status < 400)) return;
  reply.headers.emplace_back("Access-Control-Allow-Origin", origin_);
  reply.headers.emplace_back("Access-Control-Expose-Headers", "ETag, Link, Retry-After");
}

}  // namespace portal
