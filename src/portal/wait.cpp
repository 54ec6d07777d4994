#include "portal/wait.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "board/tracker.hpp"
#include "feed/events.hpp"
#include "feed/row_json.hpp"
#include "portal/api.hpp"
#include "portal/need_query.hpp"

namespace portal {
namespace {

constexpr std::chrono::seconds kDefaultTimeout{30};
/// Rows of an answer that is not satisfied. A server that drains gives many of them at once.
constexpr std::size_t kMostShown = 100;

struct Asked {
  /// Instead of patterns; "" with them.
  std::string set;
  core::Condition condition;
  board::Held held;
  base::Duration timeout;
};

std::unexpected<base::Error> wrong(std::string_view parameter, std::string_view why) {
  return base::fail(base::Errc::invalid, fmt::format("{}: {}", parameter, why));
}

base::Result<std::vector<core::Pattern>> patterns_of(const http::Query& query) {
  std::vector<core::Pattern> patterns;
  for (const std::string_view text : query.all("profile")) {
    auto pattern = core::parse_pattern(text);
    if (!pattern) return wrong("profile", pattern.error().message);
    patterns.push_back(std::move(*pattern));
  }
  if (patterns.empty() || patterns.size() > core::kMostPatterns)
    return wrong("profile", fmt::format("say what to wait for, such as profile=Amazon/c5, 1 to {} times, or set=NAME",
                                        core::kMostPatterns));
  const auto globs = std::ranges::count_if(patterns, [](const core::Pattern& each) { return !each.is_exact(); });
  if (static_cast<std::size_t>(globs) > core::kMostGlobs)
    return wrong("profile", fmt::format("at most {} may have * or ?", core::kMostGlobs));
  return patterns;
}

base::Result<core::Condition> condition_of(const http::Query& query) {
  auto need = read_need(query);
  if (!need) return std::unexpected(need.error());
  core::Condition condition = std::move(need->condition);
  const std::string_view match = query.get("match").value_or("any");
  if (match != "any" && match != "all") return wrong("match", "use any or all");
  condition.all = match == "all";
  const auto hold = read_duration(query, "for", base::Duration{0});
  if (!hold) return std::unexpected(hold.error());
  condition.hold = *hold;
  return condition;
}

base::Result<Asked> read(const http::Query& query) {
  if (auto known = query.only({"profile", "set", "match", "at_least", "free", "total_free", "for", "timeout", "held"});
      !known)
    return std::unexpected(known.error());
  auto condition = condition_of(query);
  if (!condition) return std::unexpected(condition.error());
  std::string set(query.get("set").value_or(""));
  if (set.empty()) {
    auto patterns = patterns_of(query);
    if (!patterns) return std::unexpected(patterns.error());
    condition->patterns = std::move(*patterns);
  } else if (query.get("profile")) {
    return wrong("set", "a set has its own profiles; leave profile out");
  }
  const auto timeout = read_duration(query, "timeout", kDefaultTimeout);
  if (!timeout) return std::unexpected(timeout.error());
  auto held = board::parse_held(query.get("held").value_or(""), board::Tracker::kMostFollowed);
  if (!held) return wrong("held", "send the value of an earlier answer, or leave it out");
  return Asked{std::move(set), std::move(*condition), std::move(*held), *timeout};
}

void append_match(std::string& out, const board::Tracker::Match& match, base::Time now) {
  feed::append_row(out, *match.row, now);
  if (!match.hold) return;
  out.back() = ',';
  out += "\"holds_since\":\"";
  base::append_rfc3339(out, match.hold->since);
  out += "\"}";
}

http::Reply answer(const board::Tracker& tracker, std::vector<board::Tracker::Match> matches, const board::State& state,
                   base::Time now, bool satisfied) {
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

/// What a client waits for.
class Awaited {
 public:
  explicit Awaited(Asked asked)
      : set_(std::move(asked.set)),
        condition_(std::move(asked.condition)),
        held_(std::move(asked.held)),
        tracker_(condition_, held_) {}

  /// The answer; nothing while the client has to wait on. `deadline` becomes when to look again.
  std::optional<http::Reply> look(const board::CoreBoard& board, base::SteadyTime& deadline);

 private:
  base::Result<void> follow_set(const board::State& state, base::Time now);
  std::vector<board::Tracker::Match> matches(base::Time now, bool satisfied) const;

  const std::string set_;
  core::Condition condition_;
  const board::Held held_;
  board::Tracker tracker_;
  /// The set as it was last seen, and all sets then; nothing before.
  core::Set seen_{};
  std::shared_ptr<const core::Sets> sets_;
  std::optional<core::Choices> choices_;
};

std::optional<http::Reply> Awaited::look(const board::CoreBoard& board, base::SteadyTime& deadline) {
  const board::StatePtr state = board.current();
  const base::SteadyTime steady = std::chrono::steady_clock::now();
  const base::Time now = state->now(steady);
  if (const auto known = follow_set(*state, now); !known) return http::problem(known.error());
  tracker_.advance(board, now);
  if (condition_.all && tracker_.overflowed())
    return http::problem(400, fmt::format("match=all: more than {} profiles match; name fewer, or use match=any",
                                          board::Tracker::kMostFollowed));
  const auto verdict = tracker_.judge(now);
  if (verdict.satisfied || board.closed() || steady >= deadline)
    return state->filled ? answer(tracker_, matches(now, verdict.satisfied), *state, now, verdict.satisfied)
                         : not_filled(*state);
  // Compared before it is added: a client may send a hold of any time.
  if (verdict.next && *verdict.next - now < std::chrono::duration_cast<base::Duration>(deadline - steady))
    deadline = steady + (*verdict.next - now);
  return std::nullopt;
}

/// Waits for the set as it is now. The error when there is none of its name.
base::Result<void> Awaited::follow_set(const board::State& state, base::Time now) {
  if (set_.empty() || !state.filled || sets_ == state.sets) return {};
  const auto set = core::set_named(*state.sets, set_);
  if (!set) return wrong("set", set.error().message);
  sets_ = state.sets;
  if (choices_ && **set == seen_) return {};
  const board::Held held = choices_ ? tracker_.held(now) : held_;
  seen_ = **set;
  condition_.patterns = choices_.emplace(seen_).patterns();
  tracker_ = board::Tracker(condition_, held);
  return {};
}

/// Of a set, in the order of preference.
std::vector<board::Tracker::Match> Awaited::matches(base::Time now, bool satisfied) const {
  auto matches = tracker_.matches(now, satisfied);
  if (choices_)
    std::ranges::sort(matches, {}, [&](const auto& match) {
      const core::ProfileKey& key = match.row->profile.key;
      return std::pair<std::optional<std::size_t>, const core::ProfileKey&>(choices_->place_of(key), key);
    });
  return matches;
}

}  // namespace

Wait::Wait(board::Board& board, board::Attention& attention, base::Metrics& metrics, base::Duration longest)
    : board_(board),
      attention_(attention),
      longest_(longest),
      waiting_(metrics.gauge("vacancy_waiting_requests", "Requests that wait for a condition")) {}

boost::asio::awaitable<http::Reply> Wait::handle(const http::Request& request) {
  auto asked = read(request.query);
  if (!asked) co_return http::problem(asked.error());
  const Counted counted(waiting_);
  const auto deadline = std::chrono::steady_clock::now() + std::min(asked->timeout, longest_);
  board::CoreBoard& board = board_.of_core(request.core);
  const auto watch =
      attention_.watch(asked->set.empty() ? board::named_by(asked->condition.patterns)
                                          : board::named_by({.set = asked->set}, *board.current()->sets));
  Awaited awaited(*std::move(asked));
  board::CoreBoard::Subscription subscription(board);
  const http::Watching client(request.connection, [&subscription] { subscription.wake(); });
  for (;;) {
    base::SteadyTime until = client.gone() ? base::SteadyTime::min() : deadline;
    auto reply = awaited.look(board, until);
    if (reply) {
      reply->waited = true;
      co_return std::move(*reply);
    }
    co_await subscription.wait(board.current()->sequence, until);
  }
}

}  // namespace portal
