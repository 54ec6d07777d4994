#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "alert/message.hpp"
#include "alert/rule.hpp"
#include "alert/state.hpp"

namespace alert {

/// Gathers the changes of a rule's alerts into messages: waits for more of a group, keeps still in quiet hours,
/// reminds. Does no I/O and reads no clock.
class Grouping {
 public:
  /// Both outlive it.
  Grouping(const Rule& rule, const Setting& setting) : rule_(rule), setting_(setting) {}

  /// One more alert of the group fires; one fires no longer.
  void begin(const Labels& group);
  void end(const Labels& group, base::Time at);
  /// This change is to be told.
  void add(const Labels& group, Item item);

  /// As Watch::limit().
  void limit(base::Time now);
  /// When the next message may be due.
  std::optional<base::Time> due() const;
  /// What fires in a group, for a reminder.
  using Firing = std::function<std::vector<Item>(const Labels& group)>;
  /// Makes the messages that are due first. REQUIRES: due().
  void send_first(std::vector<Message>& out, const Firing& firing);

  /// Is there a change of the subject that is not told yet?
  bool holds_back(const Labels& group, std::string_view subject) const;
  /// A reminder of that, for a receiver that asks. Its id is the same each time.
  Message reminder(const Labels& group, std::vector<Item> items) const;

  /// Reads one of the states below; false when that cannot be read.
  bool load(std::string_view key, std::string_view text);
  /// Keys of what changed since the last call; and the text of a key, "" for none. Keys begin with "g/" and "i/".
  std::set<std::string> take_changed() { return std::exchange(changed_, {}); }
  std::string text_of(const std::string& key) const;
  static bool has_key(std::string_view key) { return key.starts_with("g/") || key.starts_with("i/"); }

 private:
  /// A group at work, with the changes that are not told yet, in their order.
  struct Gathered : Group {
    std::size_t firing = 0;
    std::map<std::uint64_t, Item> items{};
    /// The changes of each subject among these.
    std::unordered_map<std::string, std::set<std::uint64_t>> of{};
  };

  Gathered& group_of(const Labels& labels);
  void set_due(const std::string& name, Gathered& group, std::optional<base::Time> due);
  static void put(Gathered& group, std::uint64_t number, Item item);
  void drop(const std::string& name, Gathered& group, std::uint64_t number);
  std::vector<Item> take_items(const std::string& name, Gathered& group);
  Message message_of(const Gathered& group, Kind kind, base::Time at, std::vector<Item> items) const;

  const Rule& rule_;
  const Setting& setting_;
  /// By a short name for the labels.
  std::map<std::string, Gathered, std::less<>> groups_;
  std::set<std::pair<base::Time, std::string>> agenda_;
  std::set<std::string> changed_;
};

/// The most items of a message. Of a group with more changes than that, only the last one of each subject is told.
inline constexpr std::size_t kMostItems = 500;

}  // namespace alert
