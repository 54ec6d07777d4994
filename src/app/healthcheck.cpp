#include "app/healthcheck.hpp"

#include "app/process.hpp"
#include "app/request.hpp"
#include "base/text.hpp"

namespace app {
namespace {

constexpr std::chrono::seconds kPatience{2};

}  // namespace

void check_health(const base::ServerConfig& admin) {
  if (admin.port == 0) throw base::UsageError("admin.port is 0, so nobody knows where to ask; give it a number");
  const Answer answer = send(url_of(admin, admin.port), {.target = "/readyz"},
                             {.connect = kPatience, .head = kPatience, .read = kPatience});
  if (answer.status != 200) throw base::Lost("not ready: " + std::string(base::trim(answer.body)));
}

}  // namespace app
