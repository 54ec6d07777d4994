#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "probe/azure_plan.hpp"
#include "probe/probe.hpp"

/// Azure's answers, and what they say about a profile. Pure; thread-safe.
namespace probe {

/// Azure's score of one size in a region, or in a zone of it.
struct AzureScore {
  /// "" for all of the region.
  std::string zone{};
  /// Azure's own word.
  std::string word{};
  bool quota = true;

  bool operator==(const AzureScore&) const = default;
};

/// Sizes and regions are in lower case.
using AzureScores = std::map<AzureCell, std::vector<AzureScore>>;

/// Reads the answer of placementScores/spot/generate. Fails with a sentence that says where it has another form.
std::expected<AzureScores, std::string> read_azure_scores(std::string_view text);

/// What Azure does not sell in a region.
struct AzureSku {
  /// Azure's word for why it is restricted in all of the region; "" if it is not.
  std::string restricted{};
  std::set<std::string> restricted_zones{};
  /// It can be had as spot.
  bool spot = true;
  /// 0: not known.
  std::int64_t cpus = 0;

  bool operator==(const AzureSku&) const = default;
};

/// Every size that the region has, in lower case. Empty: not known.
using AzureSkus = std::map<std::string, AzureSku>;

/// How much of a quota is used. Azure may lower a limit below what is.
struct AzureUsage {
  std::int64_t current = 0;
  std::int64_t limit = 0;

  bool operator==(const AzureUsage&) const = default;
};

/// Quotas of a region, by their names in lower case. Those without a limit are left out.
using AzureUsages = std::map<std::string, AzureUsage>;

/// A page of a list.
template <class T>
struct AzurePage {
  T items{};
  /// The URL of the next one; "" after the last.
  std::string next{};
};

/// Reads the answer of Microsoft.Compute/skus. Fails with a sentence that says where it has another form.
std::expected<AzurePage<AzureSkus>, std::string> read_azure_skus(std::string_view text);

/// Reads the answer of Microsoft.Compute/locations/REGION/usages. Fails in the same way.
std::expected<AzurePage<AzureUsages>, std::string> read_azure_usages(std::string_view text);

/// Why a size cannot be had in a region, whatever its score: "not offered"; "" for no such reason. `zone`: "" for any.
std::string why_not(const AzureSkus& skus, const std::string& size, const std::string& zone);

/// "no quota (3 of 100 vCPUs left)" when the quota for spot machines is too small for `count` of a size; "" when it is
/// enough, or not known.
std::string no_quota(const AzureUsages& usages, const AzureSkus& skus, const std::string& size, std::uint16_t count);

/// What is known about a size in one region.
struct AzureSeen {
  std::string region;
  /// Of all of them if the list is empty: why_not().
  std::string why_not{};
  std::vector<AzureScore> scores{};
};

/// The level of the best place, with all of them in the reason, best first: "High in eastus 1; Low in westus". Without
/// quota it is LOW. A word that is not known is UNKNOWN.
core::Measurement judge_azure(const std::vector<AzureSeen>& seen);

}  // namespace probe
