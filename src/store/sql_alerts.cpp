// Who evaluates alerts, and what the evaluation remembers.
#include <algorithm>

#include "store/sql_store.hpp"

namespace store {
namespace {

/// The one row of table `alerting`.
struct Alerting {
  AlertTurn turn;
  base::Time lease_until;
  base::Duration lease{0};
  base::Time now;

  /// A lease that is longer than it was given for is one of a clock that was ahead.
  bool is_free_for(const std::string& owner) const {
    return turn.owner == owner || lease_until < now || lease_until > now + lease + kClockTolerance;
  }
};

std::optional<Alerting> alerting(sql::Session& session, std::string_view locking) {
  auto query = session.query(fmt::format("SELECT owner, token, lease_until, lease, {} FROM alerting WHERE id = 1{}",
                                         session.dialect().now, locking));
  if (!query.step()) return std::nullopt;
  return Alerting{.turn = {query.get<std::string>(0), query.get<std::int64_t>(1)},
                  .lease_until = query.get<base::Time>(2),
                  .lease = query.get<base::Duration>(3),
                  .now = query.get<base::Time>(4)};
}

/// More rows than these are deleted together, which looks at all.
constexpr std::ptrdiff_t kFewStates = 64;

void put_states(sql::Session& session, std::span<const AlertState> states) {
  static const sql::RowsStatement kPut("REPLACE INTO alert_state (state_key, content) VALUES ", 2);
  const auto is_gone = [](const AlertState& state) { return state.text.empty(); };
  const bool few = std::ranges::count_if(states, is_gone) <= kFewStates;
  std::vector<AlertState> put(states.begin(), states.end());
  if (few) std::erase_if(put, is_gone);
  kPut.run(session, std::span<const AlertState>(put),
           [](sql::Query& query, const AlertState& state) { query.bind(state.key, state.text); });
  if (!few) session.run("DELETE FROM alert_state WHERE content = ''");
  for (const AlertState& state : states)
    if (few && is_gone(state)) session.run("DELETE FROM alert_state WHERE state_key = ?", state.key);
}

/// Of the bodies of one statement: a server takes 16 MiB by itself, and drops the connection for more.
constexpr std::size_t kMostBytes = 1'000'000;

void add_messages(sql::Session& session, std::span<const NewMessage> messages) {
  static const sql::RowsStatement kAdd(
      "REPLACE INTO outbox (message_id, receiver, order_key, body, created, due) VALUES ", 6);
  if (messages.empty()) return;
  const base::Time now = session.now();
  while (!messages.empty()) {
    std::size_t count = 1, bytes = messages.front().body.size();
    while (count < messages.size() && (bytes += messages[count].body.size()) <= kMostBytes) ++count;
    kAdd.run(session, messages.first(count), [&](sql::Query& query, const NewMessage& message) {
      query.bind(message.id, message.receiver, order_key(message.order), message.body, now, now);
    });
    messages = messages.subspan(count);
  }
}

}  // namespace

bool SqlStore::has_turn(sql::Session& session, const AlertTurn& turn) {
  return session
      .query(fmt::format("SELECT id FROM alerting WHERE id = 1 AND owner = ? AND token = ?{}",
                         session.dialect().for_update),
             turn.owner, turn.token)
      .step();
}

std::optional<AlertTurn> SqlStore::hold_alerts(const std::string& owner, base::Duration lease) {
  // Most replicas find that another one has it, so they look without a lock first.
  const auto seen = with_session([](sql::Session& session) { return alerting(session, ""); });
  if (seen && !seen->is_free_for(owner)) return std::nullopt;
  return write([&](sql::Transaction& tx) -> std::optional<AlertTurn> {
    const auto found = alerting(*tx, tx->dialect().for_update);
    if (!found) {
      tx->run("INSERT INTO alerting (id, owner, token, lease_until, lease) VALUES (1, ?, 1, ?, ?)", owner,
              tx->now() + lease, lease);
      return AlertTurn{owner, 1};
    }
    if (!found->is_free_for(owner)) return std::nullopt;
    const AlertTurn turn{owner, found->turn.token + (found->turn.owner == owner ? 0 : 1)};
    tx->run("UPDATE alerting SET owner = ?, token = ?, lease_until = ?, lease = ? WHERE id = 1", owner, turn.token,
            found->now + lease, lease);
    return turn;
  });
}

void SqlStore::release_alerts(const AlertTurn& turn) {
  write([&](sql::Transaction& tx) {
    tx->run("UPDATE alerting SET owner = '', lease_until = 0 WHERE id = 1 AND owner = ? AND token = ?", turn.owner,
            turn.token);
  });
}

AlertMemory SqlStore::alert_memory() {
  return read([](sql::Transaction& tx) {
    AlertMemory memory;
    auto board = tx->query("SELECT seen FROM alerting WHERE id = 1");
    if (board.step()) memory.seen = board.get<std::optional<core::Revision>>(0);
    auto query = tx->query("SELECT state_key, content FROM alert_state ORDER BY state_key");
    while (query.step()) memory.states.push_back({query.get<std::string>(0), query.get<std::string>(1)});
    return memory;
  });
}

bool SqlStore::advance_alerts(const AlertTurn& turn, const AlertStep& step) {
  return write([&](sql::Transaction& tx) {
    if (!has_turn(*tx, turn)) return false;
    put_states(*tx, step.states);
    add_messages(*tx, step.messages);
    tx->run("UPDATE alerting SET seen = ? WHERE id = 1", step.seen);
    return true;
  });
}

}  // namespace store
