#include "app/commands/administration.hpp"

#include <boost/json.hpp>

namespace app {

Answer administer(const Access& service, std::string method, std::string target, std::string body,
                  base::Duration limit) {
  const Remote remote(service);
  Answer answer =
      remote.send({.method = std::move(method), .target = std::move(target), .body = std::move(body), .limit = limit});
  if (answer.status == 401 || answer.status == 403) throw base::UsageError(remote.refusal(answer));
  return answer;
}

Answer expect(int status, Answer answer) {
  if (answer.status != status) throw base::UsageError(detail_of(answer));
  return answer;
}

std::string profile_body(const std::string& provider, const std::string& name, const core::Labels* labels) {
  boost::json::object body{{"provider", provider}, {"name", name}};
  if (labels != nullptr) {
    boost::json::object& object = body["labels"].emplace_object();
    for (const auto& [key, value] : *labels) object[key] = value;
  }
  return boost::json::serialize(body);
}

}  // namespace app
