#pragma once

#include <algorithm>
#include <list>
#include <utility>

namespace base {

/// A cache of a few values by key that drops the least recently used one. A search compares all keys. Not thread-safe.
template <class Key, class Value>
class Lately {
 public:
  explicit Lately(std::size_t capacity) : capacity_(capacity) {}

  /// Null: it is not there. Valid until the next put().
  Value* find(const auto& key) {
    const auto found = std::ranges::find(entries_, key, &Entry::first);
    if (found == entries_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found);
    return &found->second;
  }

  /// Replaces the key's value, or the one that was used longest ago. Valid until the next put().
  Value& put(const Key& key, Value value) {
    if (Value* const old = find(key)) return *old = std::move(value);
    if (entries_.size() >= capacity_) entries_.pop_back();
    return entries_.emplace_front(key, std::move(value)).second;
  }

  /// Drops the values of which `drops` is true; asked once for each, the one that was used last at first.
  void drop_if(auto drops) {
    std::erase_if(entries_, [&](const Entry& entry) { return drops(entry.second); });
  }

 private:
  using Entry = std::pair<Key, Value>;

  std::size_t capacity_;
  std::list<Entry> entries_;
};

}  // namespace base
