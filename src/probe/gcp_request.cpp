#include "probe/gcp_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.hpp"
#include "base/url.hpp"
#include "probe/cloud_place.hpp"

namespace probe {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxBytes = 8 << 20;

std::string in_project(const config::GcpOptions& options, const std::string& project) {
  return fmt::format("{}/projects/{}", options.endpoint, base::percent_encode(project));
}

std::string label_of(const core::Profile& profile, const char* key) {
  const auto found = profile.labels.find(key);
  return found != profile.labels.end() ? found->second : std::string();
}

/// NAME, or projects/OWNER/reservations/NAME, as Google writes those that are shared.
std::expected<GcpReservation, std::string> reservation_of(const core::Profile& profile) {
  constexpr std::string_view kProjects = "projects/", kReservations = "/reservations/";
  const std::string label = label_of(profile, "reservation");
  GcpReservation reservation{.name = label};
  if (const auto middle = label.find(kReservations); label.starts_with(kProjects) && middle != std::string::npos) {
    reservation.project = label.substr(kProjects.size(), std::max(middle, kProjects.size()) - kProjects.size());
    reservation.name = label.substr(middle + kReservations.size());
  }
  const bool has_owner = label.contains('/');
  if (reservation.name.empty() || reservation.name.contains('/') || has_owner == reservation.project.empty() ||
      reservation.project.contains('/'))
    return std::unexpected(fmt::format(
        "the label 'reservation' is '{}'; give a name, or * for all, or projects/OWNER/reservations/NAME", label));
  return reservation;
}

/// TYPE or TYPE:COUNT
std::expected<void, std::string> add_accelerator(GcpReservation& reservation, const core::Profile& profile) {
  const std::string label = label_of(profile, "accelerator");
  if (label.empty()) return {};
  const auto colon = label.find(':');
  reservation.accelerator = label.substr(0, colon);
  if (colon != std::string::npos) reservation.accelerators = base::number_of<int>(label.substr(colon + 1)).value_or(0);
  if (!reservation.accelerator.empty() && (colon == std::string::npos || reservation.accelerators > 0)) return {};
  return std::unexpected(
      fmt::format("the label 'accelerator' is '{}'; give one such as nvidia-tesla-t4 or nvidia-tesla-t4:2", label));
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

std::expected<GcpWant, std::string> gcp_want(const config::GcpOptions& options, const core::Profile& profile) {
  const CloudPlace place = place_of(profile);
  GcpWant want{.machine_type = place.type, .places = {}};
  const std::string& own = place.zone.empty() ? place.region : place.zone;
  if (!own.empty())
    want.places.push_back(gcp_place(own));
  else
    for (const std::string& region : options.regions) want.places.push_back(gcp_place(region));
  if (want.places.empty())
    return std::unexpected("no place; give the profile a label 'region' or 'zone', or the probe 'regions'");
  if (label_of(profile, "reservation").empty()) return want;
  auto reservation = reservation_of(profile);
  if (!reservation) return std::unexpected(std::move(reservation.error()));
  if (auto added = add_accelerator(*reservation, profile); !added) return std::unexpected(std::move(added.error()));
  for (const GcpPlace& each : want.places)
    if (each.zone.empty())
      return std::unexpected(fmt::format("a reservation is in a zone, and {} is a region", each.region));
  want.reservation = std::move(*reservation);
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

Request gcp_quotas_request(const config::GcpOptions& options, const std::string& project, const std::string& region) {
  return {.url = fmt::format("{}/regions/{}?fields=quotas", in_project(options, project), base::percent_encode(region)),
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
