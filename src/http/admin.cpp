#include "http/admin.hpp"

namespace http {
namespace {

Reply answer(int status, std::string body, std::string type = "text/plain; charset=utf-8") {
  return {
      .status = status, .content_type = std::move(type), .body = std::make_shared<const std::string>(std::move(body))};
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
  router.add("GET", "/healthz", [](const Request&) { return answer(200, "ok\n"); });
  router.add("GET", "/readyz", [&health](const Request&) {
    const std::string wrong = health.problem();
    return answer(wrong.empty() ? 200 : 503, (wrong.empty() ? "ready" : wrong) + "\n");
  });
  router.add("GET", "/metrics", [&metrics](const Request&) {
    return answer(200, metrics.text(), "text/plain; version=0.0.4; charset=utf-8");
  });
}

}  // namespace http
