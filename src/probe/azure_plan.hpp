#pragma once

#include <compare>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "core/profile.hpp"

/// Which calls get the scores that are wanted. Pure but for the count of calls; used on one thread.
namespace probe {

/// What a profile asks for.
struct AzureWant {
  std::string size;
  /// In lower case.
  std::vector<std::string> regions;
  /// "" for any.
  std::string zone;
};

/// The profile's own region, or else each of `regions`.
AzureWant azure_want(const core::Profile& profile, const std::vector<std::string>& regions);

/// A size in a region.
struct AzureCell {
  std::string size;
  std::string region;

  auto operator<=>(const AzureCell&) const = default;
};

/// With the size in lower case, as Azure means it.
AzureCell key_of(const AzureCell& cell);

/// One call for scores: each of its sizes in each of its regions.
struct AzureAsk {
  std::vector<std::string> sizes;
  std::vector<std::string> regions;

  std::vector<AzureCell> cells() const;
  auto operator<=>(const AzureAsk&) const = default;
};

/// The calls that cover `cells`, in the sizes that Azure takes: five sizes in eight regions. Sizes that are wanted in
/// the same regions share calls. The same cells give the same calls.
std::vector<AzureAsk> plan_calls(const std::set<AzureCell>& cells);

/// Counts the calls of the last hour by the region that they name as their place, which has the limit.
class AzurePace {
 public:
  /// `most` in any hour at one place; 0: no limit.
  explicit AzurePace(std::size_t most) : most_(most) {}

  /// The least used of `regions`, which one more call is now counted for; "" when all of them have had theirs.
  std::string take(const std::vector<std::string>& regions, base::SteadyTime now);

 private:
  std::size_t most_;
  std::map<std::string, std::deque<base::SteadyTime>> calls_{};
};

}  // namespace probe
