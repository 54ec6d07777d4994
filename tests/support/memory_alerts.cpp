// The alerts of the store without a database.
#include <set>

#include "support/memory_store.hpp"

namespace support {

using store::MessageState;

std::optional<store::AlertTurn> MemoryStore::hold_alerts(const std::string& owner, base::Duration lease) {
  const auto lock = enter();
  const base::Time now = clock_.wall_now();
  auto& [turn, until, seen, states] = alerting_;
  if (turn.owner != owner && until >= now) return std::nullopt;
  if (turn.owner != owner) turn = {owner, turn.token + 1};
  until = now + lease;
  return turn;
}

void MemoryStore::release_alerts(const store::AlertTurn& turn) {
  const auto lock = enter();
  if (alerting_.turn != turn) return;
  alerting_.turn.owner.clear();
  alerting_.lease_until = {};
}

store::AlertMemory MemoryStore::alert_memory() {
  const auto lock = enter();
  store::AlertMemory memory{.seen = alerting_.seen};
  for (const auto& [key, text] : alerting_.states) memory.states.push_back({key, text});
  return memory;
}

bool MemoryStore::advance_alerts(const store::AlertTurn& turn, const store::AlertStep& step) {
  const auto lock = enter();
  if (alerting_.turn != turn) return false;
  const base::Time now = clock_.wall_now();
  alerting_.seen = step.seen;
  for (const auto& [key, text] : step.states) alerting_.states[key] = text;
  std::erase_if(alerting_.states, [](const auto& state) { return state.second.empty(); });
  for (const store::NewMessage& added : step.messages) {
    std::erase_if(outbox_, [&](const Outgoing& one) {
      return one.message.id == added.id && one.message.receiver == added.receiver;
    });
    outbox_.push_back({.message = {.number = ++last_message_,
                                   .id = added.id,
                                   .receiver = added.receiver,
                                   .body = added.body,
                                   .created = now,
                                   .due = now},
                       .order = added.order});
  }
  return true;
}

store::DueMessages MemoryStore::due_messages(const std::string& receiver, std::size_t limit) {
  const auto lock = enter();
  store::DueMessages found{.now = clock_.wall_now()};
  std::set<std::string> waiting;
  for (const auto& [message, order] : outbox_) {
    if (message.receiver != receiver || message.state != MessageState::waiting) continue;
    if (message.due > found.now) found.next_due = std::min(found.next_due.value_or(message.due), message.due);
    const bool due = message.due <= found.now || message.due > found.now + store::kLongestAlertPause;
    if (waiting.insert(order).second && due && found.messages.size() < limit) found.messages.push_back(message);
  }
  if (!found.messages.empty()) found.next_due.reset();
  return found;
}

bool MemoryStore::settle(const store::AlertTurn& turn, const store::Attempt& attempt) {
  const auto lock = enter();
  if (alerting_.turn != turn) return false;
  for (auto& [message, order] : outbox_) {
    if (message.number != attempt.number || message.state != MessageState::waiting) continue;
    if (attempt.state == MessageState::delivered)
      for (Outgoing& before : outbox_)
        if (before.message.number < message.number && before.message.receiver == message.receiver &&
            before.order == order && before.message.state == MessageState::dead)
          before.message.due = store::kOvertaken;
    message.state = attempt.state;
    message.error = attempt.state == MessageState::delivered ? "" : attempt.error;
    message.due = clock_.wall_now() + attempt.pause;
    ++message.attempts;
    if (attempt.state != MessageState::waiting) message.ended = clock_.wall_now();
  }
  return true;
}

std::vector<store::Message> MemoryStore::messages(MessageState state, std::size_t limit) {
  const auto lock = enter();
  std::vector<store::Message> found;
  for (auto one = outbox_.rbegin(); one != outbox_.rend() && found.size() < limit; ++one)
    if (one->message.state == state) found.push_back(one->message);
  return found;
}

store::OutboxCounts MemoryStore::outbox() {
  const auto lock = enter();
  std::map<std::pair<std::string, MessageState>, store::OutboxCount> counts;
  for (const auto& [message, order] : outbox_) {
    auto& count =
        counts.try_emplace({message.receiver, message.state}, message.receiver, message.state, 0, message.created)
            .first->second;
    ++count.count;
  }
  store::OutboxCounts found{.now = clock_.wall_now()};
  for (const auto& [key, count] : counts) found.counts.push_back(count);
  return found;
}

store::Revived MemoryStore::revive_messages(const std::string& id) {
  const auto lock = enter();
  store::Revived revived;
  std::set<std::pair<std::string, std::string>> orders;
  for (auto& [message, order] : outbox_) {
    const bool chosen = id.empty() || message.id == id;
    if (message.state != MessageState::dead || (!chosen && !orders.contains({message.receiver, order}))) continue;
    if (message.due == store::kOvertaken) {
      ++revived.overtaken;
      continue;
    }
    orders.emplace(message.receiver, order);
    message.state = MessageState::waiting;
    message.created = message.due = clock_.wall_now();
    message.attempts = 0;
    message.ended.reset();
    ++revived.waiting;
  }
  return revived;
}

void MemoryStore::give_up_strangers(std::span<const std::string> receivers, base::Duration age) {
  const auto lock = enter();
  const base::Time now = clock_.wall_now();
  for (auto& [message, order] : outbox_) {
    const bool known = std::ranges::find(receivers, message.receiver) != receivers.end();
    if (known || message.state != MessageState::waiting || message.created >= now - age) continue;
    message.state = MessageState::dead;
    message.error = store::kNoReceiver;
    message.ended = now;
  }
}

bool MemoryStore::tidy_outbox(const store::OutboxRetention& kept) {
  const auto lock = enter();
  const auto before = outbox_.size();
  for (const auto& [state, age, most] : {std::tuple{MessageState::delivered, kept.delivered, kept.most_delivered},
                                         {MessageState::dead, kept.dead, kept.most_dead}}) {
    const auto is_in = [state](const Outgoing& one) { return one.message.state == state; };
    auto count = static_cast<std::size_t>(std::ranges::count_if(outbox_, is_in));
    std::erase_if(outbox_, [&](const Outgoing& one) {
      if (!is_in(one) || (*one.message.ended >= clock_.wall_now() - age && count <= most)) return false;
      --count;
      return true;
    });
  }
  return outbox_.size() != before;
}

}  // namespace support
