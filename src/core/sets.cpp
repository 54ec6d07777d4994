#include "core/sets.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.hpp"

namespace core {
namespace {

/// Names that a message lists.
constexpr std::size_t kNamed = 10;

bool is_letter_or_digit(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

std::string others(const Sets& sets, std::string_view name) {
  if (sets.empty()) return "no sets are configured";
  std::vector<std::string_view> known;
  for (const Set& set : sets) known.push_back(set.name);
  if (const auto near = base::nearest(name, known); !near.empty()) return fmt::format("did you mean '{}'?", near);
  const std::size_t shown = std::min(kNamed, known.size());
  return fmt::format("there {} {}{}", sets.size() == 1 ? "is" : "are",
                     fmt::join(known.begin(), known.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                     shown < known.size() ? fmt::format(" and {} more", known.size() - shown) : "");
}

}  // namespace

base::Result<void> checked_set_name(std::string_view name) {
  const auto allowed = [](char c) { return is_letter_or_digit(c) || std::string_view("._-").contains(c); };
  if (!name.empty() && name.size() <= kMaxSetNameBytes && std::ranges::all_of(name, allowed) &&
      is_letter_or_digit(name.front()))
    return {};
  return base::fail(
      base::Errc::invalid,
      fmt::format("'{}' can name no set; write 1 to {} of A-Z a-z 0-9 . _ -, beginning with a letter or a digit",
                  base::to_line(name.substr(0, 2 * kMaxSetNameBytes)), kMaxSetNameBytes));
}

const Set* find_set(const Sets& sets, std::string_view name) {
  const auto found = std::ranges::lower_bound(sets, name, {}, &Set::name);
  return found != sets.end() && found->name == name ? &*found : nullptr;
}

base::Result<const Set*> set_named(const Sets& sets, std::string_view name) {
  if (const Set* set = find_set(sets, name)) return set;
  // A longer word would take long to compare.
  if (auto good = checked_set_name(name); !good) return base::fail(base::Errc::not_found, good.error().message);
  return base::fail(base::Errc::not_found, fmt::format("there is no set '{}'; {}", name, others(sets, name)));
}

}  // namespace core
