#pragma once

#include <expected>
#include <optional>
#include <string>

#include "config/config.hpp"
#include "probe/one_line.hpp"
#include "probe/probe.hpp"

/// What sources say, in the words that all kinds share, and the level that follows from it. Pure; thread-safe.
namespace probe {

/// What a source said about one profile, in its words. `level` is not decided yet.
struct Unjudged : core::Measurement {
  /// Where the source judges by itself.
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
