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

base::Result<ListQuery> view_of(const http::Query& query, const board::State& state) {
  if (auto known = query.only(kParameters); !known) return std::unexpected(known.error());
  auto selection = feed::parse_selection(query, kRowsPerPage, kMostRowsPerPage, state);
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

http::Answer Page::handle(const http::Request& request) {
  constexpr std::string_view kVary = "Accept, User-Agent";
  Core& core = *cores_[request.core];
  board::StatePtr state = board_.of_core(request.core).current();
  const bool text = wants_text(request);
  // The same query has been parsed before.
  http::Prepared* prepared = text ? nullptr : core.cache.find(request.query_text, *state);
  if (prepared == nullptr) {
    const base::Result<ListQuery> view = view_of(request.query, *state);
    if (!view) {
      const bool page = state->filled && wants_html(request);
      return page ? core.refuse(request, *state, view.error().message)
                  : show_problem(request, 400, view.error().message);
    }
    // A script must not take the lack of an answer for a lack of profiles.
    if (text && !state->filled) return not_filled(*state);
    if (text) return text_.answer(request, std::move(state), false, kVary);
    const auto render = [&](const board::State& current) { return core.render(current, *view); };
    prepared = &core.cache.get(request.query_text, *state, render);
  }
  return http::answer(request, *prepared, kVary, security_headers());
}

}  // namespace portal
