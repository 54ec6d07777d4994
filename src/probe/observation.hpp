#pragma once

#include <expected>
#include <optional>
#include <string>

#include "config/config.hpp"
#include "probe/one_line.hpp"
#include "probe/probe.hpp"

/// What sources say, in the words that all kinds share, and the level that follows from it. Pure; thread-safe.
namespace probe {

/// What a source said about one profile.
struct Observation {
  /// Where the source judges by itself.
  std::optional<core::Level> level;
  std::optional<double> free;
  std::optional<double> total;
  /// The largest request that fits in one piece, such as on one node.
  std::optional<double> largest;
  std::optional<double> score;
  std::optional<double> price;
  /// Why, in the source's words; may be empty.
  std::string reason;
  /// How long before the end of the run the source measured it; 0 where it says nothing.
  base::Duration age{0};

  bool operator==(const Observation&) const = default;
};

/// The measurement that an observation makes: the source's own level, unless `levels` has thresholds; then the level
/// is theirs. The reason is the source's, followed by the rule that gave the level. Fails when neither gives a level.
Result judge(Observation observation, const config::Levels& levels);

/// Do the numbers make sense together? Fails with a sentence that has the number and what `names` calls it: one that is
/// negative (a score may be) or too large to be counted, and more free units than there are.
std::expected<void, std::string> check_numbers(const Observation& seen, const config::Pointers& names);

}  // namespace probe
