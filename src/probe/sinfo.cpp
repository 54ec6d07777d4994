#include "probe/sinfo.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "probe/judge.hpp"
#include "probe/slurm_state.hpp"

namespace probe {
namespace {

/// The fields that every line has; features and the state in words may be missing.
constexpr std::size_t kFields = 7;

/// "allocated/idle/other/total", of one node.
bool read_cpus(std::string_view text, RawNodes& raw) {
  std::array<std::int64_t, 4> cpus{};
  for (auto& count : cpus) {
    const auto read = number(cut(text, '/'));
    if (!read) return false;
    count = *read;
  }
  raw.free_cpus = cpus[1];
  raw.cpus = cpus[3];
  raw.idle = cpus[0] == 0 ? 1 : 0;
  return text.empty() && cpus[1] <= cpus[3];
}

/// A field that is filled up with blanks has a width, and may have been cut to it.
bool is_padded(std::string_view field) {
  return field.starts_with(' ') || field.ends_with(' ');
}

std::unexpected<std::string> cut_to_width(std::string_view line) {
  return std::unexpected(
      fmt::format("sinfo printed '{}', which is cut to a width; end each field of --Format with ':|'",
                  one_line(line.substr(0, 100))));
}

std::expected<Cluster, std::string> read_text(std::string_view output, const config::SlurmOptions& options) {
  Cluster cluster;
  std::set<std::pair<std::string_view, std::string_view>> seen;
  while (const auto line = next_line(output)) {
    RawNodes raw;
    const auto read = fields<9>(*line, kFields);
    if (!read) return std::unexpected(bad_line("sinfo", kSinfoFormat, *line));
    if (std::ranges::any_of(*read, is_padded)) return cut_to_width(*line);
    const auto& [node, name, available, state, cpus, gres, gres_used, features, long_state] = *read;
    if (!read_cpus(cpus, raw)) return std::unexpected(bad_line("sinfo", kSinfoFormat, *line));
    Partition& partition = cluster[std::string(name)];
    partition.state = base::lower(available);
    if (!seen.emplace(name, node).second) continue;
    raw.names = {std::string(node)};
    add_words(raw.states, state.empty() ? long_state : state);
    raw.gres = gres;
    raw.gres_used = gres_used;
    // An eighth field without text is one that this sinfo does not know.
    if (!features.empty()) raw.features = read_features(features);
    auto nodes = judge_nodes(std::move(raw), options);
    if (!nodes) return cut_to_width(*line);
    partition.nodes.push_back(std::move(*nodes));
  }
  return cluster;
}

}  // namespace

std::optional<Nodes> judge_nodes(RawNodes raw, const config::SlurmOptions& options) {
  const auto all = read_gres(raw.gres);
  const auto used = read_gres(raw.gres_used);
  if (!all || !used) return std::nullopt;
  Nodes nodes{.names = std::move(raw.names),
              .count = raw.count,
              .out = why_out(raw.states, options),
              .cpus = raw.cpus,
              .cpus_are_effective = raw.cpus_are_effective,
              .gres = all->all,
              .free_memory = raw.free_memory,
              .features = std::move(raw.features)};
  for (auto& [_, counts] : nodes.gres) std::erase_if(counts, [](const auto& type) { return type.second == 0; });
  std::erase_if(nodes.gres, [](const auto& resource) { return resource.second.empty(); });
  // A full node has GPUs that no job can get any more; a draining one has CPUs.
  if (!nodes.out.empty() || is_full(raw.states)) {
    for (const auto& [name, counts] : nodes.gres)
      for (const auto& [type, _] : counts) nodes.free_gres[name].by_type[type] = 0;
    return nodes;
  }
  nodes.free_gres = left_of(nodes.gres, *used);
  nodes.idle = raw.states.contains("completing") ? 0 : std::min(raw.idle, raw.count);
  nodes.free_cpus = std::min(raw.free_cpus, raw.cpus);
  return nodes;
}

Names read_features(std::string_view list) {
  Names names;
  if (is_none(list)) return names;
  while (!list.empty()) names.emplace(cut(list, ','));
  return names;
}

std::expected<Cluster, std::string> read_sinfo(std::string_view output, const config::SlurmOptions& options) {
  return base::trim(output).starts_with('{') ? read_sinfo_json(output, options) : read_text(output, options);
}

}  // namespace probe
