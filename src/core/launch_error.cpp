#include "core/launch_error.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"

namespace core {
namespace {

// Codes and sentences as words_of() leaves them; * stands for a few words. Whole words alone count, or NoValidHost
// would be in "no valid hostname", and AllocationFailed in PublicIPAddressAllocationFailed.
constexpr std::string_view kCapacity[] = {
    // Amazon and Karpenter.
    "insufficientinstancecapacity",
    "insufficientcapacity",
    "insufficientcapacityerror",
    "insufficientcapacityonoutpost",
    "insufficienthostcapacity",
    "insufficientreservedinstancecapacity",
    "unfulfillablecapacity",
    "reservationcapacityexceeded",
    "do not have sufficient * capacity",
    "does not have sufficient * capacity",
    "no spot capacity available",
    "capacity not available",
    "capacity oversubscribed",
    "insufficient capacity",
    // Azure.
    "allocationfailed",
    "zonalallocationfailed",
    "overconstrainedallocationrequest",
    "overconstrainedzonalallocationrequest",
    "skunotavailable",
    "is currently not available in location",
    // Google.
    "zoneresourcepoolexhausted",
    "zoneresourcepoolexhaustedwithdetails",
    "resourcepoolexhausted",
    "stockout",
    "gcestockout",
    "does not have enough resources available",
    "does not currently have sufficient capacity",
    "vm instance is currently unavailable",
    // Oracle, Lambda, OpenStack, Kubernetes.
    "outofhostcapacity",
    "out of host capacity",
    "outofcapacity",
    "out of capacity",
    "not enough capacity",
    "novalidhost",
    "no valid host was found",
    "insufficientresources",
};
// Beside these a quota is another one: of calls, which Google names so, or not of machines.
constexpr std::string_view kOther[] = {
    "quota metric", "quota group",   "throttled",       "throttling",        "throttlingexception", "ratelimitexceeded",
    "rate limit",   "rate exceeded", "toomanyrequests", "too many requests", "disk quota",          "inuseaddresses",
};
// Amazon's limits are named one by one: others are of addresses, keys and tags.
constexpr std::string_view kQuota[] = {
    "vcpulimitexceeded",
    "instancelimitexceeded",
    "maxspotinstancecountexceeded",
    "spotinstancecountlimitexceeded",
    "resourcelimitexceeded",
    "resourcecountlimitexceeded",
    "limitexceeded",
    "servicequotaexceededexception",
    "servicequotaexceeded",
    "skuquotaexceeded",
    "quotaexceeded",
    "max spot instance count exceeded",
    "current vcpu limit",
    "current instance limit",
    "quota * exceeded",
    "exceeded quota",
    "exceeding quota",
    "exceeding approved * quota",
};
constexpr std::size_t kFewWords = 4;

struct Word {
  /// In lower case, without underscores: a code is written in one word, or as ZONE_RESOURCE_POOL_EXHAUSTED.
  std::string text;
  std::size_t begin = 0;
  std::size_t end = 0;
};

bool is_word_sign(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::vector<Word> words_of(std::string_view error) {
  std::vector<Word> words;
  for (std::size_t i = 0; i < error.size(); ++i) {
    if (!is_word_sign(error[i])) continue;
    if (words.empty() || words.back().end < i) words.push_back({"", i, i});
    if (error[i] != '_') words.back().text += base::lower(error[i]);
    words.back().end = i + 1;
  }
  return words;
}

/// The last word of `sentence` where `words` begin with it, or null.
const Word* end_of(std::span<const Word> words, std::string_view sentence) {
  const Word* last = nullptr;
  std::size_t skipped = 0;
  while (!sentence.empty()) {
    const std::string_view wanted = sentence.substr(0, sentence.find(' '));
    sentence.remove_prefix(std::min(wanted.size() + 1, sentence.size()));
    if (wanted == "*") {
      skipped = kFewWords;
      continue;
    }
    const auto part = words.first(std::min(words.size(), std::exchange(skipped, 0) + 1));
    const auto found = std::ranges::find(part, wanted, &Word::text);
    if (found == part.end()) return nullptr;
    last = &*found;
    words = words.subspan(static_cast<std::size_t>(found - part.begin()) + 1);
  }
  return last;
}

/// The part of `error` that is one of `sentences`.
std::optional<std::string_view> find_any(std::string_view error, std::span<const Word> words,
                                         std::span<const std::string_view> sentences) {
  for (const std::string_view sentence : sentences)
    for (std::size_t i = 0; i < words.size(); ++i)
      if (const Word* const last = end_of(words.subspan(i), sentence); last != nullptr)
        return error.substr(words[i].begin, last->end - words[i].begin);
  return std::nullopt;
}

}  // namespace

LaunchError read_launch_error(std::string_view error) {
  const std::vector<Word> words = words_of(error);
  // There was no capacity, whatever else was tried.
  if (const auto found = find_any(error, words, kCapacity)) return {Cause::capacity, *found};
  if (find_any(error, words, kOther)) return {};
  if (const auto found = find_any(error, words, kQuota)) return {Cause::quota, *found};
  return {};
}

}  // namespace core
