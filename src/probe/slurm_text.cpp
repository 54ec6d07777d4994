#include "probe/slurm_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "probe/observation.hpp"

namespace probe {
namespace {

/// Cuts off and returns the next entry of a list. A comma in parentheses does not end it: "gpu:4(IDX:0,2-3),gpu:2".
std::string_view cut_entry(std::string_view& list) {
  int depth = 0;
  std::size_t end = 0;
  for (; end < list.size(); ++end) {
    if (list[end] == '(') ++depth;
    if (list[end] == ')') --depth;
    if (list[end] == ',' && depth <= 0) break;
  }
  const auto entry = list.substr(0, end);
  list.remove_prefix(std::min(end + 1, list.size()));
  return entry;
}

/// "gpu:a100:4(S:0-1)" without what is in the parentheses, which is not the type "(null)".
std::string_view without_details(std::string_view entry) {
  if (entry.ends_with(')') && !entry.ends_with(":(null)")) entry = entry.substr(0, entry.rfind('('));
  return entry;
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

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

Gpus read_gpus(std::string_view gres) {
  Gpus gpus;
  while (!gres.empty()) {
    std::string entry(without_details(cut_entry(gres)));
    // Jobs ask for "gres:gpu:2" and "gres/gpu:2", in newer versions for "gres/gpu=2".
    std::ranges::replace(entry, '=', ':');
    std::string_view rest = entry;
    if (rest.starts_with("gres:") || rest.starts_with("gres/")) rest.remove_prefix(5);
    if (cut(rest, ':') != "gpu") continue;
    std::string_view type;
    std::int64_t count = 1;
    while (!rest.empty()) {
      const auto word = cut(rest, ':');
      const auto read = rest.empty() ? number(word) : std::nullopt;
      if (read)
        count = *read;
      else if (word != "(null)" && word != "no_consume")
        type = word;
    }
    add_gpus(gpus, {{std::string(type), count}}, 1);
  }
  return gpus;
}

void add_gpus(Gpus& gpus, const Gpus& more, std::int64_t times) {
  for (const auto& [type, count] : more) {
    std::int64_t& sum = gpus[type];
    sum = std::min(kMostUnits, sum + std::min(kMostUnits, count * times));
  }
}

Gpus left_of(Gpus gpus, const Gpus& used) {
  std::int64_t others = 0;
  for (const auto& [type, count] : used) {
    const auto found = gpus.find(type);
    const auto taken = found != gpus.end() ? std::min(found->second, count) : 0;
    if (found != gpus.end()) found->second -= taken;
    others += count - taken;
  }
  for (auto& [type, count] : gpus) {
    const auto taken = std::min(count, others);
    count -= taken;
    others -= taken;
  }
  return gpus;
}

}  // namespace probe
