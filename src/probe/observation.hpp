#pragma once

#include <boost/json/fwd.hpp>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "core/profile.hpp"
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

/// Reads {"level": …, "free": …, "total": …, "score": …, "price": …, "reason": …}, each of them optional and at the
/// place that `pointers` gives. Fails with a sentence when a value has another type, or when none is there.
std::expected<Observation, std::string> read_observation(const boost::json::value& value,
                                                         const config::Pointers& pointers);

/// Parses JSON of a source, at most 64 levels deep. Fails with a sentence that says where it goes wrong.
std::expected<boost::json::value, std::string> parse_json(std::string_view text);

/// Reads a source's list of objects, each with "provider" and "name" beside its values, and judges it for each of
/// `profiles`. One that the list does not name has failed.
Answer read_batch(const boost::json::value& value, const config::Pointers& pointers,
                  std::span<const core::Profile> profiles, const config::Levels& levels);

/// `text` fit for a reason: UTF-8 in one line of at most 300 bytes, whatever a source sent.
std::string one_line(std::string_view text);

/// What a batch is asked: [{"provider": …, "name": …, "attributes": {…}}, …].
std::string to_json(std::span<const core::Profile> profiles);

}  // namespace probe
