#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

/// Answers of Amazon EC2 in XML: any bytes may come. Pure; thread-safe. What fails, fails with a sentence.
namespace probe {

struct AwsScore {
  std::string region;
  /// An ID, or "" for the whole region.
  std::string zone;
  /// From 1 to 10.
  int score = 0;

  bool operator==(const AwsScore&) const = default;
};

/// A type that is offered in a region or, by its ID, a zone.
struct AwsOffering {
  std::string type;
  std::string location;

  bool operator==(const AwsOffering&) const = default;
};

/// The spot price of a type in a zone: dollars an hour.
struct AwsPrice {
  std::string type;
  /// Its name in this account, and its ID where the answer has it.
  std::string zone_name;
  std::string zone;
  /// RFC 3339.
  std::string since;
  double price = 0;

  bool operator==(const AwsPrice&) const = default;
};

template <class T>
struct AwsPage {
  std::vector<T> items;
  /// The token of the next page; "" on the last one.
  std::string next{};
};

std::expected<AwsPage<AwsScore>, std::string> read_scores(std::string_view xml);
std::expected<AwsPage<AwsOffering>, std::string> read_offerings(std::string_view xml);
std::expected<AwsPage<AwsPrice>, std::string> read_prices(std::string_view xml);

/// An error of EC2 or STS. `code` is "" where there is none.
struct AwsError {
  std::string code;
  std::string message;
};
AwsError read_aws_error(std::string_view xml);

/// What to do about an error.
enum class AwsFault {
  other,           ///< this call alone has failed
  values,          ///< a value that was asked for is not known there; the message says which, for all to see
  failed,          ///< AWS itself has failed, maybe for this call alone: ask again after a pause
  throttled,       ///< the account asks too often: ask again after a pause
  configurations,  ///< the quota of new configurations in 24 hours is used up: do not ask soon
  quota,           ///< the account may not have that much: an answer
  credentials,     ///< other credentials may help
  denied,          ///< the account's rights do not suffice
};
/// `status` is that of HTTP.
AwsFault aws_fault(std::string_view code, int status);

}  // namespace probe
