#include "portal/history_answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

#include "base/json.hpp"
#include "base/text.hpp"

namespace portal {
namespace {

namespace json = boost::json;

/// What is wrong with the answer, inside this file.
class Mistake : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

const json::object& object_of(const json::value& value) {
  if (!value.is_object()) throw Mistake("an element is not an object");
  return value.get_object();
}

/// Nothing for null, too.
const json::value* member(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

const json::array& array_of(const json::object& object, std::string_view key) {
  const json::value* value = member(object, key);
  if (value == nullptr || !value->is_array()) throw Mistake(fmt::format("'{}' is not an array", key));
  return value->get_array();
}

double number_of(const json::object& object, std::string_view key) {
  const json::value* value = member(object, key);
  if (value == nullptr || !value->is_number()) throw Mistake(fmt::format("'{}' is not a number", key));
  return value->to_number<double>();
}

std::int64_t count_of(const json::object& object, std::string_view key) {
  const json::value* value = member(object, key);
  if (value == nullptr || !value->is_int64()) throw Mistake(fmt::format("'{}' is not a whole number", key));
  return value->get_int64();
}

base::Time time_of(const json::object& object, std::string_view key) {
  const auto time = base::parse_rfc3339(base::text_in(object, key));
  if (!time) throw Mistake(fmt::format("'{}' is not an RFC 3339 time", key));
  return *time;
}

core::Profile profile_of(const json::object& object) {
  core::Profile profile{
      .id = count_of(object, "id"),
      .key = {base::to_line(base::text_in(object, "provider")), base::to_line(base::text_in(object, "name"))}};
  if (const json::value* labels = member(object, "labels"))
    for (const auto& label : object_of(*labels))
      profile.labels[base::to_line(label.key())] = base::to_line(base::text_in(labels->get_object(), label.key()));
  return profile;
}

/// `level` and `at`: the keys of its level and time.
core::Transition transition_of(const json::object& object, std::string_view level_key, std::string_view at_key) {
  const auto level = core::parse_level(base::text_in(object, level_key));
  if (!level) throw Mistake(fmt::format("'{}' is not one of HIGH, MEDIUM, LOW, UNKNOWN", level_key));
  const auto freshness = core::parse_freshness(base::text_in(object, "freshness"));
  if (!freshness) throw Mistake("'freshness' is not one of FRESH, STALE, EXPIRED");
  return {time_of(object, at_key), *level, *freshness, base::to_line(base::text_in(object, "reason"))};
}

core::Bucket bucket_of(const json::object& object) {
  const std::int64_t count = count_of(object, "count");
  if (count < 1) throw Mistake("'count' is less than 1");
  return {.begin = time_of(object, "at"),
          .count = count,
          .least = number_of(object, "min"),
          .most = number_of(object, "max"),
          .sum = number_of(object, "mean") * static_cast<double>(count)};
}

/// Readers of both go from one to the next.
template <class T>
std::vector<T> in_order(std::vector<T> all, base::Time T::* at) {
  if (!std::ranges::is_sorted(all, {}, at)) throw Mistake("its times are not in order");
  return all;
}

/// Without launches where an older service does not tell any.
core::Calibration calibration_of(const json::object& object) {
  core::Calibration calibration;
  const json::value* levels = member(object, "calibration");
  if (levels == nullptr) return calibration;
  for (const core::Level level : {core::Level::unknown, core::Level::low, core::Level::medium, core::Level::high})
    if (const json::value* counts = member(object_of(*levels), core::to_string(level)))
      calibration[level] = {count_of(object_of(*counts), "launched"), count_of(object_of(*counts), "failed")};
  return calibration;
}

HistoryAnswer history_of(const json::object& object) {
  HistoryAnswer answer{.profile = profile_of(object),
                       .from = time_of(object, "from"),
                       .to = time_of(object, "to"),
                       .now = time_of(object, "now"),
                       .transitions = {},
                       .span = core::parse_span(base::text_in(object, "span")),
                       .numbers = {},
                       .calibration = calibration_of(object)};
  if (answer.from >= answer.to) throw Mistake("'from' is not before 'to'");
  for (const json::value& one : array_of(object, "transitions"))
    answer.transitions.push_back(transition_of(object_of(one), "level", "at"));
  answer.transitions = in_order(std::move(answer.transitions), &core::Transition::at);
  const json::value* numbers = member(object, "numbers");
  if (numbers == nullptr) return answer;
  for (const core::Number& number : core::kNumbers) {
    if (member(object_of(*numbers), number.name) == nullptr) continue;
    auto& buckets = answer.numbers[number.value];
    for (const json::value& one : array_of(numbers->get_object(), number.name))
      buckets.push_back(bucket_of(object_of(one)));
    buckets = in_order(std::move(buckets), &core::Bucket::begin);
  }
  return answer;
}

PastBoard past_board_of(const json::object& object) {
  PastBoard board{.time = time_of(object, "time"),
                  .now = time_of(object, "now"),
                  .more = member(object, "next") != nullptr,
                  .last = {},
                  .rows = {}};
  for (const json::value& one : array_of(object, "hardware")) {
    const json::object& row = object_of(one);
    PastHardware past{profile_of(row), {}};
    if (member(row, "since") != nullptr) past.state = transition_of(row, "availability", "since");
    board.rows.push_back(std::move(past));
  }
  if (!board.rows.empty()) board.last = board.rows.back().profile.key;
  return board;
}

LatestTransitions latest_transitions_of(const json::object& object) {
  LatestTransitions latest{.now = time_of(object, "now"), .transitions = {}};
  for (const json::value& one : array_of(object, "transitions")) {
    const json::object& logged = object_of(one);
    const core::Revision revision = member(logged, "revision") == nullptr ? 0 : count_of(logged, "revision");
    latest.transitions.push_back({revision, count_of(logged, "id"), transition_of(logged, "level", "at")});
  }
  return latest;
}

template <class Answer>
base::Result<Answer> parse(std::string_view text, Answer (*read)(const json::object&)) {
  const auto wrong = [](std::string_view what) {
    return base::fail(base::Errc::unavailable, fmt::format("the hardware service's answer is wrong: {}", what));
  };
  const auto value = base::parse_json(text);
  if (!value) return wrong("it " + value.error().message);
  try {
    return read(object_of(*value));
  } catch (const Mistake& mistake) {
    return wrong(mistake.what());
  }
}

}  // namespace

base::Result<HistoryAnswer> parse_history(std::string_view json) {
  return parse(json, history_of);
}

base::Result<PastBoard> parse_past_board(std::string_view json) {
  return parse(json, past_board_of);
}

base::Result<void> check_calibration(std::string_view json) {
  const auto calibration = parse(
      json, +[](const json::object& object) {
        if (member(object, "calibration") == nullptr) throw Mistake("'calibration' is missing");
        return calibration_of(object);
      });
  if (!calibration) return std::unexpected(calibration.error());
  return {};
}

base::Result<LatestTransitions> parse_latest_transitions(std::string_view json) {
  return parse(json, latest_transitions_of);
}

}  // namespace portal
