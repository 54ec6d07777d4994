#include "portal/api.hpp"

#include <boost/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "feed/events.hpp"
#include "feed/row_json.hpp"
#include "feed/row_stream.hpp"
#include "feed/selection_query.hpp"
#include "http/answer.hpp"
#include "http/gzip_stream.hpp"
#include "portal/csv.hpp"

namespace portal {
namespace asio = boost::asio;
namespace {

constexpr std::size_t kDefaultLimit = 100;
constexpr std::size_t kMostLimit = 1000;
/// `after`: where a part begins that must not shift when rows come and go. `at`: empty, as forms send it.
const auto kListParameters = feed::selection_parameters({"after", "at"});
const auto kCsvParameters = feed::selection_parameters({"after", "raw"});
/// A file may hold everything.
constexpr std::size_t kMostCsvRows = 1'000'000;

http::Prepared render_list(const board::State& state, board::Selection selection, base::Time now) {
  const board::Selected selected = board::select(state, selection, now, state.overview);
  std::string body = fmt::format("{{\"version\":\"{}\",\"now\":\"", core::to_string(state.version));
  base::append_rfc3339(body, now);
  body += fmt::format("\",\"total\":{},\"offset\":{},\"limit\":{},\"next\":", selected.counts.total, selected.before,
                      selection.limit);
  const bool more = !selected.rows.empty() && selected.before + selected.rows.size() < selected.counts.total;
  if (more) {
    selection.offset = 0;
    selection.after = board::place_of(*selected.rows.back(), selection, now);
  }
  // With the limit, also where it is the default: a link should say what it gives. Without the path, which others may
  // put under one of theirs.
  body += more ? fmt::format("\"?{}\"", feed::to_query(selection, 0)) : "null";
  body += ",\"counts\":{";
  feed::append_counts(body, selected.counts);
  body += "},";
  feed::append_outage(body, state);
  body += ",\"hardware\":";
  feed::append_rows(body, selected.rows, now);
  body += "}\n";
  return {"application/json", std::move(body)};
}

asio::awaitable<void> write_csv(http::StreamWriter& out, base::Time now, std::vector<core::RowPtr> rows, Cells cells) {
  const std::vector<std::string> labels = labels_of(rows);
  const feed::AppendRow append = [now, cells, &labels](std::string& text, const core::Row& row) {
    append_csv(text, row, now, cells, labels);
  };
  co_await feed::write_rows(out, csv_head(labels), rows, append);
}

}  // namespace

std::string why_not_filled(const board::State& state) {
  const auto why = state.outage ? board::sentence(state.outage->side) : "the hardware service has not answered yet";
  return fmt::format("{}; try again in a moment", why);
}

http::Reply not_filled(const board::State& state) {
  return http::problem(503, why_not_filled(state));
}

http::Reply no_such_profile() {
  return http::problem(404, "there is no such profile; /api/v1/hardware lists them all");
}

std::string detail_of(const http::ClientHead& head, std::string_view body) {
  if (!head.content_type.starts_with("application/problem+json")) return "";
  const auto json = base::parse_json(body);
  return json && json->is_object() ? base::to_line(base::text_in(json->get_object(), "detail")) : "";
}

Api::Api(board::Board& board, std::size_t cores) : board_(board), cores_(cores) {}

http::Reply Api::list(const http::Request& request) {
  const board::StatePtr state = board_.of_core(request.core).current();
  Core& core = cores_[request.core];
  // The same query has been parsed before.
  if (http::Prepared* const known = core.cache.find(request.query_text, *state)) return http::answer(request, *known);
  if (auto known = request.query.only(kListParameters); !known) return http::problem(known.error());
  const auto selection = feed::parse_selection(request.query, kDefaultLimit, kMostLimit, *state);
  if (!selection) return http::problem(selection.error());
  if (!state->filled) return not_filled(*state);
  const auto render = [&](const board::State& current) {
    const base::Time now = current.now(std::chrono::steady_clock::now());
    return render_list(current, *selection, now);
  };
  return http::answer(request, core.cache.get(request.query_text, *state, render));
}

http::Reply Api::csv(const http::Request& request) {
  if (auto known = request.query.only(kCsvParameters); !known) return http::problem(known.error());
  const board::StatePtr state = board_.of_core(request.core).current();
  const auto selection = feed::parse_selection(request.query, kMostCsvRows, kMostCsvRows, *state);
  if (!selection) return http::problem(selection.error());
  const std::string_view raw = request.query.get("raw").value_or("");
  if (!raw.empty() && raw != "1") return http::problem(400, "raw must be 1 or left out");
  const Cells cells = raw.empty() ? Cells::safe : Cells::raw;
  if (!state->filled) return not_filled(*state);
  const base::Time now = state->now(std::chrono::steady_clock::now());
  http::Reply reply;
  reply.content_type = "text/csv; charset=utf-8; header=present";
  reply.headers.emplace_back("Content-Disposition", "attachment; filename=\"vacancy.csv\"");
  reply.headers.emplace_back("Cache-Control", "no-cache");
  const auto stream = [now, cells, rows = board::select(*state, *selection, now).rows](http::StreamWriter& out) {
    return write_csv(out, now, rows, cells);
  };
  http::stream_compressed(request, reply, stream);
  return reply;
}

http::Reply Api::one(const http::Request& request) {
  if (auto known = request.query.only({}); !known) return http::problem(known.error());
  const board::StatePtr state = board_.of_core(request.core).current();
  if (!state->filled) return not_filled(*state);
  const core::ProfileKey key{request.parameters[0], request.parameters[1]};
  const core::RowPtr row = state->snapshot.find(key);
  if (!row) return no_such_profile();
  std::string body;
  feed::append_row(body, *row, state->now(std::chrono::steady_clock::now()));
  http::Prepared prepared("application/json", std::move(body += '\n'));
  return http::answer(request, prepared);
}

}  // namespace portal
