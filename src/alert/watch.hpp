#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "alert/grouping.hpp"
#include "alert/message.hpp"
#include "alert/rule.hpp"
#include "alert/state.hpp"

namespace alert {

/// One rule at work: when its alerts begin, fire and end, and the messages about that. Time passes by advance() alone.
class Watch {
 public:
  /// `setting` outlives it.
  Watch(config::AlertRule rule, const Setting& setting);
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  const Rule& rule() const { return rule_; }

  /// Was the rule never evaluated? Then it finds nothing until wake(), so that what happened before it came is not
  /// told.
  bool is_new() const { return new_; }
  void wake();

  /// At `at` the condition of the subject's alert is found to be so. `since`: when it began to hold.
  struct Finding {
    Truth truth = Truth::neither;
    base::Time since;
    base::Time at;
    Cause cause{};
    Labels group{};
  };
  void find(const std::string& subject, const Finding& finding);
  /// The subject is gone, or no longer watched.
  void end(const std::string& subject, base::Time at);

  /// Nothing is due later than it can be at `now`: the clock may have been set back.
  void limit(base::Time now);
  /// Fires and ends what is due until `now`, and makes the messages that are due.
  void advance(base::Time now, std::vector<Message>& out);
  /// When advance() has something to do next.
  std::optional<base::Time> due() const;

  /// All that fires and was told: a message for each group. Not to be kept in the outbox.
  std::vector<Message> firing() const;

  /// By subject.
  const std::map<std::string, Alert, std::less<>>& alerts() const { return alerts_; }

  /// Reads a state that take_changed() named; false when that cannot be read. Groups come before their items.
  bool load(std::string_view key, std::string_view text);
  /// Keys of the states that changed since the last call; and the text of one, "" for none.
  std::set<std::string> take_changed();
  std::string text_of(const std::string& key) const;

 private:
  void put(const std::string& subject, Alert alert);
  void erase(const std::string& subject);
  void turn_first();
  Item item_of(const std::string& subject, const Alert& alert, bool firing, base::Time at) const;
  std::vector<Item> firing_in(const Labels& group) const;

  const Rule rule_;
  const Setting& setting_;
  Grouping grouping_;
  std::map<std::string, Alert, std::less<>> alerts_;
  /// When alerts fire or end by themselves.
  std::set<std::pair<base::Time, std::string>> agenda_;
  std::set<std::string> changed_;
  bool new_ = true;
};

}  // namespace alert
