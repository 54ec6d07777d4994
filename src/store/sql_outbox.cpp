// The messages to receivers.
#include <algorithm>

#include "store/sql_store.hpp"

namespace store {
namespace {

constexpr std::int64_t number_of(MessageState state) {
  return static_cast<std::int64_t>(state);
}

const std::string kColumns =
    "o.id, o.message_id, o.receiver, o.body, o.state, o.created, o.due, o.attempts, o.error, o.ended";

Message message_of(const sql::Query& row, int first = 0) {
  return {.number = row.get<std::int64_t>(first),
          .id = row.get<std::string>(first + 1),
          .receiver = row.get<std::string>(first + 2),
          .body = row.get<std::string>(first + 3),
          .state = static_cast<MessageState>(row.get<int>(first + 4)),
          .created = row.get<base::Time>(first + 5),
          .due = row.get<base::Time>(first + 6),
          .attempts = row.get<std::int64_t>(first + 7),
          .error = row.get<std::optional<std::string>>(first + 8).value_or(""),
          .ended = row.get<std::optional<base::Time>>(first + 9)};
}

/// The clock, the messages that are due, and when the first of the others is if there are none: one statement, since it
/// is asked often. The heads of the orders come from one walk over the index outbox_order, without the bodies.
std::string due_text(std::string_view now) {
  return fmt::format(
      "SELECT {0}, CASE WHEN o.id IS NULL THEN (SELECT MIN(due) FROM outbox WHERE receiver = ? AND state = 0"
      " AND due > {0}) END, {1} FROM (SELECT 1 AS one) c LEFT JOIN (SELECT w.* FROM (SELECT MIN(id) AS head"
      " FROM outbox WHERE receiver = ? AND state = 0 GROUP BY order_key) h JOIN outbox w ON w.id = h.head"
      " WHERE w.due <= {0} OR w.due > {0} + ? ORDER BY w.id LIMIT ?) o ON 1 = 1 ORDER BY o.id",
      now, kColumns);
}

/// Those that ended before `before`, and those beyond the newest `most`.
std::vector<std::int64_t> old_ones(sql::Session& session, MessageState state, base::Time before, std::size_t most) {
  std::vector<std::int64_t> numbers;
  auto old = session.query("SELECT id FROM outbox WHERE state = ? AND ended < ? ORDER BY id LIMIT ?", number_of(state),
                           before, sql::kListSize);
  while (old.step()) numbers.push_back(old.get<std::int64_t>(0));
  if (!numbers.empty()) return numbers;
  auto many = session.query("SELECT id FROM outbox WHERE state = ? ORDER BY id DESC LIMIT ? OFFSET ?", number_of(state),
                            sql::kListSize, most);
  while (many.step()) numbers.push_back(many.get<std::int64_t>(0));
  return numbers;
}

/// Where a message stands in its order.
struct Place {
  std::string receiver;
  std::int64_t order = 0;
  std::int64_t number = 0;
  base::Time due;
};

std::vector<Place> places(sql::Query query) {
  std::vector<Place> found;
  while (query.step())
    found.push_back(
        {query.get<std::string>(0), query.get<std::int64_t>(1), query.get<std::int64_t>(2), query.get<base::Time>(3)});
  return found;
}

/// The message has arrived: dead ones before it would come out of order.
void overtake(sql::Session& session, std::int64_t number) {
  for (const Place& place :
       places(session.query("SELECT receiver, order_key, id, due FROM outbox WHERE id = ?", number)))
    session.run("UPDATE outbox SET due = ? WHERE receiver = ? AND order_key = ? AND state = 2 AND id < ?", kOvertaken,
                place.receiver, place.order, place.number);
}

}  // namespace

DueMessages SqlStore::due_messages(const std::string& receiver, std::size_t limit) {
  return with_session([&](sql::Session& session) {
    DueMessages found;
    auto query = session.query(due_text(session.dialect().now), receiver, receiver, kLongestAlertPause, limit);
    while (query.step()) {
      found.now = query.get<base::Time>(0);
      found.next_due = query.get<std::optional<base::Time>>(1);
      if (query.get<std::optional<std::int64_t>>(2)) found.messages.push_back(message_of(query, 2));
    }
    return found;
  });
}

bool SqlStore::settle(const AlertTurn& turn, const Attempt& attempt) {
  return write([&](sql::Transaction& tx) {
    if (!has_turn(*tx, turn)) return false;
    const base::Time now = tx->now();
    const bool failed = attempt.state != MessageState::delivered;
    const bool over = attempt.state != MessageState::waiting;
    const auto changed = tx->run(
        "UPDATE outbox SET state = ?, attempts = attempts + 1, due = ?, error = ?, ended = ? WHERE id = ? AND state = "
        "0",
        number_of(attempt.state), now + attempt.pause, failed ? std::optional(attempt.error) : std::nullopt,
        over ? std::optional(now) : std::nullopt, attempt.number);
    if (!failed && changed > 0) overtake(*tx, attempt.number);
    return true;
  });
}

std::vector<Message> SqlStore::messages(MessageState state, std::size_t limit) {
  return with_session([&](sql::Session& session) {
    std::vector<Message> found;
    auto query =
        session.query(fmt::format("SELECT {} FROM outbox o WHERE state = ? ORDER BY id DESC LIMIT ?", kColumns),
                      number_of(state), limit);
    while (query.step()) found.push_back(message_of(query));
    return found;
  });
}

OutboxCounts SqlStore::outbox() {
  return with_session([&](sql::Session& session) {
    OutboxCounts found{.now = session.now()};
    auto query = session.query(
        "SELECT c.receiver, c.state, c.many, o.created FROM (SELECT receiver, state, COUNT(*) AS many, MIN(id) AS first"
        " FROM outbox GROUP BY receiver, state) c JOIN outbox o ON o.id = c.first ORDER BY c.receiver, c.state");
    while (query.step())
      found.counts.push_back({query.get<std::string>(0), static_cast<MessageState>(query.get<int>(1)),
                              query.get<std::int64_t>(2), query.get<base::Time>(3)});
    return found;
  });
}

Revived SqlStore::revive_messages(const std::string& id) {
  return write([&](sql::Transaction& tx) {
    const base::Time now = tx->now();
    Revived revived;
    for (const Place& place : places(
             tx->query("SELECT receiver, order_key, id, due FROM outbox WHERE state = 2 AND (? = '' OR message_id = ?)"
                       " ORDER BY id",
                       id, id))) {
      if (place.due == kOvertaken)
        ++revived.overtaken;
      else
        revived.waiting += tx->run(
            "UPDATE outbox SET state = 0, due = ?, created = ?, attempts = 0, ended = NULL WHERE receiver = ?"
            " AND order_key = ? AND state = 2 AND id >= ?",
            now, now, place.receiver, place.order, place.number);
    }
    return revived;
  });
}

void SqlStore::give_up_strangers(std::span<const std::string> receivers, base::Duration age) {
  for (const OutboxCount& count : outbox().counts) {
    const bool known = std::ranges::find(receivers, count.receiver) != receivers.end();
    if (known || count.state != MessageState::waiting) continue;
    write([&](sql::Transaction& tx) {
      const base::Time now = tx->now();
      tx->run("UPDATE outbox SET state = 2, error = ?, ended = ? WHERE receiver = ? AND state = 0 AND created < ?",
              kNoReceiver, now, count.receiver, now - age);
    });
  }
}

bool SqlStore::tidy_outbox(const OutboxRetention& kept) {
  static const std::string kDelete = sql::with_list("DELETE FROM outbox WHERE id");
  return write([&](sql::Transaction& tx) {
    const base::Time now = tx->now();
    std::vector<std::int64_t> numbers =
        old_ones(*tx, MessageState::delivered, now - kept.delivered, kept.most_delivered);
    if (numbers.empty()) numbers = old_ones(*tx, MessageState::dead, now - kept.dead, kept.most_dead);
    if (!numbers.empty()) tx->run(kDelete, std::span<const std::int64_t>(numbers));
    return !numbers.empty();
  });
}

}  // namespace store
