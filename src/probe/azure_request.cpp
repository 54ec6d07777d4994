#include "probe/azure_request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.hpp"
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

/// "https://management.azure.com:443" of a URL, with the port that it means.
std::string server_of(std::string_view url) {
  const base::UrlParts parts = base::split_url(url);
  const std::string scheme = base::lower(parts.scheme);
  std::string_view port = parts.port.substr(std::min<std::size_t>(1, parts.port.size()));
  if (port.empty()) port = scheme == "http" ? "80" : "443";
  return fmt::format("{}://{}:{}", scheme, base::lower(parts.host), port);
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

Request azure_usages_request(const config::AzureOptions& options, const std::string& subscription,
                             const std::string& region) {
  return get(options, fmt::format("{}/locations/{}/usages?api-version=2024-07-01", compute(options, subscription),
                                  base::percent_encode(region)));
}

std::optional<Request> azure_next_request(const config::AzureOptions& options, const std::string& next) {
  const base::UrlParts parts = base::split_url(next);
  const std::string server = server_of(options.endpoint);
  if (!parts.user.empty() || !parts.path.starts_with('/') || server_of(next) != server) return std::nullopt;
  // Whatever a URL may hide, the token goes to this server.
  return get(options, fmt::format("{}{}{}", server, parts.path, parts.query));
}

}  // namespace probe
