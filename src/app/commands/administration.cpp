#include "app/commands/administration.hpp"

#include <boost/json.hpp>

#include "base/secret.hpp"

namespace app {
namespace {

std::pair<std::string, std::string> authorization(const Administration& service) {
  return {"Authorization", "Bearer " + base::read_secret("the admin token (--token-file)", service.token_file)};
}

}  // namespace

Answer administer(const Administration& service, std::string method, std::string target, std::string body) {
  return send(service.url, {.method = std::move(method),
                            .target = std::move(target),
                            .headers = {authorization(service), {"Content-Type", "application/json"}},
                            .body = std::move(body)});
}

std::string profile_body(const std::string& provider, const std::string& name) {
  return boost::json::serialize(boost::json::object{{"provider", provider}, {"name", name}});
}

}  // namespace app
