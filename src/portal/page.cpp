#include "portal/page.hpp"

#include "base/text.hpp"
#include "feed/cache.hpp"
#include "feed/selection_query.hpp"
#include "portal/api.hpp"
#include "portal/list_data.hpp"
#include "portal/list_query.hpp"
#include "portal/problem_page.hpp"
#include "portal/row_data.hpp"
#include "portal/template.hpp"
#include "portal/text_page.hpp"

namespace portal {

using kainjow::mustache::data;

namespace {

const auto kParameters = feed::selection_parameters({"columns", "wall"});

base::Result<ListQuery> view_of(const http::Query& query) {
  if (auto known = query.only(kParameters); !known) return std::unexpected(known.error());
  auto selection = feed::parse_selection(query, kRowsPerPage, kMostRowsPerPage);
  if (!selection) return std::unexpected(selection.error());
  return list_query(*std::move(selection), query);
}

}  // namespace

struct Page::Core {
  const std::string& public_url;
  kainjow::mustache::mustache page = load_template("list");
  feed::Cache cache{feed::kTellsTime};

  http::Prepared render(const board::State& state, const ListQuery& view) {
    const base::Time now = state.now(std::chrono::steady_clock::now());
    return {"text/html; charset=utf-8", show(list_data(state, now, view))};
  }

  std::string show(data list) {
    list.set("base", public_url.empty() ? "http://HOST:5000" : public_url);
    list.set("guessed", public_url.empty());
    return page.render(list);
  }

  /// The whole list, with the mistake in the requested view.
  http::Reply refuse(const http::Request& request, const board::State& state, const std::string& problem) {
    const base::Time now = state.now(std::chrono::steady_clock::now());
    const ListQuery view{.selection = {.limit = kRowsPerPage}};
    const std::string words(request.query.get("q").value_or(""));
    data list = list_data(state, now, view, base::to_utf8(problem), base::to_utf8(words));
    http::Reply reply = http::problem(400, problem);
    reply.headers.emplace_back("Vary", "Accept, User-Agent");
    reply.content_type = "text/html; charset=utf-8";
    reply.body = std::make_shared<const std::string>(show(std::move(list)));
    secure(reply);
    return reply;
  }
};

Page::Page(board::Board& board, std::size_t cores, std::string public_url)
    : board_(board), public_url_(std::move(public_url)), text_(cores, feed::kTellsNoTime, render_text) {
  for (std::size_t i = 0; i < cores; ++i) cores_.push_back(std::make_unique<Core>(Core{.public_url = public_url_}));
}

Page::~Page() = default;

boost::asio::awaitable<http::Reply> Page::handle(const http::Request& request) {
  const base::Result<ListQuery> parsed = view_of(request.query);
  Core& core = *cores_[request.core];
  const board::StatePtr state = board_.of_core(request.core).current();
  if (!parsed) {
    const bool page = state->filled && wants_html(request);
    co_return page ? core.refuse(request, *state, parsed.error().message)
                   : show_problem(request, 400, parsed.error().message);
  }
  constexpr std::string_view kVary = "Accept, User-Agent";
  // A script must not take the lack of an answer for a lack of profiles.
  if (wants_text(request) && !state->filled) co_return not_filled(*state);
  if (wants_text(request)) co_return co_await text_.answer(request, state, false, kVary);
  const ListQuery& view = *parsed;
  const auto render = [&](const board::State& current) { return core.render(current, view); };
  http::Prepared& prepared = core.cache.get(view.query(), *state, render);
  http::Reply reply = http::answer(request, prepared, kVary);
  secure(reply);
  co_return reply;
}

}  // namespace portal
