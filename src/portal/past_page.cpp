#include "portal/past_page.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/url.hpp"
#include "feed/history_query.hpp"
#include "feed/selection_query.hpp"
#include "http/answer.hpp"
#include "portal/api.hpp"
#include "portal/list_query.hpp"
#include "portal/picture.hpp"
#include "portal/problem_page.hpp"
#include "portal/row_data.hpp"
#include "portal/template.hpp"

namespace portal {
namespace {

using kainjow::mustache::data;

const std::string kRoot = "./";
/// Of the time that the form offers.
constexpr base::Duration kUsualAge = std::chrono::hours{24};

/// As in the API, or as a browser's field for times has it: 2026-11-24T13:00, which is UTC here.
base::Result<base::Time> time_of(const http::Query& query, base::Time now) {
  const std::string text(query.get("time").value_or(""));
  constexpr std::size_t kToMinutes = 16, kToSeconds = 19;
  const bool local = text.size() == kToMinutes || text.size() == kToSeconds;
  const auto time = local ? base::parse_rfc3339(text + (text.size() == kToMinutes ? ":00Z" : "Z"))
                          : feed::read_time(query, "time").value_or(std::nullopt);
  if (!time) return base::fail(base::Errc::invalid, "time must be one such as 2026-11-24T13:00 in UTC, or of RFC 3339");
  if (*time > now) return base::fail(base::Errc::invalid, "time is in the future; choose a past one");
  return *time;
}

data page_of(base::Time time, const board::Selection& selection) {
  data page;
  page.set("title", "Vacancy at a past time");
  page.set("kind", "past");
  page.set("root", kRoot);
  page.set("field", base::to_rfc3339(time).substr(0, std::string_view("2026-11-24T13:00").size()));
  page.set("q", fmt::format("{}", fmt::join(selection.words, " ")));
  return page;
}

data row_of(const PastHardware& past) {
  const core::Transition state = past.state.value_or(core::Transition{.freshness = core::Freshness::pending});
  const std::string level(core::to_string(state.level));
  data row;
  row.set("provider", past.profile.key.provider);
  row.set("name", past.profile.key.name);
  row.set("url", kRoot + profile_path("profile", past.profile.key) + "/history");
  row.set("level", level);
  row.set("level_class", base::lower(level));
  row.set("freshness_class", base::lower(core::to_string(state.freshness)));
  if (past.state) {
    row.set("since", base::to_rfc3339(state.at));
    row.set("since_text", time_text(state.at));
  }
  row.set("reason", std::string(without_rule(state.reason)));
  return row;
}

/// "time=…&q=…" of the first part, or of the one after `place`.
std::string query_of(base::Time time, board::Selection selection, std::optional<board::Place> place) {
  selection.after = std::move(place);
  const std::string rest = feed::to_query(selection, kRowsPerPage);
  return fmt::format("time={}{}{}", base::percent_encode(base::to_rfc3339(time)), rest.empty() ? "" : "&", rest);
}

void set_board(data& page, const PastBoard& board, const board::Selection& selection) {
  page.set("title", fmt::format("Vacancy as of {} UTC", time_text(board.time)));
  page.set("as_of", time_text(board.time));
  page.set("as_of_exact", base::to_rfc3339(board.time));
  board::Selection all = selection;
  all.after.reset();
  const std::string words = feed::to_query(all, kRowsPerPage);
  page.set("json_url", fmt::format("./api/v1/hardware?at={}{}{}", base::percent_encode(base::to_rfc3339(board.time)),
                                   words.empty() ? "" : "&", words));
  data rows{data::type::list};
  for (const PastHardware& past : board.rows) rows << row_of(past);
  page.set("rows", rows);
  page.set("any", !board.rows.empty());
  page.set("further", board.rows.empty() && board.more);
  page.set("nothing", board.rows.empty() && !board.more);
  if (selection.after) page.set("first_url", "./at?" + query_of(board.time, selection, {}));
  const board::Place last{.number = {}, .key = board.last};
  if (board.more) page.set("next_url", "./at?" + query_of(board.time, selection, last));
  page.set("paged", board.more || selection.after);
}

}  // namespace

PastPage::PastPage(board::Board& board, History& history)
    : board_(board), history_(history), template_(load_template("past")) {}

boost::asio::awaitable<http::Reply> PastPage::handle(const http::Request& request) {
  if (auto known = request.query.only({"time", "q", "after"}); !known)
    co_return show_problem(request, 400, known.error().message);
  const board::StatePtr state = board_.of_core(request.core).current();
  if (!state->filled) co_return show_problem(request, 503, why_not_filled(*state));
  const auto selection = feed::parse_selection(request.query, kRowsPerPage, kRowsPerPage, *state);
  if (!selection) co_return show_problem(request, 400, selection.error().message);
  const base::Time now = state->now(std::chrono::steady_clock::now());
  if (request.query.get("time").value_or("").empty())
    co_return co_await send(request, "form", page_of(now - kUsualAge, *selection));
  const auto time = time_of(request.query, now);
  if (!time) co_return show_problem(request, 400, time.error().message);
  const auto told = co_await history_.board_at(*time, *selection, state->sets);
  if (!told) co_return show_reply(request, told.error());
  data page = page_of(*time, *selection);
  set_board(page, (*told)->content, *selection);
  co_return co_await send(request, (*told)->prepared->etag(), std::move(page));
}

boost::asio::awaitable<http::Reply> PastPage::send(const http::Request& request, std::string_view of, data page) {
  auto render = [this, page = std::move(page)] {
    return http::Prepared("text/html; charset=utf-8", template_.render(page));
  };
  const auto drawn = co_await history_.draw(fmt::format("at {} {}", of, request.query_text), std::move(render));
  if (!drawn) co_return show_reply(request, drawn.error());
  co_return http::answer(request, *(*drawn)->prepared, "Accept", security_headers());
}

}  // namespace portal
