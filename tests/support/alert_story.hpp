#pragma once

#include <fmt/format.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "alert/evaluator.hpp"
#include "alert/replay.hpp"
#include "base/clock.hpp"
#include "config/scalar.hpp"

namespace support {

/// The evaluator at work on a made-up story, of which times are seconds. Its messages are lines such as
/// "0.5 firing: +Amazon/c5 HIGH", with '+' for what fires and '-' for what is over.
class AlertStory {
 public:
  explicit AlertStory(std::vector<config::AlertRule> rules, alert::Setting setting = {})
      : rules_(std::move(rules)), setting_(std::move(setting)) {
    evaluator_ = std::make_unique<alert::Evaluator>(rules_, setting_);
    evaluator_->settle(time(0));
    evaluator_->wake(time(0));
  }
  explicit AlertStory(config::AlertRule rule, alert::Setting setting = {})
      : AlertStory(std::vector{std::move(rule)}, std::move(setting)) {}

  static base::Time time(double seconds) { return kBegin + base::Duration{std::int64_t(seconds * 1e6)}; }

  /// `key` is PROVIDER/NAME as alert::subject_of() has it. The profile is known, and pending.
  core::ProfileId add(const std::string& key, core::Labels labels = {}, const std::string& probe = "p", double at = 0) {
    core::Row row{.profile = {.id = core::ProfileId(rows_.size() + 1), .labels = std::move(labels)}, .probe = probe};
    row.profile.key = alert::profile_of(key);
    rows_[row.profile.id] = row;
    evaluator_->know(row.profile, probe, time(at));
    evaluator_->observe(row, time(at));
    return row.profile.id;
  }
  void remove(core::ProfileId id, double at) {
    rows_.erase(id);
    evaluator_->forget(id, time(at));
  }
  void change(core::ProfileId id, core::Labels labels, double at) {
    rows_[id].profile.labels = std::move(labels);
    evaluator_->know(rows_[id].profile, rows_[id].probe.text(), time(at));
    evaluator_->observe(rows_[id], time(at));
  }

  /// A transition of the log.
  void turn(double at, core::ProfileId id, core::Level level, core::Freshness freshness = core::Freshness::fresh) {
    core::Row& row = rows_[id];
    row.revision = ++revision_;
    const bool fresh = freshness == core::Freshness::fresh, expired = freshness == core::Freshness::expired;
    if (!row.reading) {
      row.reading.emplace().level = level;
    } else if (!expired && row.reading->level != level) {
      row.reading->changed = {row.reading->level, time(at)};
      row.reading->level = level;
    }
    row.reading->measured_at = time(at);
    row.reading->stale_at = fresh ? base::Time::max() : time(at);
    row.reading->expires_at = expired ? time(at) : base::Time::max();
    const core::Transition transition{time(at), level, freshness, ""};
    evaluator_->observe(core::LoggedTransition{revision_, id, transition});
    past_[id].push_back(transition);
    now_ = at;
  }
  /// Its row is HIGH since then; the log does not tell it.
  void set_row_since(core::ProfileId id, double since) {
    core::Reading& reading = rows_[id].reading.emplace();
    reading.level = core::Level::high;
    reading.measured_at = time(since);
    reading.stale_at = reading.expires_at = base::Time::max();
  }
  void high(double at, core::ProfileId id) { turn(at, id, core::Level::high); }
  void medium(double at, core::ProfileId id) { turn(at, id, core::Level::medium); }
  void low(double at, core::ProfileId id) { turn(at, id, core::Level::low); }
  void expire(double at, core::ProfileId id) { turn(at, id, core::Level::unknown, core::Freshness::expired); }

  void advance(double to) {
    evaluator_->advance(time(to));
    now_ = to;
    collect();
  }

  /// Another replica takes over: it has the states in the database and the present rows.
  void restart() {
    collect();
    evaluator_ = std::make_unique<alert::Evaluator>(rules_, setting_);
    std::vector<alert::State> states;
    for (const auto& [key, text] : states_) states.push_back({key, text});
    evaluator_->load(states);
    for (const auto& [id, row] : rows_) evaluator_->know(row.profile, row.probe.text(), time(now_));
    for (const auto& [id, row] : rows_) evaluator_->observe(row, time(now_));
    evaluator_->settle(time(now_));
    evaluator_->wake(time(now_));
  }
  /// The same with other rules.
  void restart_with(std::vector<config::AlertRule> rules) {
    rules_ = std::move(rules);
    restart();
  }

  /// What `replay` would have sent.
  alert::Replayed replayed(double from, double to, const alert::ReplayLimits& limits = {}) const {
    std::vector<alert::Past> pasts;
    for (const auto& [id, row] : rows_) {
      const auto past = past_.find(id);
      pasts.push_back({row.profile, row.probe.text(), past != past_.end() ? past->second : alert::Transitions{}});
    }
    return alert::replay(rules_, setting_, pasts, time(from), time(to), limits);
  }

  alert::Evaluator& evaluator() { return *evaluator_; }
  /// But for those that say which rules are known.
  std::map<std::string, std::string> states() {
    collect();
    auto states = states_;
    std::erase_if(states, [](const auto& state) { return state.first.ends_with("/known"); });
    return states;
  }
  void set_state(const std::string& key, const std::string& text) { states_[key] = text; }

  const std::vector<alert::Message>& messages() {
    collect();
    return messages_;
  }
  std::vector<std::string> lines() {
    std::vector<std::string> lines;
    for (const alert::Message& message : messages()) lines.push_back(line(message));
    return lines;
  }
  static std::string line(const alert::Message& message) {
    std::string items;
    for (const alert::Item& item : message.items)
      items += fmt::format("{}{}{}{}", items.empty() ? "" : ", ", item.firing ? '+' : '-', item.subject,
                           item.about == alert::Subject::probe ? "" : fmt::format(" {}", core::to_string(item.level)));
    const double at = std::chrono::duration<double>(message.at - kBegin).count();
    return fmt::format("{:g} {}: {}", at, alert::to_string(message.kind), items);
  }

 private:
  /// Monday, 2026-01-05T00:00:00Z.
  static constexpr base::Time kBegin{std::chrono::sys_days{std::chrono::year{2026} / 1 / 5}};

  void collect() {
    auto step = evaluator_->take();
    for (auto& message : step.messages) messages_.push_back(std::move(message));
    for (auto& [key, text] : step.states) {
      if (text.empty())
        states_.erase(key);
      else
        states_[key] = text;
    }
  }

  std::vector<config::AlertRule> rules_;
  alert::Setting setting_;
  std::unique_ptr<alert::Evaluator> evaluator_;
  std::map<core::ProfileId, core::Row> rows_;
  std::map<core::ProfileId, alert::Transitions> past_;
  std::map<std::string, std::string> states_;
  std::vector<alert::Message> messages_;
  core::Revision revision_ = 0;
  double now_ = 0;
};

}  // namespace support
