#include "app/commands/administration.hpp"

#include <boost/json.hpp>
#include <fstream>
#include <sstream>

#include "base/error.hpp"
#include "base/text.hpp"

namespace app {
namespace {

std::pair<std::string, std::string> authorization(const Administration& service) {
  std::ifstream in(service.token_file);
  std::stringstream content;
  content << in.rdbuf();
  if (!in)
    throw base::UsageError(
        fmt::format("cannot read the admin token file '{}'; name it with --token-file", service.token_file));
  return {"Authorization", fmt::format("Bearer {}", base::trim(content.str()))};
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
