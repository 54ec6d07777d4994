#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

/// How Slurm's commands write lines, numbers and generic resources. Pure and thread-safe; takes any bytes.
namespace probe {

/// More than any cluster has, and small enough for sums of what a program prints.
inline constexpr std::int64_t kMostUnits = 1'000'000'000;

/// GPUs by type; "" is the type of those that have none.
using Gpus = std::map<std::string, std::int64_t, std::less<>>;

/// Cuts off and returns what comes before `separator`, or all.
std::string_view cut(std::string_view& text, char separator);

/// Cuts off and returns the next line that is not empty.
std::optional<std::string_view> next_line(std::string_view& text);

/// The first N fields of a line, each with '|' at its end; nothing when there are fewer.
template <std::size_t N>
std::optional<std::array<std::string_view, N>> fields(std::string_view line) {
  std::array<std::string_view, N> out;
  for (auto& field : out) {
    if (!line.contains('|')) return std::nullopt;
    field = cut(line, '|');
  }
  return out;
}

/// A decimal number; at most kMostUnits, whatever is written.
std::optional<std::int64_t> number(std::string_view text);

/// "sinfo printed '…'; each line must …"
std::string bad_line(std::string_view program, std::string_view format, std::string_view line);

std::string lower(std::string_view text);

/// The GPUs in a list of generic resources, as "gpu:a100:4(S:0-1),shard:8" or "gres/gpu:2"; no others.
Gpus read_gpus(std::string_view gres);

/// Adds `more`, so many times; no sum exceeds kMostUnits.
void add_gpus(Gpus& gpus, const Gpus& more, std::int64_t times);

/// What is left of `gpus`, with the same types. Those in use whose type is unknown are taken from all types in turn.
Gpus left_of(Gpus gpus, const Gpus& used);

}  // namespace probe
