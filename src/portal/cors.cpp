#include "portal/cors.hpp"

namespace portal {
namespace {

namespace asio = boost::asio;

asio::awaitable<http::Reply> opened(const http::Request& request, const http::Handler& handler,
                                    const std::string& origin) {
  http::Reply reply = co_await handler(request);
  reply.headers.emplace_back("Access-Control-Allow-Origin", origin);
  reply.headers.emplace_back("Access-Control-Expose-Headers", "ETag, Retry-After");
  co_return reply;
}

asio::awaitable<http::Reply> preflight(const std::string& origin) {
  http::Reply reply;
  reply.status = 204;
  reply.headers.emplace_back("Access-Control-Allow-Origin", origin);
  reply.headers.emplace_back("Access-Control-Allow-Methods", "GET, HEAD");
  reply.headers.emplace_back("Access-Control-Allow-Headers", "If-None-Match, Last-Event-ID, Cache-Control");
  reply.headers.emplace_back("Access-Control-Max-Age", "86400");
  co_return reply;
}

}  // namespace

void Cors::add(http::Router& router, const std::string& pattern, http::Handler handler) const {
  if (origin_.empty()) {
    router.add("GET", pattern, std::move(handler));
    return;
  }
  router.add("GET", pattern, [origin = origin_, handler = std::move(handler)](const http::Request& request) {
    return opened(request, handler, origin);
  });
  router.add("OPTIONS", pattern, [origin = origin_](const http::Request&) { return preflight(origin); });
}

}  // namespace portal
