#include "probe/aws_answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <pugixml.hpp>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "probe/one_line.hpp"

namespace probe {
namespace {

template <class T>
using Or = std::expected<T, std::string>;

/// The part of a wrong value that a sentence shows.
constexpr std::size_t kQuoted = 60;

std::string text_of(const pugi::xml_node& node, const char* name) {
  return node.child(name).child_value();
}

std::unexpected<std::string> wrong(const char* name, std::string_view value, std::string_view right) {
  return std::unexpected(
      fmt::format("the answer of AWS has {} '{}'; it must be {}", name, one_line(value, kQuoted), right));
}

/// The items of the list `set` in an answer to `action`, each by `read`.
template <class T>
Or<AwsPage<T>> read_page(std::string_view xml, const std::string& action, const char* set,
                         Or<T> (*read)(const pugi::xml_node&)) {
  pugi::xml_document document;
  if (const auto parsed = document.load_buffer(xml.data(), xml.size()); !parsed)
    return std::unexpected(
        fmt::format("the answer of AWS is not whole XML ({} at byte {})", parsed.description(), parsed.offset));
  const auto root = document.child((action + "Response").c_str());
  const auto list = root.child(set);
  if (!list) return std::unexpected(fmt::format("the answer of AWS to {} has another form, without {}", action, set));
  AwsPage<T> page{.items = {}, .next = text_of(root, "nextToken")};
  for (const auto& item : list.children("item")) {
    auto value = read(item);
    if (!value) return std::unexpected(std::move(value.error()));
    page.items.push_back(std::move(*value));
  }
  return page;
}

Or<AwsScore> score_of(const pugi::xml_node& item) {
  const std::string text = text_of(item, "score");
  const int score = base::number_of<int>(text).value_or(0);
  if (score < 1 || score > 10) return wrong("the score", text, "a whole number from 1 to 10");
  AwsScore out{text_of(item, "region"), text_of(item, "availabilityZoneId"), score};
  if (out.region.empty()) return wrong("the region", "", "its name");
  return out;
}

Or<AwsOffering> offering_of(const pugi::xml_node& item) {
  AwsOffering out{text_of(item, "instanceType"), text_of(item, "location")};
  if (out.type.empty() || out.location.empty()) return wrong("an offering without type or location,", "", "both");
  return out;
}

Or<AwsPrice> price_of(const pugi::xml_node& item) {
  const std::string text = text_of(item, "spotPrice");
  const auto price = base::number_of<double>(text);
  if (!price || !std::isfinite(*price) || *price < 0) return wrong("the price", text, "a number of dollars");
  AwsPrice out{text_of(item, "instanceType"), text_of(item, "availabilityZone"), text_of(item, "availabilityZoneId"),
               text_of(item, "timestamp"), *price};
  if (out.type.empty()) return wrong("the type of a price", "", "its name");
  return out;
}

/// Codes without what may be around them: "Client.", "Server.", "Exception". The first ones are those of AWS's SDKs.
using Codes = std::initializer_list<std::string_view>;
constexpr Codes kThrottled = {"Throttling",
                              "Throttled",
                              "RequestThrottled",
                              "TooManyRequests",
                              "ProvisionedThroughputExceeded",
                              "RequestLimitExceeded",
                              "LimitExceeded",
                              "BandwidthLimitExceeded",
                              "SlowDown",
                              "PriorRequestNotComplete",
                              "EC2Throttled",
                              "Unavailable"};
constexpr Codes kQuota = {"MaxSpotInstanceCountExceeded", "VcpuLimitExceeded", "InstanceLimitExceeded",
                          "ServiceQuotaExceeded"};
constexpr Codes kCredentials = {"AuthFailure",          "ExpiredToken",       "RequestExpired",
                                "InvalidClientTokenId", "UnrecognizedClient", "SignatureDoesNotMatch",
                                "InvalidAccessKeyId",   "InvalidToken"};
constexpr Codes kDenied = {"UnauthorizedOperation", "AccessDenied", "OptInRequired", "Blocked"};
constexpr Codes kFailed = {"InternalError", "InternalFailure", "ServiceUnavailable"};

bool is_one_of(std::string_view code, Codes codes) {
  return std::ranges::find(codes, code) != codes.end();
}

std::string_view plain_code(std::string_view code) {
  for (const std::string_view side : {"Client.", "Server."})
    if (code.starts_with(side)) code.remove_prefix(side.size());
  constexpr std::string_view kEnd = "Exception";
  if (code.ends_with(kEnd)) code.remove_suffix(kEnd.size());
  return code;
}

}  // namespace

Or<AwsPage<AwsScore>> read_scores(std::string_view xml) {
  return read_page(xml, "GetSpotPlacementScores", "spotPlacementScoreSet", score_of);
}

Or<AwsPage<AwsOffering>> read_offerings(std::string_view xml) {
  return read_page(xml, "DescribeInstanceTypeOfferings", "instanceTypeOfferingSet", offering_of);
}

Or<AwsPage<AwsPrice>> read_prices(std::string_view xml) {
  return read_page(xml, "DescribeSpotPriceHistory", "spotPriceHistorySet", price_of);
}

AwsError read_aws_error(std::string_view xml) {
  pugi::xml_document document;
  if (!document.load_buffer(xml.data(), xml.size())) return {};
  const auto error =
      document.find_node([](const pugi::xml_node& node) { return std::string_view(node.name()) == "Error"; });
  const auto plain = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.';
  };
  AwsError out{text_of(error, "Code"), one_line(text_of(error, "Message"))};
  if (out.code.size() > kQuoted || !std::ranges::all_of(out.code, plain)) return {};
  return out;
}

AwsFault aws_fault(std::string_view code, int status) {
  code = plain_code(code);
  if (status == 429 || status == 509 || is_one_of(code, kThrottled)) return AwsFault::throttled;
  if (code == "MaxConfigLimitExceeded") return AwsFault::configurations;
  if (is_one_of(code, kQuota)) return AwsFault::quota;
  if (is_one_of(code, kCredentials)) return AwsFault::credentials;
  if (is_one_of(code, kDenied)) return AwsFault::denied;
  if (status >= 500 || is_one_of(code, kFailed)) return AwsFault::failed;
  for (const std::string_view word : {"Invalid", "Missing", "Unsupported", "Unknown"})
    if (code.starts_with(word)) return AwsFault::values;
  return AwsFault::other;
}

}  // namespace probe
