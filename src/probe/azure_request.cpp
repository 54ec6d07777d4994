#include "probe/azure_request.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/url.hpp"

namespace probe {
namespace {

namespace json = boost::json;

/// A list of sizes has a few megabytes.
constexpr std::size_t kMaxBytes = 32 << 20;

std::string compute(const config::AzureOptions& options, const std::string& subscription) {
  return fmt::format("{}/subscriptions/{}/providers/Microsoft.Compute", options.endpoint,
                     base::percent_encode(subscription));
}

Request get(const config::AzureOptions& options, std::string url) {
  return {.url = std::move(url), .ca_file = options.ca_file, .max_bytes = kMaxBytes};
}

}  // namespace

Request azure_scores_request(const config::AzureOptions& options, const std::string& subscription, const AzureAsk& ask,
                             const std::string& place) {
  json::array sizes;
  for (const std::string& size : ask.sizes) sizes.push_back(json::object{{"sku", size}});
  const json::object body{{"desiredLocations", json::value_from(ask.regions)},
                          {"desiredSizes", std::move(sizes)},
                          {"desiredCount", options.count},
                          {"availabilityZones", options.zones}};
  return {.method = "POST",
          .url = fmt::format("{}/locations/{}/placementScores/spot/generate?api-version=2025-06-05",
                             compute(options, subscription), base::percent_encode(place)),
          .headers = {"Content-Type: application/json"},
          .body = json::serialize(body),
          .ca_file = options.ca_file,
          .max_bytes = kMaxBytes};
}

Request azure_skus_request(const config::AzureOptions& options, const std::string& subscription,
                           const std::string& region) {
  return get(options, fmt::format("{}/skus?api-version=2021-07-01&$filter={}", compute(options, subscription),
                                  base::percent_encode(fmt::format("location eq '{}'", region))));
}

std::optional<Request> azure_next_request(const config::AzureOptions& options, const std::string& next) {
  if (!next.starts_with(options.endpoint + "/")) return std::nullopt;
  return get(options, next);
}

}  // namespace probe
