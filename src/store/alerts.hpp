#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "core/row.hpp"

namespace store {

/// One replica's right to evaluate alerts and to send messages: a lease. A write with another owner or token than the
/// present ones is refused.
struct AlertTurn {
  std::string owner;
  /// Fencing token: grows whenever the lease gets another owner.
  std::int64_t token = 0;

  bool operator==(const AlertTurn&) const = default;
};

/// What the evaluation remembers about a rule and a profile or another subject of it.
struct AlertState {
  /// At most kMostAlertKey characters.
  std::string key;
  /// "": nothing is kept.
  std::string text;

  bool operator==(const AlertState&) const = default;
};
inline constexpr std::size_t kMostAlertKey = 750;

/// All of it.
struct AlertMemory {
  /// Changes up to this revision are evaluated. Nothing: none was ever.
  std::optional<core::Revision> seen;
  /// In the order of their keys.
  std::vector<AlertState> states{};
};

struct NewMessage {
  /// By which its receiver knows a repeat; at most 191 characters. It takes the place of one with the same.
  std::string id;
  std::string receiver;
  /// Messages of a receiver with the same `order` are delivered one after the other, as they were made.
  std::string order;
  std::string body;

  bool operator==(const NewMessage&) const = default;
};

/// A step of the evaluation.
struct AlertStep {
  core::Revision seen = 0;
  /// Those that changed.
  std::vector<AlertState> states{};
  std::vector<NewMessage> messages{};
};

enum class MessageState : std::uint8_t { waiting, delivered, dead };

/// A message in the outbox.
struct Message {
  std::int64_t number = 0;
  std::string id;
  std::string receiver;
  std::string body;
  MessageState state = MessageState::waiting;
  base::Time created;
  /// When the next attempt is due.
  base::Time due;
  std::int64_t attempts = 0;
  /// Of the latest attempt that failed.
  std::string error;
  /// When it was delivered or given up.
  std::optional<base::Time> ended{};
};

struct DueMessages {
  /// The database's clock.
  base::Time now;
  /// In the order of their making, at most one of each order.
  std::vector<Message> messages{};
  /// When none is due, when the first will be. Nothing: none waits.
  std::optional<base::Time> next_due{};
};

/// A message that would wait longer than this has a time of a clock that was ahead, and is due.
inline constexpr base::Duration kLongestAlertPause = std::chrono::hours{1};

/// The error of messages whose receiver is gone.
inline constexpr std::string_view kNoReceiver = "the configuration has no receiver of this name any more";

/// The `due` of a dead message after which a later one of its order has arrived: it would come out of order.
inline constexpr base::Time kOvertaken{};

/// What became of dead messages that are to be sent again.
struct Revived {
  std::int64_t waiting = 0;
  /// They stay dead.
  std::int64_t overtaken = 0;

  bool operator==(const Revived&) const = default;
};

/// How an attempt to deliver a message ended.
struct Attempt {
  std::int64_t number = 0;
  /// `waiting`: it failed, and is tried again after `pause`, which is at most kLongestAlertPause.
  MessageState state = MessageState::delivered;
  std::string error{};
  base::Duration pause{0};
};

/// The messages of one receiver in one state.
struct OutboxCount {
  std::string receiver;
  MessageState state = MessageState::waiting;
  std::int64_t count = 0;
  /// When the first of them was made.
  base::Time oldest;

  bool operator==(const OutboxCount&) const = default;
};

struct OutboxCounts {
  /// The database's clock.
  base::Time now;
  std::vector<OutboxCount> counts{};
};

/// How long messages are kept after their end, and how many of them.
struct OutboxRetention {
  base::Duration delivered{std::chrono::days{1}};
  base::Duration dead{std::chrono::days{30}};
  std::size_t most_delivered = 1'000;
  std::size_t most_dead = 10'000;
};

/// The interface of alerts: who evaluates, what the evaluation remembers, and the outbox. Calls as in store.hpp. A call
/// that writes and throws may have written: load again.
class Alerts {
 public:
  virtual ~Alerts() = default;

  /// Extends the owner's lease, or takes it when nobody has it; then with another token. Nothing: somebody else has it.
  virtual std::optional<AlertTurn> hold_alerts(const std::string& owner, base::Duration lease) = 0;
  /// Ends the lease, so that another replica goes on at once.
  virtual void release_alerts(const AlertTurn& turn) = 0;

  virtual AlertMemory alert_memory() = 0;
  /// Writes a step in one transaction. False: the lease is lost, and nothing is written.
  virtual bool advance_alerts(const AlertTurn& turn, const AlertStep& step) = 0;

  /// Messages for `receiver` that are due: those whose order no earlier one waits in. At most `limit`.
  virtual DueMessages due_messages(const std::string& receiver, std::size_t limit) = 0;
  /// False: the lease is lost, and nothing is written.
  virtual bool settle(const AlertTurn& turn, const Attempt& attempt) = 0;

  /// The latest messages in `state`, the newest first.
  virtual std::vector<Message> messages(MessageState state, std::size_t limit) = 0;
  virtual OutboxCounts outbox() = 0;
  /// Makes dead messages wait again, due now: that with this id and the later ones of its order, so that the last word
  /// stays the last; or with "" all.
  virtual Revived revive_messages(const std::string& id) = 0;
  /// Gives up waiting messages older than `age` for receivers that are not among `receivers`.
  virtual void give_up_strangers(std::span<const std::string> receivers, base::Duration age) = 0;
  /// Deletes some messages that are not to be kept; true while there may be more to do.
  virtual bool tidy_outbox(const OutboxRetention& retention) = 0;
};

/// The number that a database keeps of an order. Equal numbers of different orders make messages wait for each other
/// without need, and nothing else. Never changes. Pure; thread-safe.
std::int64_t order_key(std::string_view order);

}  // namespace store
