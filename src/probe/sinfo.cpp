#include "probe/sinfo.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <set>
#include <span>
#include <utility>

#include "base/text.hpp"
#include "probe/observation.hpp"

namespace probe {
namespace {

namespace json = boost::json;
template <class T>
using Or = std::expected<T, std::string>;

// --- States

using Words = std::set<std::string, std::less<>>;

struct Rule {
  std::string_view word;
  std::string_view why;
};

/// What takes a node out of service, in any version's words; the first that holds says why.
constexpr Rule kOut[] = {
    {"down", "down"},
    {"error", "down"},
    {"draining", "draining"},
    {"drained", "drained"},
    {"drain", "drained"},
    {"power_drain", "powering down"},
    {"maintenance", "in maintenance"},
    {"maint", "in maintenance"},
    {"fail", "failing"},
    {"failing", "failing"},
    {"not_responding", "not responding"},
    {"unknown", "unknown"},
    {"future", "future"},
    {"invalid_reg", "invalid"},
    {"inval", "invalid"},
    {"reserved", "reserved"},
    {"reboot", "rebooting"},
    {"reboot_requested", "rebooting"},
    {"reboot_issued", "rebooting"},
    {"blocked", "blocked"},
    {"power_down", "powering down"},
    {"powering_down", "powering down"},
};
/// Switched off until a job needs it, or being switched on. Such nodes do not respond, and need not.
constexpr std::string_view kPower[] = {"powered_down", "power", "powering_up", "power_up"};
/// Takes jobs, where nothing above holds. "planned" and "completing" can stand alone.
constexpr std::string_view kInService[] = {"idle", "mixed", "planned", "completing"};
/// The last characters of a state in the long form.
constexpr std::pair<char, std::string_view> kSuffixes[] = {
    {'*', "not_responding"}, {'~', "powered_down"}, {'#', "powering_up"}, {'!', "power_down"}, {'%', "powering_down"},
    {'$', "maintenance"},    {'@', "reboot"},       {'^', "reboot"},      {'-', "planned"},
};

bool any_of(std::span<const std::string_view> wanted, const Words& words) {
  return std::ranges::any_of(wanted, [&](std::string_view word) { return words.contains(word); });
}

/// Adds the words of "idle+drain", "mixed*" or "IDLE".
void add_words(Words& words, std::string_view text) {
  while (!text.empty()) {
    std::string word = lower(cut(text, '+'));
    for (const auto& [suffix, meaning] : kSuffixes)
      if (word.ends_with(suffix)) {
        word.pop_back();
        words.emplace(meaning);
        break;
      }
    if (!word.empty()) words.insert(std::move(word));
  }
}

/// Why a node in this state is out of service, or "".
std::string_view why_out(const Words& words, const config::SlurmOptions& options) {
  const bool busy = words.contains("allocated");
  const bool power = any_of(kPower, words);
  for (const auto& [word, why] : kOut) {
    if (!words.contains(word) || (power && word == "not_responding")) continue;
    return word == "drain" && (busy || words.contains("mixed")) ? "draining" : why;
  }
  if (busy) return "";
  if (power && !options.powered_down_is_free) return "powered down";
  if (words.contains("planned") && !options.planned_is_free) return "planned";
  return power || any_of(kInService, words) ? "" : "unknown";
}

// --- Nodes

/// What a source says of a node or of each node of a group; CPUs and idle nodes are those of the whole group.
struct Raw {
  Words words{};
  std::int64_t count = 1;
  std::int64_t idle = 0;
  std::int64_t cpus = 0;
  std::int64_t free_cpus = 0;
  std::string_view gres{};
  std::string_view gres_used{};
};

Nodes judge_nodes(const Raw& raw, const config::SlurmOptions& options) {
  Nodes nodes{.count = raw.count, .out = why_out(raw.words, options), .cpus = raw.cpus};
  const Gpus each = read_gpus(raw.gres);
  add_gpus(nodes.gpus, each, raw.count);
  // A full node has GPUs that no job can get any more; a draining one has CPUs.
  const bool usable = nodes.out.empty() && !raw.words.contains("allocated");
  add_gpus(nodes.free_gpus, left_of(each, read_gpus(raw.gres_used)), usable ? raw.count : 0);
  if (!usable) return nodes;
  nodes.idle = raw.words.contains("completing") ? 0 : std::min(raw.idle, raw.count);
  nodes.free_cpus = std::min(raw.free_cpus, raw.cpus);
  return nodes;
}

/// Names each node once in each partition.
class Seen {
 public:
  bool first(std::string_view partition, std::string_view node) { return seen_.emplace(partition, node).second; }

 private:
  std::set<std::pair<std::string, std::string>> seen_;
};

// --- Text

/// "allocated/idle/other/total", of one node.
bool read_cpus(std::string_view text, Raw& raw) {
  std::array<std::int64_t, 4> cpus{};
  for (auto& count : cpus) {
    const auto read = number(cut(text, '/'));
    if (!read) return false;
    count = *read;
  }
  raw.free_cpus = cpus[1];
  raw.cpus = cpus[3];
  raw.idle = cpus[0] == 0 ? 1 : 0;
  return text.empty();
}

Or<Cluster> read_text(std::string_view output, const config::SlurmOptions& options) {
  Cluster cluster;
  Seen seen;
  while (const auto line = next_line(output)) {
    Raw raw;
    const auto read = fields<7>(*line);
    if (!read || !read_cpus((*read)[4], raw)) return std::unexpected(bad_line("sinfo", kSinfoFormat, *line));
    const auto& [node, name, available, state, cpus, gres, gres_used] = *read;
    // The default partition's has a star in another field of sinfo.
    Partition& partition = cluster[std::string(name.ends_with('*') ? name.substr(0, name.size() - 1) : name)];
    partition.state = lower(available);
    if (!seen.first(name, node)) continue;
    add_words(raw.words, state);
    raw.gres = gres;
    raw.gres_used = gres_used;
    partition.nodes.push_back(judge_nodes(raw, options));
  }
  return cluster;
}

// --- JSON

const json::object kNothing;
const json::array kNone;

const json::object& object_in(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  return found != nullptr && found->is_object() ? found->get_object() : kNothing;
}

const json::array& array_in(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  return found != nullptr && found->is_array() ? found->get_array() : kNone;
}

std::string_view text_of(const json::value& value) {
  return value.is_string() ? std::string_view(value.get_string().data(), value.get_string().size())
                           : std::string_view();
}

std::string_view text_in(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  return found != nullptr ? text_of(*found) : std::string_view();
}

/// A count; newer versions write some as {"set": true, "number": 8}.
std::optional<std::int64_t> number_in(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  if (found != nullptr && found->is_object()) found = found->get_object().if_contains("number");
  if (found == nullptr || !found->is_number()) return std::nullopt;
  const auto value = found->to_number<double>();
  return std::isnan(value) ? 0 : static_cast<std::int64_t>(std::clamp(value, 0.0, static_cast<double>(kMostUnits)));
}

/// A state is a word, or a list of words.
void add_states(Words& words, const json::object& object, std::string_view name) {
  add_words(words, text_in(object, name));
  for (const json::value& word : array_in(object, name)) add_words(words, text_of(word));
}

/// One of "nodes": 22.05, and GET /slurm/…/nodes of every version.
void add_node(Cluster& cluster, Seen& seen, const json::object& node, const config::SlurmOptions& options) {
  Raw raw{.cpus = number_in(node, "cpus").value_or(0),
          .gres = text_in(node, "gres"),
          .gres_used = text_in(node, "gres_used")};
  const auto allocated = number_in(node, "alloc_cpus").value_or(0);
  auto idle = number_in(node, "alloc_idle_cpus");
  if (!idle) idle = number_in(node, "idle_cpus");
  raw.free_cpus = idle.value_or(std::max<std::int64_t>(0, raw.cpus - allocated));
  raw.idle = allocated == 0 ? 1 : 0;
  add_states(raw.words, node, "state");
  add_states(raw.words, node, "state_flags");
  const Nodes judged = judge_nodes(raw, options);
  for (const json::value& partition : array_in(node, "partitions"))
    if (const auto name = text_of(partition); seen.first(name, text_in(node, "name")))
      cluster[std::string(name)].nodes.push_back(judged);
}

/// One of "sinfo": nodes of a partition that are alike. CPUs are theirs together, generic resources those of each.
void add_group(Cluster& cluster, const json::object& group, const config::SlurmOptions& options) {
  const json::object& nodes = object_in(group, "nodes");
  const json::object& cpus = object_in(group, "cpus");
  const json::object& gres = object_in(group, "gres");
  const json::object& partition = object_in(group, "partition");
  Raw raw{.count = number_in(nodes, "total").value_or(static_cast<std::int64_t>(array_in(nodes, "nodes").size())),
          .idle = number_in(nodes, "idle").value_or(0),
          .cpus = number_in(cpus, "total").value_or(0),
          .free_cpus = number_in(cpus, "idle").value_or(0),
          .gres = text_in(gres, "total"),
          .gres_used = text_in(gres, "used")};
  add_states(raw.words, object_in(group, "node"), "state");
  Words states;
  add_states(states, object_in(partition, "partition"), "state");
  Partition& out = cluster[std::string(text_in(partition, "name"))];
  if (!states.empty() && !states.contains("up")) out.state = *states.begin();
  if (raw.count > 0) out.nodes.push_back(judge_nodes(raw, options));
}

/// What it says went wrong, or "". When the controller is gone, sinfo prints an error and no nodes, with exit code 0.
std::string error_in(const json::object& root) {
  for (const json::value& error : array_in(root, "errors"))
    if (error.is_object()) {
      auto text = text_in(error.get_object(), "description");
      if (text.empty()) text = text_in(error.get_object(), "error");
      return fmt::format("Slurm's controller does not answer: {}", one_line(text));
    }
  return "";
}

Or<Cluster> read_json(std::string_view output, const config::SlurmOptions& options) {
  const auto parsed = parse_json(output);
  if (!parsed) return std::unexpected(fmt::format("what sinfo printed {}", parsed.error()));
  if (!parsed->is_object()) return std::unexpected(std::string("what sinfo printed is not a JSON object"));
  const json::object& root = parsed->get_object();
  Cluster cluster;
  Seen seen;
  for (const json::value& node : array_in(root, "nodes"))
    if (node.is_object()) add_node(cluster, seen, node.get_object(), options);
  for (const json::value& group : array_in(root, "sinfo"))
    if (group.is_object()) add_group(cluster, group.get_object(), options);
  if (auto error = error_in(root); cluster.empty() && !error.empty()) return std::unexpected(std::move(error));
  return cluster;
}

}  // namespace

std::expected<Cluster, std::string> read_sinfo(std::string_view output, const config::SlurmOptions& options) {
  auto cluster = base::trim(output).starts_with('{') ? read_json(output, options) : read_text(output, options);
  if (cluster && cluster->empty()) return std::unexpected(std::string("sinfo names no node"));
  return cluster;
}

}  // namespace probe
