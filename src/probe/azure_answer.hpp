#pragma once

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

  bool operator==(const AzureSku&) const = default;
};

/// Every size that the region has, in lower case. Empty: not known.
using AzureSkus = std::map<std::string, AzureSku>;

/// A page of the list of sizes.
struct AzureSkuPage {
  AzureSkus skus{};
  /// The URL of the next one; "" after the last.
  std::string next{};
};

/// Reads the answer of Microsoft.Compute/skus. Fails with a sentence that says where it has another form.
std::expected<AzureSkuPage, std::string> read_azure_skus(std::string_view text);

/// Why a size cannot be had in a region, whatever its score: "not offered"; "" for no such reason. `zone`: "" for any.
std::string why_not(const AzureSkus& skus, const std::string& size, const std::string& zone);

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
