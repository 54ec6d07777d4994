#include "portal/change_feed.hpp"

#include <fmt/chrono.h>

#include "feed/selection_query.hpp"
#include "http/answer.hpp"
#include "portal/api.hpp"
#include "portal/atom.hpp"
#include "portal/changes.hpp"
#include "portal/links.hpp"
#include "portal/list_query.hpp"
#include "portal/picture.hpp"
#include "portal/row_data.hpp"

namespace portal {
namespace asio = boost::asio;
namespace {

constexpr std::size_t kEntries = 100;
constexpr std::size_t kMostEntries = 1000;
/// Of so many profiles the hardware service is asked for their own changes; of more, for the latest of all.
constexpr std::size_t kFewProfiles = 100;
/// Transitions that it is asked for: not all of them are entries.
constexpr std::size_t kLatest = 1000;

constexpr std::string_view kParameters[] = {"set",   "q",         "provider", "name", feed::kLabelPrefix,
                                            "level", "freshness", "limit"};

/// The rows that may change, whatever they are now.
std::vector<core::RowPtr> rows_of(const board::State& state, const board::Selection& selection, base::Time now) {
  board::Selection any = selection;
  any.levels.clear();
  any.freshness.clear();
  any.limit = state.snapshot.size();
  return board::select(state, any, now, state.overview).rows;
}

std::string state_text(const core::Transition& state) {
  return level_text({.level = state.level, .freshness = state.freshness});
}

AtomEntry entry_of(const StateChange& change, const std::string& epoch, const std::string& base) {
  const core::Profile& profile = change.row->profile;
  const core::Transition& to = change.to;
  const std::string state = state_text(to);
  const bool lost = to.freshness != core::Freshness::fresh;
  const std::string_view why = lost ? "there is no newer measurement" : std::string_view(to.reason);
  return {.identity = fmt::format("{} {} {} {}", epoch, profile.id, to.at.time_since_epoch().count(), state),
          .title = fmt::format("{} {} is {}", profile.key.provider, profile.key.name, state),
          .updated = to.at,
          .url = base + profile_path("/profile", profile.key),
          .summary = fmt::format("{} → {}{}{}", state_text(change.from), state, why.empty() ? "" : ": ", why)};
}

AtomFeed feed_of(const board::State& state, std::span<const StateChange> changes, const board::Selection& selection,
                 const std::string& base) {
  const auto url = [&](std::string_view path, std::size_t limit) {
    const std::string query = feed::to_query(selection, limit);
    return fmt::format("{}/{}{}{}", base, path, query.empty() ? "" : "?", query);
  };
  const std::string words = ListQuery{.selection = selection}.text();
  AtomFeed feed{.identity = fmt::format("{} {}", state.version.epoch, feed::to_query(selection, kEntries)),
                .title = "Vacancy: " + (words.empty() ? "all hardware" : words),
                .self = url("feed.atom", kEntries),
                .alternate = url("", selection.limit)};
  for (const StateChange& change : changes) feed.entries.push_back(entry_of(change, state.version.epoch, base));
  return feed;
}

std::shared_ptr<const Document<Drawn>> render(const AtomFeed& feed) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(feed.updated()).time_since_epoch();
  return drawing_of({std::string(kAtomType), to_atom(feed)},
                    {fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(std::time_t{seconds.count()}))});
}

}  // namespace

asio::awaitable<http::Reply> ChangeFeed::handle(const http::Request& request) {
  if (auto known = request.query.only(kParameters); !known) co_return http::problem(known.error());
  const board::StatePtr state = board_.of_core(request.core).current();
  const auto selection = feed::parse_selection(request.query, kEntries, kMostEntries, *state);
  if (!selection) co_return http::problem(selection.error());
  if (!state->filled) co_return not_filled(*state);
  const std::string root = links_of(request, public_url_).url;
  const std::string key = fmt::format("feed {} {}", root, feed::to_query(*selection, 0));
  const auto drawn = co_await history_.draw(key, draw(state, *selection, root));
  if (!drawn && drawn.error().status == 504)
    co_return http::problem(503, "the hardware service has not told the changes in time; try again in a moment");
  if (!drawn) co_return drawn.error();
  const http::FixedHeader headers[] = {{"Last-Modified", (*drawn)->content.updated}};
  co_return http::answer(request, *(*drawn)->prepared, kLinksVary, headers);
}

asio::awaitable<Drawing> ChangeFeed::draw(board::StatePtr state, board::Selection selection, std::string root) {
  const base::Time now = state->now(std::chrono::steady_clock::now());
  auto find = [state, selection, now] { return rows_of(*state, selection, now); };
  auto rows = co_await history_.work(std::move(find));
  std::vector<core::ProfileId> few;
  if (rows.size() <= kFewProfiles)
    for (const core::RowPtr& row : rows) few.push_back(row->profile.id);
  // About no profile, the answer tells whether there is a history at all.
  const auto told = co_await history_.latest(std::move(few), rows.empty() ? 1 : kLatest);
  if (!told) co_return std::unexpected(told.error());
  auto job = [state, rows = std::move(rows), latest = *told, selection, now, root] {
    AtomFeed feed = feed_of(*state, latest_changes(rows, latest->content.transitions, selection, now), selection, root);
    feed.since = std::chrono::floor<std::chrono::hours>(now);  // the same for who asks again soon
    return render(feed);
  };
  co_return co_await history_.work(std::move(job));
}

std::string feed_url(const board::Selection& view) {
  const board::Selection followed{.set = view.set,
                                  .words = view.words,
                                  .providers = view.providers,
                                  .names = view.names,
                                  .labels = view.labels,
                                  .levels = view.levels,
                                  .freshness = view.freshness};
  const std::string query = feed::to_query(followed, 0);
  return query.empty() ? "feed.atom" : "feed.atom?" + query;
}

}  // namespace portal
