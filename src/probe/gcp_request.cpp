#include "probe/gcp_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/url.hpp"
#include "probe/cloud_place.hpp"

namespace probe {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxBytes = 8 << 20;

std::string in_project(const config::GcpOptions& options, const std::string& project) {
  return fmt::format("{}/projects/{}", options.endpoint, base::percent_encode(project));
}

std::string_view word(config::Shape shape) {
  switch (shape) {
    case config::Shape::any:
      return "ANY";
    case config::Shape::any_single_zone:
      return "ANY_SINGLE_ZONE";
    case config::Shape::balanced:
      break;
  }
  return "BALANCED";
}

}  // namespace

GcpPlace gcp_place(const std::string& text) {
  if (std::ranges::count(text, '-') < 2) return {.region = text};
  return {.region = text.substr(0, text.rfind('-')), .zone = text};
}

GcpWant gcp_want(const config::GcpOptions& options, const core::Profile& profile) {
  const CloudPlace place = place_of(profile);
  GcpWant want{.machine_type = place.type, .places = {}};
  if (const auto label = profile.labels.find("reservation"); label != profile.labels.end())
    want.reservation = label->second;
  const std::string& own = place.zone.empty() ? place.region : place.zone;
  if (!own.empty())
    want.places.push_back(gcp_place(own));
  else
    for (const std::string& region : options.regions) want.places.push_back(gcp_place(region));
  return want;
}

Request gcp_advice_request(const config::GcpOptions& options, const std::string& project,
                           const std::string& machine_type, const GcpPlace& place) {
  json::object distribution{{"targetShape", word(place.zone.empty() ? options.shape : config::Shape::any_single_zone)}};
  if (!place.zone.empty()) distribution["zones"] = json::array{json::object{{"zone", "zones/" + place.zone}}};
  const json::object body{{"instanceProperties", {{"scheduling", {{"provisioningModel", "SPOT"}}}}},
                          {"instanceFlexibilityPolicy",
                           {{"instanceSelections", {{"vacancy", {{"machineTypes", json::array{machine_type}}}}}}}},
                          {"distributionPolicy", std::move(distribution)},
                          {"size", options.count}};
  return {.method = "POST",
          .url = fmt::format("{}/regions/{}/advice/capacity", in_project(options, project),
                             base::percent_encode(place.region)),
          .headers = {"Content-Type: application/json"},
          .body = json::serialize(body),
          .ca_file = options.ca_file,
          .max_bytes = kMaxBytes};
}

Request gcp_reservations_request(const config::GcpOptions& options, const std::string& project, const std::string& zone,
                                 const std::string& page) {
  const std::string more = page.empty() ? "" : "&pageToken=" + base::percent_encode(page);
  return {.url = fmt::format("{}/zones/{}/reservations?maxResults=500{}", in_project(options, project),
                             base::percent_encode(zone), more),
          .ca_file = options.ca_file,
          .max_bytes = kMaxBytes};
}

}  // namespace probe
