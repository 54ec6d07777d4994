#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "config/alerts.hpp"
#include "core/level.hpp"
#include "core/profile.hpp"

namespace alert {

/// What an item is about.
enum class Subject : std::uint8_t { profile, set, probe };
/// "profile", "set", "probe".
std::string_view to_string(Subject subject);
/// Undoes it.
std::optional<Subject> parse_subject(std::string_view text);

/// The subject that is a profile: PROVIDER/NAME, where the provider has "~1" for '/' and "~0" for '~', so that no two
/// profiles are one subject.
std::string subject_of(const core::ProfileKey& profile);
/// Undoes it.
core::ProfileKey profile_of(std::string_view subject);

/// One change of an alert: it fires, or it is over.
struct Item {
  Subject about = Subject::profile;
  /// subject_of() a profile, or the name of a set or a probe. With the rule it identifies the alert.
  std::string subject;
  /// Of a profile; else empty.
  core::ProfileKey profile{};
  bool firing = true;
  /// Of a profile; or of the profile that ended the alert of a set. UNKNOWN where there is none.
  core::Level level = core::Level::unknown;
  /// The level before that change, where it is known.
  std::optional<core::Level> from{};
  /// Why the level is what it is, for people; may be "".
  std::string reason{};
  /// Since when the alert's condition holds. Together with `subject` it identifies one firing from its begin to its
  /// end.
  base::Time since;
  /// When it fired, or was over.
  base::Time at;
  /// The profile's labels.
  std::map<std::string, std::string> labels{};
  /// The page about it; "" without a public_url.
  std::string url{};
  /// The change in a sentence without a full stop: "Amazon/c5 is HIGH: 4 of 8 nodes idle".
  std::string text{};

  bool operator==(const Item&) const = default;
};

/// The news of a message: `firing` when something fires newly, `resolved` when all that it is about is over in the end.
enum class Kind : std::uint8_t { firing, resolved, reminder, test };
/// "firing", "resolved", "reminder", "test".
std::string_view to_string(Kind kind);

/// A message to receivers: changes of one group of a rule, in their order. The messages about one group are delivered
/// to a receiver in the order in which they were made; those about different groups need not be.
struct Message {
  /// The same in every attempt to deliver it, and of no other message: letters, digits, '_', '.' and '-', 100 at most.
  std::string id;
  std::string rule;
  config::Severity severity = config::Severity::warning;
  Kind kind = Kind::firing;
  base::Time at;
  /// The values of the rule's group_by: {"provider": "Amazon"}. With the rule they identify the group.
  std::map<std::string, std::string> group{};
  /// Names the installation that sends it: several may send to one receiver. "" in what older versions made.
  std::string source{};
  /// How many alerts of the group fire after these changes: 0 when all is over.
  std::size_t still_firing = 0;
  /// At least one, 500 at most; of a test none. Of a reminder, all that fire.
  std::vector<Item> items{};
  /// For people, in one line: "Amazon/c5 is HIGH". The same for all receivers.
  std::string title{};
  /// For people, in lines of plain text.
  std::string text{};

  bool operator==(const Message&) const = default;
};

/// The last change of each subject, in their order. They point into `items`.
std::vector<const Item*> last_of_each(std::span<const Item> items);
/// Pages about the items, each once, in their order: 20 at most.
std::vector<std::string> pages_of(const Message& message);

std::string to_json(const Item& item);
base::Result<Item> parse_item(std::string_view json);

/// The message as JSON: what a webhook gets, what the outbox keeps and what `replay` answers with.
std::string to_json(const Message& message);
/// Reads it back. invalid: not such a message.
base::Result<Message> parse_message(std::string_view json);

/// The message that checks a receiver.
Message test_message(const std::string& id, base::Time at);

}  // namespace alert
