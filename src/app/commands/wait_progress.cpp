#include "app/commands/wait_progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "app/commands/row_lines.hpp"
#include "app/terminal.hpp"
#include "base/text.hpp"

namespace app {
namespace {

namespace json = boost::json;

/// Rows that are named; the others are counted.
constexpr std::size_t kNamed = 3;

std::optional<double> number_of(const json::object& row, std::string_view key) {
  const json::value* value = row.if_contains(key);
  return value != nullptr && value->is_number() ? std::optional(value->to_number<double>()) : std::nullopt;
}

/// Higher means nearer to the condition.
auto rank(const json::object& row) {
  const std::string level = text_of(row, "availability");
  const int height = level == "HIGH" ? 3 : level == "MEDIUM" ? 2 : level == "LOW" ? 1 : 0;
  return std::tuple(text_of(row, "freshness") == "FRESH", height, number_of(row, "free").value_or(-1));
}

std::string shortly(const json::object& row) {
  std::string text = fmt::format("{} {}", name_of(row), text_of(row, "availability"));
  if (const std::string freshness = text_of(row, "freshness"); freshness != "FRESH") text += " (" + freshness + ")";
  if (const std::string capacity = capacity_of(row); capacity != "-") text += fmt::format(", {} free", capacity);
  return text;
}

/// "1 unit", "8 units".
std::string counted(double units) {
  return fmt::format("{} unit{}", base::number_text(units), units == 1 ? "" : "s");
}

/// Why this row never satisfies; "" when it may.
std::string never(const Wished& wished, const json::object& row) {
  if (text_of(row, "probe") == "(none)") return "has no probe, so it is never measured";
  if (text_of(row, "freshness") != "FRESH") return "";
  const auto total = number_of(row, "total");
  const bool knows_free = number_of(row, "free").has_value();
  const bool knows_piece = knows_free || number_of(row, "largest");
  // 0 is a condition, too: it must be known how many are free.
  for (const auto& [flag, units, known] :
       {std::tuple("--free", wished.free, knows_piece), std::tuple("--total-free", wished.total_free, knows_free)}) {
    if (units && total && *total < *units)
      return fmt::format("has {} in all, and {} wants {}", counted(*total), flag, *units);
    if (units && !known) return fmt::format("does not report free units, so {} never holds", flag);
  }
  return "";
}

}  // namespace

std::string to_text(const Wished& wished) {
  std::string text;
  if (!wished.set.empty()) text = fmt::format("{} of {}", wished.all ? "all" : "one", base::to_line(wished.set));
  for (const std::string& profile : wished.profiles)
    text += (text.empty() ? "" : wished.all ? " and " : " or ") + base::to_line(profile);
  text += fmt::format(", {}{}", wished.at_least, wished.at_least == "HIGH" ? "" : " or better");
  if (wished.free) text += fmt::format(", {} in one piece", counted(*wished.free));
  if (wished.total_free) text += fmt::format(", {} free", counted(*wished.total_free));
  if (!wished.hold.empty()) text += ", for " + wished.hold;
  return text;
}

std::string now_there(const json::array& rows, bool more) {
  std::vector<const json::object*> best;
  for (const json::value& row : rows)
    if (row.is_object()) best.push_back(&row.get_object());
  std::ranges::sort(best, [](const auto* a, const auto* b) {
    return std::tuple(rank(*b), name_of(*a)) < std::tuple(rank(*a), name_of(*b));
  });
  std::string text;
  for (std::size_t i = 0; i < std::min(kNamed, best.size()); ++i)
    text += fmt::format("{}{}", text.empty() ? "" : "; ", shortly(*best[i]));
  if (best.size() > kNamed || more)
    text += fmt::format("; and {}{} more", more ? "at least " : "",
                        best.size() - std::min(kNamed, best.size()) + (more ? 1 : 0));
  return text;
}

std::vector<std::string> never(const Wished& wished, const json::array& rows, bool more) {
  std::vector<std::string> reasons;
  std::string first;
  for (const json::value& value : rows) {
    const json::object* row = value.if_object();
    const std::string reason = row != nullptr ? never(wished, *row) : "";
    if (reason.empty()) continue;
    reasons.push_back(fmt::format("{} {}", name_of(*row), reason));
    if (first.empty()) first = reasons.back();
  }
  // One that may come suffices, unless all must.
  if (reasons.empty() || (!wished.all && (more || reasons.size() < rows.size()))) return {};
  if (reasons.size() > kNamed) {
    const std::size_t others = reasons.size() - kNamed;
    reasons.resize(kNamed);
    reasons.back() += fmt::format(" (and {} more are like that)", others);
  }
  reasons.front() = "this can never hold as it is: " + reasons.front();
  return reasons;
}

WaitProgress::WaitProgress(const Wished& wished, bool quiet)
    : wish_(to_text(wished)), quiet_(quiet), terminal_(is_terminal(STDERR_FILENO)) {}

void WaitProgress::tell(const json::array& rows, bool more) {
  if (quiet_ || (told_ && !terminal_)) return;
  told_ = true;
  const std::string now = now_there(rows, more);
  const std::string line = fmt::format("vacancy: waiting for {}; now {}", wish_, now.empty() ? "nothing" : now);
  if (!terminal_) {
    std::cerr << line << '\n';
    return;
  }
  // One column is left free: in the last one, some terminals go on to the next line.
  std::cerr << '\r' << fitted(line, columns_of(STDERR_FILENO) - 1) << "\033[K" << std::flush;
  shown_ = true;
}

void WaitProgress::clear() {
  if (std::exchange(shown_, false)) std::cerr << "\r\033[K" << std::flush;
}

}  // namespace app
