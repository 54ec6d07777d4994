#include "portal/api.hpp"

#include "feed/row_json.hpp"

namespace portal {
namespace {

constexpr std::size_t kDefaultLimit = 100;
constexpr std::size_t kMostLimit = 1000;

http::Prepared render_list(const board::State& state, std::size_t offset, std::size_t limit) {
  const base::Time now = state.now(std::chrono::steady_clock::now());
  const auto rows = state.snapshot.slice(offset, limit);
  std::string body = fmt::format("{{\"version\":\"{}\",\"now\":\"", core::to_string(state.version));
  base::append_rfc3339(body, now);
  body += fmt::format("\",\"total\":{},\"offset\":{},\"limit\":{},\"next\":", state.snapshot.size(), offset, limit);
  const std::size_t end = offset + rows.size();
  body += !rows.empty() && end < state.snapshot.size()
              ? fmt::format("\"/api/v1/hardware?offset={}&limit={}\"", end, limit)
              : "null";
  body += ",\"hardware\":";
  feed::append_rows(body, rows, now);
  body += "}\n";
  return {"application/json", std::move(body)};
}

}  // namespace

http::Reply not_filled() {
  return http::problem(503, "the hardware service has not answered yet; try again in a moment");
}

Api::Api(board::Board& board, std::size_t cores) : board_(board), caches_(cores) {}

boost::asio::awaitable<http::Reply> Api::list(const http::Request& request) {
  if (auto known = request.query.only({"limit", "offset"}); !known) co_return http::problem(known.error());
  const auto offset = request.query.number("offset", 0, 0, SIZE_MAX / 2);
  if (!offset) co_return http::problem(offset.error());
  const auto limit = request.query.number("limit", kDefaultLimit, 1, kMostLimit);
  if (!limit) co_return http::problem(limit.error());
  const board::StatePtr state = board_.view(request.core).current();
  if (!state->filled) co_return not_filled();
  const auto render = [&](const board::State& current) { return render_list(current, *offset, *limit); };
  co_return http::answer(request, caches_[request.core].get(fmt::format("{}:{}", *offset, *limit), *state, render));
}

boost::asio::awaitable<http::Reply> Api::one(const http::Request& request) {
  if (auto known = request.query.only({}); !known) co_return http::problem(known.error());
  const board::StatePtr state = board_.view(request.core).current();
  if (!state->filled) co_return not_filled();
  const core::ProfileKey key{request.parameters[0], request.parameters[1]};
  const core::RowPtr row = state->snapshot.find(key);
  if (!row) co_return http::problem(404, "there is no such profile; /api/v1/hardware lists them all");
  std::string body;
  feed::append_row(body, *row, state->now(std::chrono::steady_clock::now()));
  http::Prepared prepared("application/json", std::move(body += '\n'));
  co_return http::answer(request, prepared);
}

}  // namespace portal
