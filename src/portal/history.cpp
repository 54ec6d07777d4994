#include "portal/history.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>

#include "base/url.hpp"
#include "board/matching.hpp"
#include "feed/history_json.hpp"
#include "feed/selection_query.hpp"
#include "portal/under_way.hpp"

namespace portal {
namespace asio = boost::asio;
namespace {

/// Profiles that a question with filters looks at: a part of its answer has fewer.
constexpr std::size_t kLookedAt = 1000;

/// Compressed once, by the thread that made it.
std::shared_ptr<http::Prepared> for_all_cores(http::Prepared prepared) {
  auto shared = std::make_shared<http::Prepared>(std::move(prepared));
  shared->gzipped();
  shared->share();
  return shared;
}

std::shared_ptr<http::Prepared> json_of(std::string body) {
  return for_all_cores({"application/json", std::move(body)});
}

base::Result<Document<HistoryAnswer>> read_past(std::string body) {
  auto answer = parse_history(body);
  if (!answer) return std::unexpected(answer.error());
  return Document<HistoryAnswer>{std::move(*answer), json_of(std::move(body))};
}

base::Result<Document<LatestTransitions>> read_latest(std::string body) {
  auto answer = parse_latest_transitions(body);
  if (!answer) return std::unexpected(answer.error());
  return Document<LatestTransitions>{std::move(*answer), json_of(std::move(body))};
}

bool has_filters(const board::Selection& selection) {
  return !(selection.set.empty() && selection.words.empty() && selection.providers.empty() && selection.names.empty() &&
           selection.labels.empty() && selection.levels.empty() && selection.freshness.empty());
}

/// Where the first rows of the selection are at the earliest.
core::ProfileKey beginning_of(const board::Selection& selection) {
  core::ProfileKey after = selection.after ? selection.after->key : core::ProfileKey();
  if (!selection.providers.empty())
    after = std::max(after, core::ProfileKey{std::ranges::min(selection.providers), ""});
  return after;
}

std::string board_target(base::Time time, const board::Selection& selection) {
  const core::ProfileKey after = beginning_of(selection);
  const std::string place = base::percent_encode(after.provider) + "/" + base::percent_encode(after.name);
  return fmt::format("/hardware/at?time={}&limit={}{}", base::percent_encode(base::to_rfc3339(time)),
                     has_filters(selection) ? kLookedAt : selection.limit,
                     after.provider.empty() ? "" : "&after=" + base::percent_encode(place));
}

/// Leaves the rows of the selection.
void choose(PastBoard& board, const board::Selection& selection, const core::Sets& sets) {
  board::Filter filter(selection, sets);
  core::Row row;
  std::vector<PastHardware> chosen;
  for (PastHardware& past : board.rows) {
    row.profile = past.profile;
    if (!filter.may_match(row, board.time) ||
        !board::wants(selection.levels, past.state ? past.state->level : core::Level::unknown) ||
        !board::wants(selection.freshness, past.state ? past.state->freshness : core::Freshness::pending))
      continue;
    if (chosen.size() == selection.limit) {
      board.more = true;
      board.last = chosen.back().profile.key;
      break;
    }
    chosen.push_back(std::move(past));
  }
  board.rows = std::move(chosen);
  if (!selection.providers.empty() && board.last.provider > std::ranges::max(selection.providers)) board.more = false;
}

std::string board_json(const PastBoard& board, board::Selection selection) {
  std::string body =
      fmt::format("{{\"time\":\"{}\",\"now\":\"{}\",\"limit\":{},\"next\":", base::to_rfc3339(board.time),
                  base::to_rfc3339(board.now), selection.limit);
  selection.after = board::Place{.number = {}, .key = board.last};
  body += board.more ? fmt::format("\"?at={}&{}\"", base::percent_encode(base::to_rfc3339(board.time)),
                                   feed::to_query(selection, 0))
                     : "null";
  body += ",\"hardware\":";
  feed::append_array(body, board.rows, [](std::string& out, const PastHardware& past) {
    feed::append_past_row(out, past.profile, past.state);
  });
  return body + "}\n";
}

base::Result<Document<PastBoard>> read_board(std::string_view body, const board::Selection& selection,
                                             const core::Sets& sets) {
  auto board = parse_past_board(body);
  if (!board) return std::unexpected(board.error());
  choose(*board, selection, sets);
  auto json = json_of(board_json(*board, selection));
  return Document<PastBoard>{std::move(*board), std::move(json)};
}

}  // namespace

std::shared_ptr<const Document<Drawn>> drawing_of(http::Prepared prepared, Drawn content) {
  return std::make_shared<const Document<Drawn>>(std::move(content), for_all_cores(std::move(prepared)));
}

History::History(http::Replicas& replicas, asio::any_io_executor background, base::Metrics& metrics,
                 HistoryLimits limits)
    : background_(std::move(background)),
      limits_(limits),
      meters_(metrics, "portal"),
      source_(replicas, background_, limits.deadline),
      pasts_(background_),
      boards_(background_),
      latest_(background_),
      drawings_(background_),
      idle_(background_) {}

asio::awaitable<Told<HistoryAnswer>> History::past(core::ProfileId profile, feed::HistoryRange range) {
  std::string target = fmt::format("/hardware/{}/history?{}", profile, feed::to_query(range));
  Question<HistoryAnswer> question{target, read_past};
  auto answered = answer(pasts_, std::move(target), std::move(question));
  co_return co_await asio::co_spawn(background_, std::move(answered), asio::use_awaitable);
}

asio::awaitable<Told<PastBoard>> History::board_at(base::Time time, board::Selection selection,
                                                   std::shared_ptr<const core::Sets> sets) {
  std::string target = board_target(time, selection);
  std::string key = fmt::format("{} {}", target, feed::to_query(selection, 0));
  Question<PastBoard> question{
      std::move(target), [selection, sets](const std::string& body) { return read_board(body, selection, *sets); }};
  auto answered = answer(boards_, std::move(key), std::move(question));
  co_return co_await asio::co_spawn(background_, std::move(answered), asio::use_awaitable);
}

asio::awaitable<Told<LatestTransitions>> History::latest(std::vector<core::ProfileId> profiles, std::size_t limit) {
  std::string target = fmt::format("/hardware/transitions?limit={}", limit);
  for (const core::ProfileId profile : profiles) target += fmt::format("&id={}", profile);
  Question<LatestTransitions> question{target, read_latest};
  auto answered = answer(latest_, std::move(target), std::move(question));
  co_return co_await asio::co_spawn(background_, std::move(answered), asio::use_awaitable);
}

asio::awaitable<Drawing> History::calibration(base::Time from, base::Time to) {
  std::string target = fmt::format("/hardware/calibration?from={}&to={}", base::percent_encode(base::to_rfc3339(from)),
                                   base::percent_encode(base::to_rfc3339(to)));
  Question<Drawn> question{target, [](std::string body) -> base::Result<Document<Drawn>> {
                             if (auto fine = check_calibration(body); !fine) return std::unexpected(fine.error());
                             return Document<Drawn>{{}, json_of(std::move(body))};
                           }};
  auto answered = answer(drawings_, std::move(target), std::move(question));
  co_return co_await asio::co_spawn(background_, std::move(answered), asio::use_awaitable);
}

asio::awaitable<Drawing> History::draw(std::string key, std::function<http::Prepared()> render) {
  auto job = [render = std::move(render)]() -> Drawing { return drawing_of(render()); };
  return draw(std::move(key), pool_.run(std::move(job)));
}

asio::awaitable<Drawing> History::draw(std::string key, asio::awaitable<Drawing> drawing) {
  auto drawn = draw_once(std::move(key), std::move(drawing));
  co_return co_await asio::co_spawn(background_, std::move(drawn), asio::use_awaitable);
}

asio::awaitable<void> History::wait() {
  while (under_way_ + drawings_under_way_ > 0) co_await idle_.take();
}

std::optional<http::Reply> History::refusal(std::size_t under_way) {
  if (under_way < limits_.most_under_way) return std::nullopt;
  meters_.count(feed::HistoryOutcome::refused);
  return http::problem(503, "too many questions about history are under way; try again in a second");
}

/// On the background thread.
asio::awaitable<Drawing> History::draw_once(std::string key, asio::awaitable<Drawing> drawing) {
  if (auto known = co_await drawings_.known(key)) co_return std::move(*known);
  if (auto refused = refusal(drawings_under_way_)) co_return std::unexpected(std::move(*refused));
  const UnderWay under_way{drawings_under_way_, idle_};
  Drawing drawn = co_await drawings_.fly(key, std::move(drawing));
  if (drawn) drawings_.keep(key, *drawn, std::chrono::steady_clock::now() + limits_.kept);
  co_return drawn;
}

/// On the background thread.
template <class T>
asio::awaitable<Told<T>> History::answer(Flights<T>& flights, std::string key, Question<T> question) {
  if (auto known = co_await flights.known(key)) {
    meters_.count(feed::HistoryOutcome::cached);
    co_return std::move(*known);
  }
  if (auto refused = refusal(under_way_)) co_return std::unexpected(std::move(*refused));
  const UnderWay under_way{under_way_, idle_};
  const auto begin = std::chrono::steady_clock::now();
  Told<T> told = co_await flights.fly(key, fetch(std::move(question)));
  meters_.finished(told ? 200 : told.error().status, begin);
  if (told) flights.keep(key, *told, std::chrono::steady_clock::now() + limits_.kept);
  co_return told;
}

template <class T>
asio::awaitable<Told<T>> History::fetch(Question<T> question) {
  auto body = co_await source_.get(std::move(question.target));
  if (!body) co_return std::unexpected(std::move(body.error()));
  auto job = [read = std::move(question.read), body = std::move(*body)]() mutable { return read(std::move(body)); };
  auto document = co_await pool_.run(std::move(job));
  if (!document) co_return std::unexpected(http::problem(document.error()));
  co_return std::make_shared<const Document<T>>(std::move(*document));
}

}  // namespace portal
