#include "portal/sets_api.hpp"

#include "base/duration.hpp"
#include "base/text.hpp"
#include "feed/events.hpp"
#include "feed/row_json.hpp"
#include "http/answer.hpp"
#include "portal/api.hpp"
#include "portal/need_query.hpp"

namespace portal {
namespace {

using core::Judged;
using core::Objection;

/// Those of an answer; the others are counted.
constexpr std::size_t kMostPassed = 100;

base::Time now_of(const board::State& state) {
  return state.now(std::chrono::steady_clock::now());
}

void append_row_or_null(std::string& out, const core::RowPtr& row, base::Time now) {
  if (row)
    feed::append_row(out, *row, now);
  else
    out += "null";
}

void append_set(std::string& out, const board::State& state, const core::Set& set, base::Time now) {
  board::Counts counts;
  core::RowPtr first;
  core::judge(state.snapshot, core::Choices(set), {}, now, [&](const Judged& judged) {
    if (judged.row) counts.add(*judged.row, now);
    if (!first && judged.objection == Objection::none) first = judged.row;
    return true;
  });
  feed::append_set_names(out += '{', set);
  out += ",\"counts\":{";
  feed::append_counts(out, counts);
  append_row_or_null(out += "},\"first\":", first, now);
  out += '}';
}

http::Prepared render_list(const board::State& state) {
  const base::Time now = now_of(state);
  std::string body = "{\"sets\":[";
  for (const core::Set& set : *state.sets) {
    body += body.back() == '[' ? "\n" : ",\n";
    append_set(body, state, set, now);
  }
  feed::append_outage(body += "\n],", state);
  return {"application/json", body += "}\n"};
}

void append_passed(std::string& out, const Judged& judged, const core::Set& set, const core::Need& need,
                   base::Time now) {
  base::append_json_string(out += "{\"choice\":", set.choices[judged.choice]);
  out += fmt::format(",\"code\":\"{}\",\"why\":", core::to_string(judged.objection));
  base::append_json_string(out, core::sentence(judged.objection, judged.row.get(), need));
  if (judged.row) feed::append_row(out += ",\"row\":", *judged.row, now);
  out += '}';
}

void append_need(std::string& out, const core::Need& need) {
  out += fmt::format("\"at_least\":\"{}\",\"max_age\":", core::to_string(need.condition.at_least));
  out += need.max_age ? fmt::format("\"{}\"", base::to_string(*need.max_age)) : "null";
  if (need.condition.free) out += fmt::format(",\"free\":{}", *need.condition.free);
  if (need.condition.total_free) out += fmt::format(",\"total_free\":{}", *need.condition.total_free);
}

std::string first_json(const board::State& state, const core::Set& set, const core::Need& need, base::Time now) {
  std::optional<Judged> first;
  std::string passed;
  std::size_t total = 0;
  core::judge(state.snapshot, core::Choices(set), need, now, [&](const Judged& judged) {
    if (judged.objection == Objection::none) {
      first = judged;
      return false;
    }
    if (total++ < kMostPassed) append_passed(passed += passed.empty() ? "\n" : ",\n", judged, set, need, now);
    return true;
  });
  std::string body = fmt::format("{{\"set\":\"{}\",", set.name);
  append_need(body, need);
  body += ",\"choice\":";
  if (first)
    base::append_json_string(body, set.choices[first->choice]);
  else
    body += "null";
  append_row_or_null(body += ",\"first\":", first ? first->row : nullptr, now);
  body += fmt::format(",\"passed\":[{}],\"passed_total\":{},", passed, total);
  feed::append_outage(body, state);
  return body += "}\n";
}

}  // namespace

SetsApi::SetsApi(board::Board& board, std::size_t cores)
    // Each set may look at all rows: never where requests are served.
    : board_(board),
      list_(cores, feed::kTellsNoTime, render_list, 0),
      // With max_age they change while only time passes.
      caches_(cores, feed::Cache(feed::kTellsTime)) {}

http::Answer SetsApi::list(const http::Request& request) {
  if (auto known = request.query.only({}); !known) return http::problem(known.error());
  board::StatePtr state = board_.of_core(request.core).current();
  if (!state->filled) return not_filled(*state);
  return list_.answer(request, std::move(state), false);
}

http::Reply SetsApi::one(const http::Request& request) {
  if (auto known = request.query.only({}); !known) return http::problem(known.error());
  const board::StatePtr state = board_.of_core(request.core).current();
  if (!state->filled) return not_filled(*state);
  const auto set = core::set_named(*state->sets, request.parameters[0]);
  if (!set) return http::problem(set.error());
  const auto render = [&](const board::State& current) {
    std::string body;
    append_set(body, current, **set, now_of(current));
    return http::Prepared("application/json", body += '\n');
  };
  return http::answer(request, caches_[request.core].get((*set)->name, *state, render));
}

http::Reply SetsApi::first(const http::Request& request) {
  if (auto known = request.query.only({"at_least", "free", "total_free", "max_age"}); !known)
    return http::problem(known.error());
  const auto need = read_need(request.query);
  if (!need) return http::problem(need.error());
  const board::StatePtr state = board_.of_core(request.core).current();
  if (!state->filled) return not_filled(*state);
  const auto set = core::set_named(*state->sets, request.parameters[0]);
  if (!set) return http::problem(set.error());
  const auto render = [&](const board::State& current) {
    return http::Prepared("application/json", first_json(current, **set, *need, now_of(current)));
  };
  const std::string key = fmt::format("{}/first?{}", (*set)->name, to_query(*need));
  return http::answer(request, caches_[request.core].get(key, *state, render));
}

}  // namespace portal
