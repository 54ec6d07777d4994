#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

/// How Slurm's commands write lines, numbers, lists of nodes and generic resources. Pure and thread-safe; takes any
/// bytes.
namespace probe {

/// More than any cluster has, and small enough for sums of what a program prints.
inline constexpr std::int64_t kMostUnits = 1'000'000'000;

/// Units of one generic resource by type; "" is the type of those that have none.
using Counts = std::map<std::string, std::int64_t, std::less<>>;

/// Generic resources by name: {"gpu": {"a100": 4}, "shard": {"a100": 20}}.
using Resources = std::map<std::string, Counts, std::less<>>;

/// The name of GPUs among generic resources.
inline constexpr std::string_view kGpu = "gpu";

/// A list of generic resources.
struct Gres {
  /// GPUs in them are whole ones.
  Resources all{};
  /// Where the list says what is in use: GPUs that are in use in part, as shards or by MPS.
  Counts shared{};
  /// So many of these have shares in use, and the list does not say how many, as in 22.05: "shard:2(IDX:0-1)". These
  /// shares are not in `all`.
  std::int64_t untold = 0;
};

/// Units of one generic resource that are not in use at all.
struct Left {
  Counts by_type{};
  /// So many of them are in use, of which type is not known.
  std::int64_t unplaced = 0;
};

/// By name.
using LeftOf = std::map<std::string, Left, std::less<>>;

/// Names of nodes.
using Names = std::set<std::string, std::less<>>;

/// Cuts off and returns what comes before `separator`, or all.
std::string_view cut(std::string_view& text, char separator);

/// Cuts off and returns the next line that is not empty.
std::optional<std::string_view> next_line(std::string_view& text);

/// The first N fields of a line, each with '|' at its end; nothing when there are fewer than `least`. The others are
/// "".
template <std::size_t N>
std::optional<std::array<std::string_view, N>> fields(std::string_view line, std::size_t least = N) {
  std::array<std::string_view, N> out;
  for (std::size_t i = 0; i < N; ++i) {
    if (!line.contains('|')) return i < least ? std::nullopt : std::optional(out);
    out[i] = cut(line, '|');
  }
  return out;
}

/// A decimal number; at most kMostUnits, whatever is written.
std::optional<std::int64_t> number(std::string_view text);

/// "sinfo printed '…'; each line must have the fields …"
std::string bad_line(std::string_view program, std::string_view format, std::string_view line);

/// "", or one of the words that stand for nothing.
bool is_none(std::string_view text);

/// The resources in a list as "gpu:a100:4(S:0-1),shard:8(5/5,3/5)" or "cpu=2,gres/gpu:2"; what is no generic resource
/// is skipped. Those that are never used up (no_consume) count as kMostUnits, but GPUs. Nothing when the list breaks
/// off, as one does that was cut to a width.
std::optional<Gres> read_gres(std::string_view gres);

/// Adds `more`, so many times; no sum exceeds kMostUnits.
void add_counts(Counts& counts, const Counts& more, std::int64_t times);
void add_resources(Resources& all, const Resources& more, std::int64_t times);

/// What is free of `all`. A GPU that is in use in part is not free, and one that is in use as a whole has no shares.
LeftOf left_of(const Resources& all, const Gres& used);

/// The nodes in a list as "cpu[1-3,5],gpu07"; those after some 100,000 are left out.
Names read_hosts(std::string_view list);

}  // namespace probe
