#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace store {

/// At most `calls` runs of a probe in any `window`.
struct Limit {
  std::uint64_t calls = 0;
  base::Duration window{0};
};

/// Runs of probes, counted against their limits over all processes. Calls as in store.hpp.
class Budgets {
 public:
  virtual ~Budgets() = default;

  /// Counts one run of `probe` against its limits, and returns when. Nothing: they allow none.
  virtual std::optional<base::Time> spend(const std::string& probe, std::span<const Limit> limits) = 0;
  /// Takes back the runs of `probe` that were counted at these times and did not happen.
  virtual void refund(const std::string& probe, std::span<const Limit> limits, std::span<const base::Time> runs) = 0;
  /// How many more runs of `probe` each of its limits allows now.
  virtual std::vector<std::uint64_t> left(const std::string& probe, std::span<const Limit> limits) = 0;
};

}  // namespace store
