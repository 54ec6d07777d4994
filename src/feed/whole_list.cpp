#include "feed/whole_list.hpp"

#include "http/compress.hpp"

namespace feed {

WholeList::WholeList(std::size_t cores, base::SteadyTime::duration kept_for, Cache::Render render,
                     std::size_t small_rows)
    : kept_for_(kept_for), render_(std::move(render)), small_rows_(small_rows), small_(cores, Cache(kept_for)) {}

http::Answer WholeList::answer(const http::Request& request, board::StatePtr state, bool exact, std::string_view vary) {
  if (state->snapshot.size() <= small_rows_)
    return http::answer(request, small_[request.core].get("", *state, render_, exact), vary);
  return answer_large(request, std::move(state), exact, vary);
}

boost::asio::awaitable<http::Reply> WholeList::answer_large(const http::Request& request, board::StatePtr state,
                                                            bool exact, std::string_view vary) {
  const bool gzip = http::accepts_gzip(request.list("Accept-Encoding"));
  auto job = [this, state, exact, gzip] { return large(*state, exact, gzip); };
  const auto prepared = co_await pool_.run(std::move(job));
  co_return http::answer(request, *prepared, vary);
}

std::shared_ptr<http::Prepared> WholeList::large(const board::State& state, bool exact, bool gzip) {
  const auto begin = std::chrono::steady_clock::now();
  const bool old = large_sequence_ < state.sequence || begin - large_since_ >= kept_for_;
  // Never back: a core that is a step behind may ask last.
  if (!large_ || (old && large_sequence_ <= state.sequence && (exact || begin >= show_until_))) {
    large_ = std::make_shared<http::Prepared>(render_(state));
    large_->share();
    large_sequence_ = state.sequence;
    large_since_ = begin;
    // As in Cache: it is shown for a while, so that it keeps its thread busy for a part of the time only.
    const auto end = std::chrono::steady_clock::now();
    show_until_ = end + (end - begin);
  }
  // Made here, it is only read on the cores.
  if (gzip) large_->gzipped();
  return large_;
}

}  // namespace feed
