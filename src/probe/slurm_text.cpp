#include "probe/slurm_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "probe/judge.hpp"

namespace probe {
namespace {

constexpr std::size_t kMostHosts = 100'000;

/// Cuts off and returns the next entry of a list. A comma in parentheses or brackets does not end it:
/// "gpu:4(IDX:0,2-3),gpu:2", "cpu[1,3],gpu1".
std::string_view cut_entry(std::string_view& list) {
  int depth = 0;
  std::size_t end = 0;
  for (; end < list.size(); ++end) {
    if (list[end] == '(' || list[end] == '[') ++depth;
    if (list[end] == ')' || list[end] == ']') --depth;
    if (list[end] == ',' && depth <= 0) break;
  }
  const auto entry = list.substr(0, end);
  list.remove_prefix(std::min(end + 1, list.size()));
  return entry;
}

/// Cuts off and returns what is in the parentheses at the end of "gpu:a100:4(S:0-1)". The type "(null)" is none.
/// Nothing when they are not in pairs.
std::optional<std::string_view> cut_details(std::string_view& entry) {
  const auto open = entry.ends_with(":(null)") ? std::string_view::npos : entry.rfind('(');
  std::string_view details;
  if (entry.ends_with(')') && open != std::string_view::npos) {
    details = entry.substr(open + 1, entry.size() - open - 2);
    entry.remove_suffix(entry.size() - open);
  }
  if (std::ranges::count(entry, '(') != std::ranges::count(entry, ')')) return std::nullopt;
  return details;
}

/// Resources of jobs that are not generic ones: "cpu=2", "license/matlab=1".
bool is_generic(std::string_view name) {
  constexpr std::string_view kOthers[] = {"cpu", "mem", "energy", "node", "billing", "vmem", "pages", "none"};
  return !name.empty() && !name.contains('/') && std::ranges::find(kOthers, name) == std::end(kOthers);
}

/// Parts of GPUs.
bool is_share(std::string_view name) {
  return name == "shard" || name == "mps";
}

/// A count, perhaps in thousands: "2K".
std::optional<std::int64_t> count_of(std::string_view word) {
  constexpr std::string_view kUnits = "KMGT";
  const auto unit = word.empty() ? std::string_view::npos : kUnits.find(word.back());
  auto count = number(unit == std::string_view::npos ? word : word.substr(0, word.size() - 1));
  for (std::size_t i = 0; count && unit != std::string_view::npos && i <= unit; ++i)
    count = std::min(kMostUnits, *count * 1024);
  return count;
}

/// How many numbers are in "0,2-3"; nothing for anything else.
std::optional<std::int64_t> indices(std::string_view list) {
  std::int64_t sum = 0;
  while (!list.empty()) {
    std::string_view range = cut(list, ',');
    const auto first = number(cut(range, '-'));
    const auto last = range.empty() ? first : number(range);
    if (!first || !last || *last < *first) return std::nullopt;
    sum = std::min(kMostUnits, sum + *last - *first + 1);
  }
  return sum;
}

/// How many devices are in use in part, from "-/5,5/5,0/5", from "IDX:0-1", or, when it does not say, at most as many
/// as there are shares in use.
std::int64_t shared_devices(std::string_view details, std::int64_t shares) {
  if (details.starts_with("IDX:")) {
    if (details == "IDX:N/A") return 0;
    return indices(details.substr(4)).value_or(shares);
  }
  if (!details.contains('/')) return shares;
  std::int64_t devices = 0;
  while (!details.empty()) {
    std::string_view share = cut(details, ',');
    const auto used = cut(share, '/');
    // A device that is allocated as a whole is among those, too.
    if (used != "-" && number(used) != 0) ++devices;
  }
  return devices;
}

struct Entry {
  std::string_view type{};
  std::int64_t count = 1;
  bool endless = false;
};

/// "a100:4", "4", "a100", "(null):3", "no_consume:4"; nothing when it ends with a colon.
std::optional<Entry> read_entry(std::string_view words) {
  Entry entry;
  if (words.ends_with(':')) return std::nullopt;
  while (!words.empty()) {
    const auto word = cut(words, ':');
    const auto count = words.empty() ? count_of(word) : std::nullopt;
    if (count)
      entry.count = *count;
    else if (word == "no_consume")
      entry.endless = true;
    else if (word != "(null)")
      entry.type = word;
  }
  return entry;
}

Counts counts_of(const Resources& all, std::string_view name) {
  const auto found = all.find(name);
  return found == all.end() ? Counts() : found->second;
}

std::int64_t sum_of(const Counts& counts) {
  std::int64_t sum = 0;
  for (const auto& [_, count] : counts) sum = std::min(kMostUnits, sum + count);
  return sum;
}

/// Adds the shares of GPUs that are in use as a whole, which Slurm does not, and all of those of which it does not say
/// how many are. GPUs have as many each.
void add_lost_shares(Counts& in_use, const Counts& shares, const Resources& all, const Gres& used) {
  const std::int64_t gpus = sum_of(counts_of(all, kGpu));
  if (gpus == 0) return;
  const std::int64_t lost = sum_of(shares) / gpus * std::min(gpus, sum_of(counts_of(used.all, kGpu)) + used.untold);
  add_counts(in_use, {{shares.size() == 1 ? shares.begin()->first : "", lost}}, 1);
}

/// What is left of one resource.
Left left_of(Counts all, const Counts& in_use) {
  Left left{.by_type = std::move(all)};
  for (const auto& [type, count] : in_use) {
    const auto found = left.by_type.find(type);
    const auto taken = found != left.by_type.end() ? std::min(found->second, count) : 0;
    if (found != left.by_type.end()) found->second -= taken;
    // More than there are of a type that is known are a count of shares.
    if (type.empty() || found == left.by_type.end()) left.unplaced += count - taken;
  }
  if (left.by_type.size() == 1) {
    auto& [type, count] = *left.by_type.begin();
    count -= std::min(count, std::exchange(left.unplaced, 0));
  }
  return left;
}

/// Adds one of "cpu07", "cpu[1-3,5]" and "rack[0-1]node[08-11]", in so many `steps` at most.
void add_hosts(Names& names, const std::string& before, std::string_view rest, std::size_t& steps) {
  if (steps == 0) return;
  --steps;
  const auto open = rest.find('[');
  const auto close = rest.find(']', open);
  if (open == std::string_view::npos || close == std::string_view::npos) {
    names.insert(before + std::string(rest));
    return;
  }
  const std::string prefix = before + std::string(rest.substr(0, open));
  std::string_view ranges = rest.substr(open + 1, close - open - 1);
  while (!ranges.empty()) {
    std::string_view range = cut(ranges, ',');
    const std::string_view begin = cut(range, '-');
    const auto first = number(begin);
    const auto last = range.empty() ? first : number(range);
    for (auto at = first; at && last && *at <= *last && steps > 0; ++*at)
      add_hosts(names, prefix + fmt::format("{:0>{}}", *at, begin.size()), rest.substr(close + 1), steps);
  }
}

}  // namespace

std::string_view cut(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const auto piece = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return piece;
}

std::optional<std::string_view> next_line(std::string_view& text) {
  while (!text.empty())
    if (const auto line = cut(text, '\n'); !line.empty()) return line;
  return std::nullopt;
}

std::optional<std::int64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) return std::nullopt;
  if (error == std::errc::result_out_of_range) return kMostUnits;
  return static_cast<std::int64_t>(std::min<std::uint64_t>(value, kMostUnits));
}

std::string bad_line(std::string_view program, std::string_view format, std::string_view line) {
  return fmt::format("{} printed '{}'; each line must have the fields {}", program, one_line(line.substr(0, 100)),
                     format);
}

bool is_none(std::string_view text) {
  return text.empty() || text == "(null)" || text == "N/A";
}

std::optional<Gres> read_gres(std::string_view list) {
  Gres gres;
  if (is_none(list)) return gres;
  if (list.ends_with(',')) return std::nullopt;
  while (!list.empty()) {
    std::string_view whole = cut_entry(list);
    const auto details = cut_details(whole);
    if (!details || whole.empty()) return std::nullopt;
    std::string entry(whole);
    // Jobs ask for "gres:gpu:2" and "gres/gpu:2", in newer versions for "gres/gpu=2".
    std::ranges::replace(entry, '=', ':');
    std::string_view rest = entry;
    if (rest.starts_with("gres:") || rest.starts_with("gres/")) rest.remove_prefix(5);
    const bool cut_off = rest.ends_with(':');
    const auto name = cut(rest, ':');
    const auto read = read_entry(rest);
    if (!read || cut_off) return std::nullopt;
    if (!is_generic(name)) continue;
    const std::string type(read->type);
    std::int64_t count = read->endless && name != kGpu ? kMostUnits : read->count;
    if (is_share(name)) {
      const std::int64_t devices = shared_devices(*details, read->count);
      add_counts(gres.shared, {{type, devices}}, 1);
      if (details->starts_with("IDX:")) {
        count = 0;
        gres.untold = std::min(kMostUnits, gres.untold + devices);
      }
    }
    add_counts(gres.all[std::string(name)], {{type, count}}, 1);
  }
  return gres;
}

void add_counts(Counts& counts, const Counts& more, std::int64_t times) {
  for (const auto& [type, count] : more) {
    std::int64_t& sum = counts[type];
    sum = std::min(kMostUnits, sum + std::min(kMostUnits, count * times));
  }
}

void add_resources(Resources& all, const Resources& more, std::int64_t times) {
  for (const auto& [name, counts] : more) add_counts(all[name], counts, times);
}

LeftOf left_of(const Resources& all, const Gres& used) {
  LeftOf left;
  for (const auto& [name, counts] : all) {
    Counts in_use = counts_of(used.all, name);
    if (name == kGpu) add_counts(in_use, used.shared, 1);
    if (is_share(name)) add_lost_shares(in_use, counts, all, used);
    left.emplace(name, left_of(counts, in_use));
  }
  return left;
}

Names read_hosts(std::string_view list) {
  Names names;
  std::size_t steps = kMostHosts;
  while (!list.empty() && steps > 0)
    if (const auto entry = cut_entry(list); !entry.empty()) add_hosts(names, "", entry, steps);
  return names;
}

}  // namespace probe
