#include "portal/page.hpp"

#include "feed/cache.hpp"
#include "feed/selection_query.hpp"
#include "portal/api.hpp"
#include "portal/list_data.hpp"
#include "portal/problem_page.hpp"
#include "portal/row_data.hpp"
#include "portal/template.hpp"
#include "portal/text_page.hpp"

namespace portal {

struct Page::Core {
  kainjow::mustache::mustache page = load_template("list");
  feed::Cache cache{feed::kTellsTime};
  board::OverviewCache overview;

  http::Prepared render(const board::State& state, const ListView& view) {
    const base::Time now = state.now(std::chrono::steady_clock::now());
    return {"text/html; charset=utf-8", page.render(list_data(state, now, overview.get(state, now), view))};
  }
};

Page::Page(board::Board& board, std::size_t cores) : board_(board), text_(cores, render_text) {
  for (std::size_t i = 0; i < cores; ++i) cores_.push_back(std::make_unique<Core>());
}

Page::~Page() = default;

boost::asio::awaitable<http::Reply> Page::handle(const http::Request& request) {
  const auto selection = feed::parse_selection(request.query, kRowsPerPage, kMostRowsPerPage);
  if (!selection) co_return show_problem(request, http::status_of(selection.error().code), selection.error().message);
  Core& core = *cores_[request.core];
  const board::StatePtr state = board_.view(request.core).current();
  constexpr std::string_view kVary = "Accept, User-Agent";
  // A script that reads lines must not take the lack of an answer for a lack of profiles.
  if (wants_text(request) && !state->filled) co_return not_filled(*state);
  if (wants_text(request)) co_return co_await text_.answer(request, state, false, kVary);
  const ListView view{.selection = *selection, .wall = request.query.get("wall").value_or("") == "1"};
  const auto render = [&](const board::State& current) { return core.render(current, view); };
  http::Prepared& prepared = core.cache.get(view.query(), *state, render);
  http::Reply reply = http::answer(request, prepared, kVary);
  secure(reply);
  co_return reply;
}

}  // namespace portal
