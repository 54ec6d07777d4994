#include "probe/squeue.hpp"

#include <algorithm>
#include <utility>

namespace probe {
namespace {

using Excluded = std::map<std::string_view, std::string_view>;

/// How the reasons begin that free resources can end. There are many others: for limits of users, holds, and nodes that
/// are away (ReqNodeNotAvail).
constexpr std::string_view kWantsResources[] = {"Resources", "Priority", "None"};

/// The nodes that each job excludes, by its number.
std::expected<Excluded, std::string> read_excluded(std::string_view output) {
  Excluded excluded;
  while (const auto line = next_line(output)) {
    const auto read = fields<2>(*line);
    if (!read) return std::unexpected(bad_line("squeue", kExcludedFormat, *line));
    if (!is_none((*read)[1])) excluded[(*read)[0]] = (*read)[1];
  }
  return excluded;
}

/// The sets of "big&fast|new", of which one must be there. Numbers ("big*2") do not matter here. Brackets and
/// parentheses are read as if they were not there: that may take a job for one that can run, and so takes off more.
std::vector<Names> read_constraint(std::string_view text) {
  std::vector<Names> sets;
  if (is_none(text)) return sets;
  std::string plain(text);
  std::erase_if(plain, [](char c) { return std::string_view("[]() ").contains(c); });
  std::string_view rest = plain;
  while (!rest.empty()) {
    std::string_view alternative = cut(rest, '|');
    Names& set = sets.emplace_back();
    while (!alternative.empty()) {
      std::string_view all = cut(alternative, '&');
      while (!all.empty()) {
        std::string_view one = cut(all, ',');
        set.emplace(cut(one, '*'));
      }
    }
  }
  return sets;
}

/// Generic resources in one of the fields of tres-per-…; a list that cannot be read asks for none.
Resources asked_in(std::string_view field) {
  const auto gres = read_gres(field);
  return gres ? gres->all : Resources();
}

/// Adds what is asked for, so many times. What is asked for per job, node, socket and task are the same units.
void ask_for(Resources& all, const Resources& more, std::int64_t times) {
  for (const auto& [name, counts] : more)
    for (const auto& [type, count] : counts) {
      std::int64_t& most = all[name][type];
      most = std::max(most, std::min(kMostUnits, count * times));
    }
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> out;
  while (!list.empty()) out.emplace_back(cut(list, ','));
  return out;
}

/// The text of the last field, which may hold bars: "big|fast|".
std::string_view last_field(std::string_view line, std::string_view field) {
  const auto begin = static_cast<std::size_t>(field.data() - line.data());
  const auto rest = line.substr(std::min(begin, line.size()));
  return rest.substr(0, rest.rfind('|'));
}

bool has_types(const Counts& counts, const Counts& wanted) {
  std::int64_t all = 0;
  for (const auto& [_, count] : counts) all += count;
  return std::ranges::all_of(wanted, [&](const auto& want) {
    const auto found = counts.find(want.first);
    return want.second <= (want.first.empty() ? all : found == counts.end() ? 0 : found->second);
  });
}

/// Has a node something of what a job wants?
bool has_any(const Resources& all, const Resources& wanted) {
  return std::ranges::any_of(wanted, [&](const auto& resource) {
    const auto found = all.find(resource.first);
    return found != all.end() && std::ranges::any_of(resource.second, [&](const auto& type) {
             return has_types(found->second, {{type.first, 1}});
           });
  });
}

/// A job that names its nodes and wants no more of them runs nowhere else.
bool is_pinned(const Job& job) {
  return !job.required.empty() && std::cmp_less_equal(job.nodes, job.required.size());
}

}  // namespace

std::expected<Jobs, std::string> read_squeue(std::string_view output, std::string_view excluded_output) {
  const auto excluded = read_excluded(excluded_output);
  if (!excluded) return std::unexpected(excluded.error());
  Jobs jobs;
  std::map<std::string_view, std::size_t> known;
  while (const auto line = next_line(output)) {
    const auto read = fields<14>(*line, 8);
    const auto nodes = read ? number((*read)[1]) : std::nullopt;
    const auto cpus = read ? number((*read)[2]) : std::nullopt;
    const auto tasks = read ? number((*read)[3]) : std::nullopt;
    if (!nodes || !cpus || !tasks) return std::unexpected(bad_line("squeue", kSqueueFormat, *line));
    const auto& id = (*read)[8];
    const auto& features = (*read)[13];
    RawJob raw{.partitions = (*read)[0],
               .nodes = *nodes,
               .cpus = *cpus,
               .tasks = *tasks,
               .gres_per_job = (*read)[4],
               .gres_per_node = (*read)[5],
               .gres_per_task = (*read)[6],
               .gres_per_socket = (*read)[11],
               .sockets = number((*read)[12]).value_or(0),
               .reason = (*read)[7],
               .reservation = (*read)[10],
               .required = (*read)[9],
               .features = features.empty() ? features : last_field(*line, features)};
    if (!wants_resources(raw)) continue;
    if (const auto found = excluded->find(id); found != excluded->end()) raw.excluded = found->second;
    // Tasks of an array are alike.
    const auto [at, is_new] = known.emplace(*line, jobs.size());
    if (is_new) jobs.push_back(judge_job(raw));
    ++jobs[at->second].count;
  }
  return jobs;
}

bool wants_resources(const RawJob& raw) {
  // Reserved resources do not count as free.
  return is_none(raw.reservation) &&
         std::ranges::any_of(kWantsResources, [&](std::string_view start) { return raw.reason.starts_with(start); });
}

Job judge_job(const RawJob& raw) {
  Job job{.partitions = split(raw.partitions), .cpus = raw.cpus, .nodes = raw.nodes};
  job.gres_per_node = asked_in(raw.gres_per_node);
  ask_for(job.gres_per_node, asked_in(raw.gres_per_socket), std::max<std::int64_t>(1, raw.sockets));
  ask_for(job.gres, asked_in(raw.gres_per_job), 1);
  ask_for(job.gres, job.gres_per_node, raw.nodes);
  ask_for(job.gres, asked_in(raw.gres_per_task), raw.tasks);
  if (!is_none(raw.required)) job.required = read_hosts(raw.required);
  if (!is_none(raw.excluded)) job.excluded = read_hosts(raw.excluded);
  job.features = read_constraint(raw.features);
  return job;
}

bool has_all(const Resources& all, const Resources& wanted) {
  return std::ranges::all_of(wanted, [&](const auto& resource) {
    const auto found = all.find(resource.first);
    return has_types(found == all.end() ? Counts() : found->second, resource.second);
  });
}

bool may_run_on(const Job& job, const Nodes& nodes) {
  const auto is_one_of = [&](const Names& names) {
    return std::ranges::any_of(nodes.names, [&](const std::string& name) { return names.contains(name); });
  };
  if (!nodes.out.empty() || is_one_of(job.excluded)) return false;
  if (is_pinned(job) && !is_one_of(job.required)) return false;
  if (!has_all(nodes.gres, job.gres_per_node)) return false;
  if (!job.gres.empty() && !has_any(nodes.gres, job.gres)) return false;
  return job.features.empty() || !nodes.features || std::ranges::any_of(job.features, [&](const Names& set) {
           return std::ranges::includes(*nodes.features, set);
         });
}

}  // namespace probe
