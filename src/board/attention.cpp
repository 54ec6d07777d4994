#include "board/attention.hpp"

#include <algorithm>

#include "core/preference.hpp"
#include "core/sets.hpp"

namespace board {

using core::ProfileKey;

Attention::Watch Attention::watch(std::vector<ProfileKey> keys) {
  std::ranges::sort(keys);
  keys.erase(std::ranges::unique(keys).begin(), keys.end());
  if (keys.empty()) return nullptr;
  keys.resize(std::min(keys.size(), kMostOfOne));
  const std::uint64_t each = kVoice / keys.size();
  const std::lock_guard lock(watchers_->mutex);
  for (const ProfileKey& key : keys) watchers_->of[key] += each;
  const auto leave = [watchers = watchers_, keys = std::move(keys), each](const void*) {
    const std::lock_guard leaving(watchers->mutex);
    for (const ProfileKey& key : keys)
      if (const auto found = watchers->of.find(key); (found->second -= each) == 0) watchers->of.erase(found);
  };
  return {watchers_.get(), leave};
}

std::map<ProfileKey, std::uint64_t> Attention::watched() const {
  const std::lock_guard lock(watchers_->mutex);
  return watchers_->of;
}

std::vector<ProfileKey> named_by(const Selection& selection, const core::Sets& sets) {
  if (!selection.set.empty()) {
    const core::Set* set = core::find_set(sets, selection.set);
    return set != nullptr ? named_by(core::Choices(*set).patterns()) : std::vector<ProfileKey>();
  }
  std::vector<ProfileKey> keys;
  if (selection.providers.size() * selection.names.size() > Attention::kMostOfOne) return keys;
  for (const std::string& provider : selection.providers)
    for (const std::string& name : selection.names) keys.push_back({provider, name});
  return keys;
}

std::vector<ProfileKey> named_by(std::span<const core::Pattern> patterns) {
  std::vector<ProfileKey> keys;
  for (const core::Pattern& pattern : patterns)
    if (pattern.is_exact()) keys.push_back({pattern.provider, pattern.name});
  return keys.size() > Attention::kMostOfOne ? std::vector<ProfileKey>() : keys;
}

}  // namespace board
