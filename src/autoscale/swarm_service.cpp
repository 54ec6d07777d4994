#include "autoscale/swarm_service.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/json.hpp"

namespace autoscale {
namespace {

namespace json = boost::json;

/// States of an update that has not ended. A change of the service now would end it, or begin it anew.
bool is_under_way(std::string_view state) {
  return state == "updating" || state == "paused" || state == "rollback_started" || state == "rollback_paused";
}

std::string update_of(const json::object& service) {
  const json::value* update = service.if_contains("UpdateStatus");
  const bool known = update != nullptr && update->is_object();
  const std::string_view state = known ? base::text_in(update->get_object(), "State") : std::string_view();
  return std::string(is_under_way(state) ? state : "");
}

}  // namespace

base::Result<SwarmService> read_service(std::string_view text) {
  try {
    const json::value value = json::parse(text);
    const json::object& service = value.as_object();
    const json::object& mode = service.at("Spec").at("Mode").as_object();
    const json::value* replicated = mode.if_contains("Replicated");
    if (replicated == nullptr)
      return base::fail(base::Errc::invalid, "the service is not replicated, so it has no number of replicas");
    return SwarmService{.replicas = replicated->at("Replicas").to_number<std::size_t>(),
                        .update = update_of(service),
                        .version = service.at("Version").at("Index").to_number<std::uint64_t>(),
                        .spec = json::serialize(service.at("Spec"))};
  } catch (const std::exception& wrong) {
    return base::fail(base::Errc::invalid, fmt::format("the engine's answer is not a service: {}", wrong.what()));
  }
}

std::string spec_with(const SwarmService& service, std::size_t replicas) {
  json::value spec = json::parse(service.spec);
  spec.at("Mode").at("Replicated").as_object()["Replicas"] = replicas;
  return json::serialize(spec);
}

}  // namespace autoscale
