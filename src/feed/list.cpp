#include "feed/list.hpp"

#include "feed/events.hpp"
#include "feed/row_json.hpp"

namespace feed {
namespace {

constexpr std::size_t kLongestWaitSeconds = 3600;

bool any_pending(const core::Snapshot& snapshot) {
  for (const auto& chunk : snapshot.chunks())
    for (const core::RowPtr& row : chunk->rows)
      // A row without a probe stays PENDING; a failure is an answer, too.
      if (!row->reading && !row->failure && row->probe != core::kNoProbe) return true;
  return false;
}

http::Prepared render(const board::State& state) {
  const base::Time now = state.now(std::chrono::steady_clock::now());
  std::string body;
  body.reserve(state.snapshot.size() * 320 + 16);
  body += '[';
  bool first = true;
  state.snapshot.for_each([&](const core::RowPtr& row) {
    body += first ? "\n" : ",\n";
    first = false;
    append_row(body, *row, now);
  });
  body += "\n]\n";
  return {"application/json", std::move(body)};
}

}  // namespace

List::List(board::Board& board, std::size_t cores) : board_(board), rows_(cores, kTellsNoTime, render) {}

http::Answer List::handle(const http::Request& request) {
  if (auto known = request.query.only({"wait", "since"}); !known) return http::problem(known.error());
  const auto seconds = request.query.number("wait", 0, 0, kLongestWaitSeconds);
  if (!seconds) return http::problem(seconds.error());
  if (*seconds > 0) return answer_later(request, std::chrono::seconds(*seconds));
  return answer(request, false);
}

boost::asio::awaitable<http::Reply> List::answer_later(const http::Request& request, base::Duration longest) {
  co_await wait(request.connection, board_.of_core(request.core), longest);
  http::Reply reply = co_await http::reply_of(answer(request, true));
  reply.waited = true;
  co_return reply;
}

http::Answer List::answer(const http::Request& request, bool exact) {
  // A copy of the pointer: the view moves on while the answer is made.
  board::StatePtr state = board_.of_core(request.core).current();
  // An empty list would mean that there are no profiles.
  if (!state->filled) return http::problem(503, "the profiles are not loaded yet; try again in a moment");
  if (const auto text = request.query.get("since")) return since(*state, *text);
  return rows_.answer(request, std::move(state), exact);
}

boost::asio::awaitable<void> List::wait(http::Connection* connection, board::CoreBoard& board, base::Duration timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  board::CoreBoard::Subscription subscription(board);
  const http::Watching client(connection, [&subscription] { subscription.wake(); });
  for (;;) {
    const board::StatePtr state = board.current();
    if (state->filled && !any_pending(state->snapshot)) co_return;
    if (board.closed() || client.gone() || std::chrono::steady_clock::now() >= deadline) co_return;
    co_await subscription.wait(state->sequence, deadline);
  }
}

http::Reply List::since(const board::State& state, std::string_view text) const {
  const auto seen = core::parse_version(text);
  if (!seen) return http::problem(400, kSinceForm);
  const auto change = state.since(*seen);
  if (!change) return http::problem(410, "that revision is of another epoch or too old; get the whole list");
  const base::Time now = state.now(std::chrono::steady_clock::now());
  std::string body =
      fmt::format("{{\"epoch\":\"{}\",\"revision\":{},\"now\":\"", state.version.epoch, state.version.revision);
  base::append_rfc3339(body, now);
  body += "\",\"changed\":";
  append_rows(body, change->rows, now);
  body += ",\"removed\":[";
  for (std::size_t i = 0; i < change->removed.size(); ++i)
    body += fmt::format("{}{}", i > 0 ? "," : "", change->removed[i].id);
  http::Reply reply = http::json_reply(std::move(body) + "]}");
  reply.headers.emplace_back("Cache-Control", "no-store");
  return reply;
}

}  // namespace feed
