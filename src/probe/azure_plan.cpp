#include "probe/azure_plan.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "probe/cloud_place.hpp"

namespace probe {
namespace {

/// Most of both in one call.
constexpr std::size_t kSizes = 5;
constexpr std::size_t kRegions = 8;
constexpr base::Duration kHour = std::chrono::hours{1};

/// `all` in as few pieces of `most` as there can be, each about as large as the others: the limit counts by region.
std::vector<std::vector<std::string>> pieces(const std::vector<std::string>& all, std::size_t most) {
  std::vector<std::vector<std::string>> out((all.size() + most - 1) / most);
  auto begin = all.begin();
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto end = all.begin() + static_cast<std::ptrdiff_t>(all.size() * (i + 1) / out.size());
    out[i].assign(begin, end);
    begin = end;
  }
  return out;
}

}  // namespace

AzureWant azure_want(const core::Profile& profile, const std::vector<std::string>& regions) {
  CloudPlace place = place_of(profile);
  AzureWant want{.size = std::move(place.type), .regions = {}, .zone = std::move(place.zone)};
  if (!place.region.empty()) want.regions.push_back(std::move(place.region));
  if (!want.regions.empty()) return want;
  for (const std::string& region : regions) want.regions.push_back(base::lower(region));
  return want;
}

AzureCell key_of(const AzureCell& cell) {
  return {base::lower(cell.size), cell.region};
}

std::vector<AzureCell> AzureAsk::cells() const {
  std::vector<AzureCell> out;
  for (const std::string& size : sizes)
    for (const std::string& region : regions) out.push_back({size, region});
  return out;
}

std::vector<AzureAsk> plan_calls(const std::set<AzureCell>& cells) {
  std::map<std::string, std::vector<std::string>> regions_of;
  for (const AzureCell& cell : cells) regions_of[cell.size].push_back(cell.region);
  std::map<std::vector<std::string>, std::vector<std::string>> sizes_in;
  for (const auto& [size, regions] : regions_of) sizes_in[regions].push_back(size);
  std::vector<AzureAsk> calls;
  for (const auto& [regions, sizes] : sizes_in)
    for (const auto& some_sizes : pieces(sizes, kSizes))
      for (const auto& some_regions : pieces(regions, kRegions)) calls.push_back({some_sizes, some_regions});
  return calls;
}

std::string AzurePace::take(const std::vector<std::string>& regions, base::SteadyTime now) {
  const auto used = [&](const std::string& region) {
    auto& calls = calls_[region];
    while (!calls.empty() && now - calls.front() >= kHour) calls.pop_front();
    return calls.size();
  };
  const auto least = std::ranges::min_element(regions, {}, used);
  if (least == regions.end() || (most_ > 0 && used(*least) >= most_)) return {};
  calls_[*least].push_back(now);
  return *least;
}

}  // namespace probe
