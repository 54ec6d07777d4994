#pragma once

#include <expected>
#include <optional>
#include <string>

#include "config/config.hpp"
#include "probe/one_line.hpp"
#include "probe/probe.hpp"

/// Statements of sources of all kinds, and the level that follows. Pure; thread-safe.
namespace probe {

/// A source's statement about one profile. `level` is not decided yet.
struct Unjudged : core::Measurement {
  /// The source's own level, if it gives one.
  std::optional<core::Level> said{};

  bool operator==(const Unjudged&) const = default;
};

/// The measurement that follows: with the source's own level, unless `levels` has thresholds; then the level is theirs.
/// The reason is the source's, followed by the rule that gave the level. Fails when neither gives a level.
Result judge(Unjudged seen, const config::Levels& levels);

/// Do the numbers make sense together? Fails with a sentence that has the number and what `names` calls it: one that is
/// negative (a scale may be) or too large to be counted, and more free units than there are.
std::expected<void, std::string> check_numbers(const core::Measurement& seen,
                                               const core::PerNumber<std::string>& names);

}  // namespace probe
