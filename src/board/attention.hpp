#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "board/selection.hpp"
#include "core/pattern.hpp"

namespace board {

/// The profiles that readers look at or wait for, one by one and not among all. Thread-safe.
class Attention {
 public:
  /// Somebody who looks at or waits for more profiles than this at once wants none of them in particular.
  static constexpr std::size_t kMostOfOne = 32;
  /// A watcher has so many voices, in equal parts for its profiles. So nobody counts for more by naming many.
  static constexpr std::uint32_t kVoice = 1 << 20;

  /// One who looks, as long as this lives, which may be longer than the Attention.
  using Watch = std::shared_ptr<const void>;

  /// Counts one who watches these, the first kMostOfOne of them. May be null: nobody counts.
  [[nodiscard]] Watch watch(std::vector<core::ProfileKey> keys);

  /// The voices for each watched profile.
  std::map<core::ProfileKey, std::uint64_t> watched() const;

 private:
  struct Watchers {
    std::mutex mutex;
    /// The voices for each. Guarded by mutex.
    std::map<core::ProfileKey, std::uint64_t> of;
  };
  std::shared_ptr<Watchers> watchers_ = std::make_shared<Watchers>();
};

/// The profiles that a selection names one by one: by provider and name, or by a set's choices without * and ?. None if
/// they are more than Attention::kMostOfOne.
std::vector<core::ProfileKey> named_by(const Selection& selection, const core::Sets& sets);
/// The same for patterns.
std::vector<core::ProfileKey> named_by(std::span<const core::Pattern> patterns);

}  // namespace board
