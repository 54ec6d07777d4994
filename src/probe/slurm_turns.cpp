#include "probe/slurm_turns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/json.hpp"
#include "probe/json.hpp"
#include "probe/slurm_json.hpp"

namespace probe {
namespace {

namespace json = boost::json;
using std::chrono::seconds;

/// The year 9999: what clocks, pages and databases can take.
constexpr std::int64_t kLatest = 253'402'300'799;

std::optional<base::Time> time_of(std::optional<std::int64_t> since_1970) {
  if (!since_1970 || *since_1970 <= 0 || *since_1970 > kLatest) return std::nullopt;
  return base::Time(seconds(*since_1970));
}

std::optional<base::Time> time_in(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return time_of(value);
}

/// How many tasks "1-5,7,10-20:5%2" has.
std::int64_t tasks_in(std::string_view list) {
  list = list.substr(0, list.find('%'));
  std::int64_t sum = 0;
  while (!list.empty()) {
    std::string_view range = cut(list, ',');
    std::string_view numbers = cut(range, ':');
    const std::int64_t step = std::max<std::int64_t>(1, number(range).value_or(1));
    const auto first = number(cut(numbers, '-'));
    const auto last = numbers.empty() ? first : number(numbers);
    // The end of a long list is "...".
    if (!first || !last || *last < *first) continue;
    sum = std::min(kMostUnits, sum + (*last - *first) / step + 1);
  }
  return std::max<std::int64_t>(1, sum);
}

RawJob raw_of(const json::object& job) {
  const auto count = [&](std::string_view name) { return number_in(job, name).value_or(0); };
  const auto text = [&](std::string_view name) { return base::text_in(job, name); };
  return {.partitions = text("partition"),
          .nodes = count("node_count"),
          .cpus = count("cpus"),
          .tasks = count("tasks"),
          .gres_per_job = text("tres_per_job"),
          .gres_per_node = text("tres_per_node"),
          .gres_per_task = text("tres_per_task"),
          .gres_per_socket = text("tres_per_socket"),
          .sockets = count("sockets_per_node"),
          .reason = text("state_reason"),
          .reservation = text("resv_name"),
          .required = text("required_nodes"),
          .excluded = text("excluded_nodes"),
          .features = text("features")};
}

/// When it is to start, or ends at the latest. Of one without a limit, slurmrestd says that it ends in a year.
std::optional<base::Time> turn_of(const json::object& job, bool runs) {
  if (runs && !number_in(job, "time_limit")) return std::nullopt;
  return time_of(number_in(job, runs ? "end_time" : "start_time", kLatest));
}

void add_job(Queue& queue, const json::object& object) {
  Words states;
  add_states(states, object, "job_state");
  const bool runs = states.contains("running");
  if (!runs && !states.contains("pending")) return;
  const RawJob raw = raw_of(object);
  Job job = judge_job(raw);
  job.count = tasks_in(base::text_in(object, "array_task_string"));
  if (const auto at = turn_of(object, runs))
    queue.turns.push_back({.job = job, .runs = runs, .nodes = read_hosts(base::text_in(object, "nodes")), .at = *at});
  if (!runs && wants_resources(raw)) queue.pending.push_back(std::move(job));
}

/// Does it have, or want, some of the units?
bool concerns(const Turn& turn, const Counted& counted) {
  if (counted.what.asked(turn.job) == 0) return false;
  if (!turn.runs) return std::ranges::find(turn.job.partitions, counted.name) != turn.job.partitions.end();
  const auto nodes = counted.nodes();
  return std::ranges::any_of(nodes, [&](const Nodes* some) {
    return std::ranges::any_of(some->names, [&](const std::string& name) { return turn.nodes.contains(name); });
  });
}

/// "2026-11-30T14:05Z": a reason that changes less often than one with seconds.
std::string minute(base::Time time) {
  return base::to_rfc3339(time).substr(0, std::string_view("2026-11-30T14:05").size()) + "Z";
}

}  // namespace

std::expected<Turns, std::string> read_turns(std::string_view output) {
  Turns turns;
  while (const auto line = next_line(output)) {
    const auto read = fields<13>(*line, 11);
    const auto nodes = read ? number((*read)[2]) : std::nullopt;
    const auto cpus = read ? number((*read)[3]) : std::nullopt;
    const auto tasks = read ? number((*read)[4]) : std::nullopt;
    if (!nodes || !cpus || !tasks) return std::unexpected(bad_line("squeue", kTurnsFormat, *line));
    const bool runs = (*read)[0] == "R";
    const auto at = time_in(runs ? (*read)[9] : (*read)[8]);
    if (!at) continue;
    const RawJob raw{.partitions = (*read)[1],
                     .nodes = *nodes,
                     .cpus = *cpus,
                     .tasks = *tasks,
                     .gres_per_job = (*read)[5],
                     .gres_per_node = (*read)[6],
                     .gres_per_task = (*read)[7],
                     .gres_per_socket = (*read)[11],
                     .sockets = number((*read)[12]).value_or(0)};
    turns.push_back({.job = judge_job(raw), .runs = runs, .nodes = read_hosts((*read)[10]), .at = *at});
  }
  return turns;
}

std::expected<Queue, std::string> read_jobs_json(std::string_view answer) {
  const auto root = parse_object(answer, "slurmrestd's list of jobs");
  if (!root) return std::unexpected(root.error());
  Queue queue;
  for (const json::value& job : array_in(*root, "jobs"))
    if (job.is_object()) add_job(queue, job.get_object());
  if (const auto error = error_in(*root); !error.empty() && array_in(*root, "jobs").empty())
    return std::unexpected(fmt::format("Slurm's controller does not answer: {}", error));
  return queue;
}

std::string expected_text(const Counted& counted, const Turns& turns, base::Time now) {
  std::optional<base::Time> end, start;
  for (const Turn& turn : turns) {
    std::optional<base::Time>& first = turn.runs ? end : start;
    if (turn.at > now && (!first || turn.at < *first) && concerns(turn, counted)) first = turn.at;
  }
  std::string text;
  if (end) text += fmt::format("; by its time limit, a running job ends by {}", minute(*end));
  if (start) text += fmt::format("; Slurm expects a pending job to start at {}", minute(*start));
  return text;
}

}  // namespace probe
