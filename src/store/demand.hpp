#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "core/next_run.hpp"
#include "core/profile.hpp"

namespace store {

/// The most profiles that are wanted at a time; further ones are left out.
inline constexpr std::size_t kMostWanted = 1024;

/// The interface of demand: profiles that readers watch or wait for, known to all replicas. Calls as in store.hpp.
class Demand {
 public:
  virtual ~Demand() = default;

  /// These are wanted for `period` from now on, unless it is longer for them already. Forgets those whose time is over.
  virtual void want(std::span<const core::ProfileId> profiles, base::Duration period) = 0;
  /// Those that are wanted now.
  virtual std::vector<core::ProfileId> wanted() = 0;
  /// Brings forward the next run of these profiles of `probe` to when core::next_run() has it for watched ones, but not
  /// before now; never puts one off. Leaves runs under way alone. `batched`: the probe has one task for all.
  virtual void hasten(const std::string& probe, bool batched, std::span<const core::ProfileId> profiles,
                      const core::RefreshRule& rule) = 0;
};

}  // namespace store
