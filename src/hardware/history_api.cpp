#include "hardware/history_api.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "base/url.hpp"
#include "core/losses.hpp"
#include "feed/history_json.hpp"
#include "feed/launch_json.hpp"

namespace hardware {
namespace asio = boost::asio;
namespace {

constexpr std::size_t kDefaultRows = 100;
constexpr std::size_t kMostRows = 10'000;
constexpr std::size_t kMostIds = 100;
constexpr std::size_t kMostCalibrated = 1000;
/// Clocks differ.
constexpr std::chrono::minutes kTolerance{1};

/// As it is for this answer alone.
http::Reply reply_with(std::string body) {
  http::Reply reply = http::json_reply(std::move(body));
  reply.headers.emplace_back("Cache-Control", "no-store");
  return reply;
}

core::RowPtr row_of(const core::Snapshot& snapshot, core::ProfileId id) {
  core::RowPtr found;
  snapshot.for_each([&](const core::RowPtr& row) {
    if (row->profile.id == id) found = row;
  });
  return found;
}

void append_time(std::string& out, std::string_view key, std::optional<base::Time> time) {
  out += fmt::format(",\"{}\":", key);
  out += time ? '"' + base::to_rfc3339(*time) + '"' : "null";
}

/// Leaves those of the range, and the one in force when it begins. Returns from when on they are all there: later than
/// the range's beginning where more than its limit are in it.
base::Time cut(std::vector<core::Transition>& transitions, const feed::HistoryRange& range) {
  std::erase_if(transitions, [&](const core::Transition& one) { return one.at >= range.to; });
  std::size_t first = 0;
  while (first + 1 < transitions.size() && transitions[first + 1].at <= range.from) ++first;
  const bool before = !transitions.empty() && transitions[first].at <= range.from;
  const std::size_t most = range.limit + (before ? 1 : 0);
  const bool too_many = transitions.size() - first > most;
  if (too_many) first = transitions.size() - range.limit;
  transitions.erase(transitions.begin(), transitions.begin() + static_cast<std::ptrdiff_t>(first));
  return too_many ? transitions.front().at : range.from;
}

/// PROVIDER/NAME, each percent-encoded. Empty: before all.
base::Result<core::ProfileKey> read_after(std::string_view text) {
  const auto slash = text.find('/');
  const auto provider = base::percent_decode(text.substr(0, slash));
  const auto name = base::percent_decode(slash == std::string_view::npos ? "" : text.substr(slash + 1));
  if (!provider || !name || (slash == std::string_view::npos && !text.empty()))
    return base::fail(base::Errc::invalid, "after: send the value in 'next' of an earlier answer, or leave it out");
  return core::ProfileKey{*provider, *name};
}

base::Result<std::vector<core::ProfileId>> read_ids(const http::Query& query) {
  std::vector<core::ProfileId> ids;
  for (const std::string_view text : query.all("id")) {
    const auto id = base::number_of<core::ProfileId>(text);
    if (!id) return base::fail(base::Errc::invalid, fmt::format("id='{}' is not a whole number", text));
    ids.push_back(*id);
  }
  if (ids.size() > kMostIds)
    return base::fail(base::Errc::invalid, fmt::format("id is there {} times; the most is {}", ids.size(), kMostIds));
  return ids;
}

void append_logged(std::string& out, const core::LoggedTransition& one) {
  out += '{';
  out += fmt::format("\"revision\":{},\"id\":{},", one.revision, one.profile);
  std::string transition;
  feed::append_transition(transition, one.transition);
  out += std::string_view(transition).substr(1);
}

}  // namespace

HistoryApi::HistoryApi(board::Board& board, store::History& history, base::Metrics& metrics, HistoryPool::Limits limits)
    : board_(board), history_(history), pool_(metrics, limits) {}

void HistoryApi::keep(const core::Retention& retention) {
  history_.keep(retention);
  const std::lock_guard lock(mutex_);
  kept_ = retention;
}

core::Retention HistoryApi::kept() const {
  const std::lock_guard lock(mutex_);
  return kept_;
}

std::optional<http::Reply> HistoryApi::objection(const board::State& state) const {
  if (kept().transitions.count() == 0)
    return http::problem(501, "no history is kept: hardware.history.transitions is 0");
  if (!state.filled) return http::problem(503, "the profiles are not loaded yet; try again in a moment");
  return std::nullopt;
}

asio::awaitable<http::Reply> HistoryApi::history(const http::Request& request) {
  if (auto known = request.query.only(feed::kRangeParameters); !known) co_return http::problem(known.error());
  const board::StatePtr state = board_.of_core(request.core).current();
  if (auto why = objection(*state)) co_return std::move(*why);
  const base::Time now = state->now(std::chrono::steady_clock::now());
  const auto range = feed::read_range(request.query, now, kept());
  if (!range) co_return http::problem(range.error());
  const auto id = base::number_of<core::ProfileId>(request.parameters.front());
  auto job = [this, state, range = *range, now, id = id.value_or(0)] { return past_of(*state, id, range, now); };
  co_return co_await pool_.run(std::move(job));
}

/// On a thread of the pool, as those below.
http::Reply HistoryApi::past_of(const board::State& state, core::ProfileId id, const feed::HistoryRange& range,
                                base::Time now) {
  const core::RowPtr row = row_of(state.snapshot, id);
  if (!row) return http::problem(404, "no profile has this id; ids are whole numbers");
  std::vector<core::Transition> transitions = history_.transitions(id, {range.from, range.to}, range.limit + 1);
  core::add_losses(transitions, *row, now);
  const base::Time from = cut(transitions, range);
  std::string body = fmt::format("{{\"id\":{},\"provider\":", id);
  base::append_json_string(body, row->profile.key.provider);
  base::append_json_string(body += ",\"name\":", row->profile.key.name);
  append_time(body, "from", from);
  append_time(body, "to", range.to);
  append_time(body, "now", now);
  body += range.span ? fmt::format(",\"span\":\"{}\"", core::to_string(*range.span)) : ",\"span\":null";
  feed::append_array(body += ",\"transitions\":", transitions, feed::append_transition);
  body += ",\"numbers\":{";
  append_numbers(body, id, range);
  body += '}';
  append_time(body, "stale_at", row->reading ? std::optional(row->reading->stale_at) : std::nullopt);
  append_time(body, "expires_at", row->reading ? std::optional(row->reading->expires_at) : std::nullopt);
  feed::append_calibration(body += ",\"calibration\":", history_.calibration({range.from, range.to}, id)[id]);
  return reply_with(body + "}");
}

void HistoryApi::append_numbers(std::string& out, core::ProfileId id, const feed::HistoryRange& range) {
  if (!range.span) return;
  // The bucket under way when the range begins belongs to it.
  const base::Duration into = range.from.time_since_epoch() % core::length_of(*range.span);
  std::string_view separator;
  for (const core::Number& number : core::kNumbers) {
    const auto buckets = history_.numbers(id, number.value, *range.span, {range.from - into, range.to},
                                          static_cast<std::size_t>(feed::kMostBuckets) + 1);
    if (buckets.empty()) continue;
    out += fmt::format("{}\"{}\":", separator, number.name);
    feed::append_array(out, buckets, feed::append_bucket);
    separator = ",";
  }
}

asio::awaitable<http::Reply> HistoryApi::at(const http::Request& request) {
  if (auto known = request.query.only({"time", "after", "limit"}); !known) co_return http::problem(known.error());
  const auto time = feed::read_time(request.query, "time");
  if (!time) co_return http::problem(time.error());
  if (!*time) co_return http::problem(400, "time is missing; give one of RFC 3339, such as time=2026-11-24T13:00:00Z");
  const auto after = read_after(request.query.get("after").value_or(""));
  if (!after) co_return http::problem(after.error());
  const auto limit = request.query.number("limit", kDefaultRows, 1, kMostRows);
  if (!limit) co_return http::problem(limit.error());
  const board::StatePtr state = board_.of_core(request.core).current();
  if (auto why = objection(*state)) co_return std::move(*why);
  const base::Time now = state->now(std::chrono::steady_clock::now());
  if (**time > now + kTolerance) co_return http::problem(400, "time is in the future; give a past one");
  // Answers tell times in milliseconds: what began in this one has begun.
  constexpr std::chrono::milliseconds kShown{1};
  const base::Time end = std::chrono::floor<std::chrono::milliseconds>(**time) + kShown - base::Duration{1};
  auto job = [this, time = std::min(end, now), after = *after, limit = *limit, now] {
    return board_at(time, after, limit, now);
  };
  co_return co_await pool_.run(std::move(job));
}

http::Reply HistoryApi::board_at(base::Time time, const core::ProfileKey& after, std::size_t limit, base::Time now) {
  std::vector<store::PastRow> rows = history_.board_at(time, after, limit + 1);
  const bool more = rows.size() > limit;
  if (more) rows.resize(limit);
  std::string body = "{\"time\":\"" + base::to_rfc3339(time) + '"';
  append_time(body, "now", now);
  if (more) {
    const core::ProfileKey& last = rows.back().profile.key;
    const std::string place = base::percent_encode(last.provider) + '/' + base::percent_encode(last.name);
    body += fmt::format(",\"next\":\"?time={}&after={}&limit={}\"", base::percent_encode(base::to_rfc3339(time)),
                        base::percent_encode(place), limit);
  } else {
    body += ",\"next\":null";
  }
  feed::append_array(body += ",\"hardware\":", rows, [](std::string& out, const store::PastRow& row) {
    feed::append_past_row(out, row.profile, row.state);
  });
  return reply_with(body + "}");
}

asio::awaitable<http::Reply> HistoryApi::transitions(const http::Request& request) {
  if (auto known = request.query.only({"limit", "id"}); !known) co_return http::problem(known.error());
  const auto limit = request.query.number("limit", kDefaultRows, 1, kMostRows);
  if (!limit) co_return http::problem(limit.error());
  const auto ids = read_ids(request.query);
  if (!ids) co_return http::problem(ids.error());
  const board::StatePtr state = board_.of_core(request.core).current();
  if (auto why = objection(*state)) co_return std::move(*why);
  const base::Time now = state->now(std::chrono::steady_clock::now());
  auto job = [this, ids = *ids, limit = *limit, now] {
    std::string body = "{\"now\":\"" + base::to_rfc3339(now) + "\",\"transitions\":";
    const auto logged = ids.empty() ? history_.latest_transitions(limit) : history_.latest_transitions_of(ids, limit);
    feed::append_array(body, logged, append_logged);
    return reply_with(body + "}");
  };
  co_return co_await pool_.run(std::move(job));
}

asio::awaitable<http::Reply> HistoryApi::calibration(const http::Request& request) {
  const board::StatePtr state = board_.of_core(request.core).current();
  const base::Time now = state->now(std::chrono::steady_clock::now());
  const auto range = feed::read_period(request.query, now);
  if (!range) co_return http::problem(range.error());
  if (auto why = objection(*state)) co_return std::move(*why);
  auto job = [this, state, between = store::Between{range->from, range->to}, now] {
    return calibration(*state, between, now);
  };
  co_return co_await pool_.run(std::move(job));
}

http::Reply HistoryApi::calibration(const board::State& state, const store::Between& between, base::Time now) {
  const auto of = history_.calibration(between);
  core::Calibration sum;
  std::vector<std::pair<std::int64_t, core::RowPtr>> rows;
  state.snapshot.for_each([&](const core::RowPtr& row) {
    const auto found = of.find(row->profile.id);
    if (found == of.end()) return;
    sum += found->second;
    rows.emplace_back(-found->second.all(), row);
  });
  std::ranges::sort(rows, {}, [](const auto& one) { return std::tie(one.first, one.second->profile.key); });
  const bool more = rows.size() > kMostCalibrated;
  if (more) rows.resize(kMostCalibrated);
  std::string body = "{\"from\":\"" + base::to_rfc3339(between.from) + '"';
  append_time(body, "to", between.to);
  append_time(body, "now", now);
  feed::append_calibration(body += ",\"calibration\":", sum);
  feed::append_array(body += fmt::format(",\"more\":{},\"profiles\":", more), rows,
                     [&](std::string& out, const auto& one) {
                       const core::Profile& profile = one.second->profile;
                       out += fmt::format("{{\"id\":{},\"provider\":", profile.id);
                       base::append_json_string(out, profile.key.provider);
                       base::append_json_string(out += ",\"name\":", profile.key.name);
                       feed::append_calibration(out += ",\"calibration\":", of.at(profile.id));
                       out += '}';
                     });
  return reply_with(body + "}");
}

}  // namespace hardware
