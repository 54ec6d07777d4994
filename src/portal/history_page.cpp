#include "portal/history_page.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "feed/history_query.hpp"
#include "http/answer.hpp"
#include "portal/api.hpp"
#include "portal/problem_page.hpp"
#include "portal/row_data.hpp"
#include "portal/template.hpp"

namespace portal {
namespace {

/// From /profile/PROVIDER/NAME/history.
const std::string kRoot = "../../../";

base::Result<LookBack> look_back_of(const http::Query& query) {
  if (auto known = query.only({"days"}); !known) return std::unexpected(known.error());
  const auto days = query.number("days", kUsualDays, 1, 90);
  const auto* const found = std::ranges::find(kLookBacks, days.value_or(0), &LookBack::days);
  if (found == std::end(kLookBacks)) return base::fail(base::Errc::invalid, "days must be 1, 7, 30 or 90");
  return *found;
}

/// As the API has it, so that the two are asked for once.
feed::HistoryRange range_of(const LookBack& look_back, base::Time now) {
  feed::HistoryRange range = feed::range_until(now, std::chrono::days{look_back.days});
  range.is_auto = true;
  range.limit = feed::kMostTransitions;
  return range;
}

}  // namespace

HistoryPage::HistoryPage(board::Board& board, History& history)
    : board_(board), history_(history), template_(load_template("history")) {}

boost::asio::awaitable<http::Reply> HistoryPage::handle(const http::Request& request) {
  const auto look_back = look_back_of(request.query);
  if (!look_back) co_return show_problem(request, 400, look_back.error().message);
  const board::StatePtr state = board_.of_core(request.core).current();
  if (!state->filled) co_return show_problem(request, 503, why_not_filled(*state));
  const core::RowPtr row = state->snapshot.find({request.parameters[0], request.parameters[1]});
  if (!row) co_return show_problem(request, 404, "there is no such profile; it may have been renamed or removed");
  const base::Time now = state->now(std::chrono::steady_clock::now());
  const auto told = co_await history_.past(row->profile.id, range_of(*look_back, now));
  if (!told) co_return show_reply(request, told.error());
  auto render = [this, document = *told, look_back = *look_back, row] {
    return draw(document->content, *row, look_back);
  };
  const std::string key = fmt::format("history {} {} {}", (*told)->prepared->etag(), look_back->days, row->unit.text());
  const auto drawn = co_await history_.draw(key, std::move(render));
  if (!drawn) co_return show_reply(request, drawn.error());
  co_return http::answer(request, *(*drawn)->prepared, "Accept", security_headers());
}

http::Prepared HistoryPage::draw(const HistoryAnswer& answer, const core::Row& row, const LookBack& look_back) {
  const core::ProfileKey& key = row.profile.key;
  kainjow::mustache::data page = history_data(answer, key, look_back, row.unit.text(), kRoot);
  page.set("title", fmt::format("{} {}: history", key.provider, key.name));
  page.set("kind", "profile");
  page.set("root", kRoot);
  return {"text/html; charset=utf-8", template_.render(page)};
}

}  // namespace portal
