#include "http/admin.hpp"

namespace http {
namespace {

Reply text(int status, std::string content_type, std::string body) {
  Reply reply;
  reply.status = status;
  reply.content_type = std::move(content_type);
  reply.body = std::make_shared<const std::string>(std::move(body));
  return reply;
}

}  // namespace

std::string Health::problem() const {
  if (draining_) return "draining";
  std::string all;
  for (const Check& check : checks_)
    if (std::string wrong = check(); !wrong.empty()) all += (all.empty() ? "" : "; ") + wrong;
  return all;
}

void add_admin_routes(Router& router, const Health& health, const base::Metrics& metrics) {
  router.add("GET", "/healthz", [](const Request&) -> boost::asio::awaitable<Reply> {
    co_return text(200, "text/plain; charset=utf-8", "ok\n");
  });
  router.add("GET", "/readyz", [&health](const Request&) -> boost::asio::awaitable<Reply> {
    const std::string wrong = health.problem();
    co_return text(wrong.empty() ? 200 : 503, "text/plain; charset=utf-8", (wrong.empty() ? "ready" : wrong) + "\n");
  });
  router.add("GET", "/metrics", [&metrics](const Request&) -> boost::asio::awaitable<Reply> {
    co_return text(200, "text/plain; version=0.0.4; charset=utf-8", metrics.text());
  });
}

}  // namespace http
