#include "app/commands/administration.hpp"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "base/secret.hpp"

namespace app {
namespace {

std::pair<std::string, std::string> authorization(const Administration& service) {
  return {"Authorization", "Bearer " + base::read_secret("the admin token (--token-file)", service.token_file)};
}

}  // namespace

std::shared_ptr<Administration> add_service_flags(CLI::App& command) {
  const auto service = std::make_shared<Administration>();
  command.add_option("--hardware-url", service->url, "Where the hardware service is")->capture_default_str();
  command.add_option("--token-file", service->token_file, "The admin token, as `vacancy up` writes it")
      ->capture_default_str()
      ->envname("VACANCY_HARDWARE_ADMIN_TOKEN_FILE");
  return service;
}

Answer administer(const Administration& service, std::string method, std::string target, std::string body,
                  http::ClientTimeouts timeouts) {
  return send(service.url,
              {.method = std::move(method),
               .target = std::move(target),
               .headers = {authorization(service), {"Content-Type", "application/json"}},
               .body = std::move(body)},
              timeouts);
}

Answer expect(int status, Answer answer) {
  if (answer.status != status) throw base::UsageError(detail_of(answer));
  return answer;
}

std::string profile_body(const std::string& provider, const std::string& name, const core::Attributes* attributes) {
  boost::json::object body{{"provider", provider}, {"name", name}};
  if (attributes != nullptr) {
    boost::json::object& object = body["attributes"].emplace_object();
    for (const auto& [key, value] : *attributes) object[key] = value;
  }
  return boost::json::serialize(body);
}

}  // namespace app
