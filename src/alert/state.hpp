#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "alert/message.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "core/level.hpp"

/// What the evaluation remembers from one step to the next, and its text in the database.
namespace alert {

using Labels = std::map<std::string, std::string>;

/// What made an alert what it is, for its messages.
struct Cause {
  core::Level level = core::Level::unknown;
  std::optional<core::Level> from{};
  std::string reason{};
  Labels labels{};

  bool operator==(const Cause&) const = default;
};

/// An alert from when its condition is met until it is over.
struct Alert {
  enum class Phase : std::uint8_t {
    pending,  ///< the condition is met, but not yet for long enough
    firing,
    clearing,  ///< it fires, and the condition is over, but not yet for long enough
  };

  Phase phase = Phase::pending;
  /// The kind of its subject. Nothing in texts of older versions: it is the rule's.
  std::optional<Subject> about{};
  /// Since when the condition holds.
  base::Time since;
  /// When it fires, or is over, if nothing happens before. Not of one that is firing.
  base::Time due{};
  /// When it fired. Not of one that is pending.
  base::Time fired{};
  Cause cause{};
  Labels group{};

  bool fires() const { return phase != Phase::pending; }
  bool operator==(const Alert&) const = default;
};

/// The changes of some alerts of a rule, which share messages.
struct Group {
  Labels labels{};
  /// When its last message was made.
  std::optional<base::Time> last{};
  /// When the next one is made, or else the group is forgotten.
  std::optional<base::Time> due{};

  bool operator==(const Group&) const = default;
};

/// "pending", "firing", "clearing".
std::string_view to_string(Alert::Phase phase);

std::string to_json(const Alert& alert);
std::string to_json(const Group& group);
/// invalid: it was written by no version that this one can read.
base::Result<Alert> parse_alert(std::string_view text);
base::Result<Group> parse_group(std::string_view text);

}  // namespace alert
