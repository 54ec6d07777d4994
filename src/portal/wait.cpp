#include "portal/wait.hpp"

#include "base/duration.hpp"
#include "base/text.hpp"
#include "board/tracker.hpp"
#include "feed/events.hpp"
#include "feed/row_json.hpp"
#include "portal/api.hpp"

namespace portal {
namespace {

constexpr std::chrono::seconds kDefaultTimeout{30};
constexpr std::size_t kMostPatterns = 100;
/// Each is held against all rows.
constexpr std::ptrdiff_t kMostGlobs = 10;
/// Rows of an answer that is not satisfied. A server that drains gives many of them at once.
constexpr std::size_t kMostShown = 100;

struct Asked {
  core::Condition condition;
  board::Held held;
  base::Duration timeout;
};

std::unexpected<base::Error> wrong(std::string_view parameter, std::string_view why) {
  return base::fail(base::Errc::invalid, fmt::format("{}: {}", parameter, why));
}

base::Result<base::Duration> duration_of(const http::Query& query, std::string_view name, base::Duration otherwise) {
  const auto text = query.get(name);
  if (!text) return otherwise;
  const auto duration = base::parse_duration(*text);
  if (!duration) return wrong(name, duration.error().message);
  return *duration;
}

base::Result<std::vector<core::Pattern>> patterns_of(const http::Query& query) {
  std::vector<core::Pattern> patterns;
  for (const std::string_view text : query.all("profile")) {
    auto pattern = core::parse_pattern(text);
    if (!pattern) return wrong("profile", pattern.error().message);
    patterns.push_back(std::move(*pattern));
  }
  if (patterns.empty() || patterns.size() > kMostPatterns)
    return wrong("profile",
                 fmt::format("say what to wait for, such as profile=Amazon/c5, 1 to {} times", kMostPatterns));
  if (std::ranges::count_if(patterns, [](const core::Pattern& pattern) { return !pattern.is_exact(); }) > kMostGlobs)
    return wrong("profile", fmt::format("at most {} may have * or ?", kMostGlobs));
  return patterns;
}

base::Result<core::Condition> condition_of(const http::Query& query) {
  core::Condition condition;
  auto patterns = patterns_of(query);
  if (!patterns) return std::unexpected(patterns.error());
  condition.patterns = std::move(*patterns);
  const std::string_view match = query.get("match").value_or("any");
  if (match != "any" && match != "all") return wrong("match", "use any or all");
  condition.all = match == "all";
  for (const auto& [name, units] :
       {std::pair("free", &condition.free), std::pair("total_free", &condition.total_free)}) {
    const auto number = query.number(name, 0, 0, core::kMostFree);
    if (!number) return std::unexpected(number.error());
    if (query.get(name)) *units = static_cast<double>(*number);
  }
  // A condition on units accepts any known level.
  condition.at_least = condition.free || condition.total_free ? core::Level::low : core::Level::medium;
  if (const auto text = query.get("at_least")) {
    const auto level = core::parse_at_least(*text);
    if (!level) return wrong("at_least", level.error().message);
    condition.at_least = *level;
  }
  const auto hold = duration_of(query, "for", base::Duration{0});
  if (!hold) return std::unexpected(hold.error());
  condition.hold = *hold;
  return condition;
}

base::Result<Asked> read(const http::Query& query) {
  if (auto known = query.only({"profile", "match", "at_least", "free", "total_free", "for", "timeout", "held"}); !known)
    return std::unexpected(known.error());
  auto condition = condition_of(query);
  if (!condition) return std::unexpected(condition.error());
  const auto timeout = duration_of(query, "timeout", kDefaultTimeout);
  if (!timeout) return std::unexpected(timeout.error());
  auto held = board::parse_held(query.get("held").value_or(""), board::Tracker::kMostFollowed);
  if (!held) return wrong("held", "send the value of an earlier answer, or leave it out");
  return Asked{std::move(*condition), std::move(*held), *timeout};
}

void append_match(std::string& out, const board::Tracker::Match& match, base::Time now) {
  feed::append_row(out, *match.row, now);
  if (!match.hold) return;
  out.back() = ',';
  out += "\"holds_since\":\"";
  base::append_rfc3339(out, match.hold->since);
  out += "\"}";
}

http::Reply answer(const board::Tracker& tracker, const board::State& state, base::Time now, bool satisfied) {
  std::string body =
      fmt::format("{{\"satisfied\":{},\"version\":\"{}\",\"now\":\"", satisfied, core::to_string(state.version));
  base::append_rfc3339(body, now);
  body += fmt::format("\",\"held\":\"{}\",\"unmatched\":[", board::to_text(tracker.held(now), now));
  std::string_view separator;
  for (const std::string& pattern : tracker.unmatched()) {
    base::append_json_string(body += separator, pattern);
    separator = ",";
  }
  body += "],";
  feed::append_outage(body, state);
  auto matches = tracker.matches(now, satisfied);
  const bool cut = !satisfied && matches.size() > kMostShown;
  if (cut) matches.resize(kMostShown);
  body += fmt::format(",\"more\":{},\"rows\":[", cut || tracker.overflowed());
  separator = "";
  for (const auto& match : matches) {
    append_match(body += separator, match, now);
    separator = ",";
  }
  http::Reply reply = http::json_reply(body + "]}");
  http::pass_through(reply);
  return reply;
}

/// Counts itself while it lives.
class Counted {
 public:
  explicit Counted(prometheus::Gauge& gauge) : gauge_(gauge) { gauge_.Increment(); }
  ~Counted() { gauge_.Decrement(); }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  prometheus::Gauge& gauge_;
};

/// A waiting client's answer; nothing while it has to wait on. `deadline` becomes when to look again.
std::optional<http::Reply> look(board::Tracker& tracker, const board::CoreBoard& board, base::SteadyTime& deadline,
                                bool all) {
  const board::StatePtr state = board.current();
  const base::SteadyTime steady = std::chrono::steady_clock::now();
  const base::Time now = state->now(steady);
  tracker.advance(board, now);
  if (all && tracker.overflowed())
    return http::problem(400, fmt::format("match=all: more than {} profiles match; name fewer, or use match=any",
                                          board::Tracker::kMostFollowed));
  const auto verdict = tracker.judge(now);
  if (verdict.satisfied || board.closed() || steady >= deadline)
    return state->filled ? answer(tracker, *state, now, verdict.satisfied) : not_filled(*state);
  // Compared before it is added: a client may send a hold of any time.
  if (verdict.next && *verdict.next - now < std::chrono::duration_cast<base::Duration>(deadline - steady))
    deadline = steady + (*verdict.next - now);
  return std::nullopt;
}

}  // namespace

Wait::Wait(board::Board& board, base::Metrics& metrics, base::Duration longest)
    : board_(board),
      longest_(longest),
      waiting_(metrics.gauge("vacancy_waiting_requests", "Requests that wait for a condition")) {}

boost::asio::awaitable<http::Reply> Wait::handle(const http::Request& request) {
  auto asked = read(request.query);
  if (!asked) co_return http::problem(asked.error());
  const Counted counted(waiting_);
  const auto deadline = std::chrono::steady_clock::now() + std::min(asked->timeout, longest_);
  const bool all = asked->condition.all;
  board::CoreBoard& board = board_.of_core(request.core);
  board::Tracker tracker(std::move(asked->condition), std::move(asked->held));
  board::CoreBoard::Subscription subscription(board);
  const http::Watching client(request.connection, [&subscription] { subscription.wake(); });
  for (;;) {
    base::SteadyTime until = client.gone() ? base::SteadyTime::min() : deadline;
    auto reply = look(tracker, board, until, all);
    if (reply) {
      reply->waited = true;
      co_return std::move(*reply);
    }
    co_await subscription.wait(board.current()->sequence, until);
  }
}

}  // namespace portal
