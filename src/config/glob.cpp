#include "config/glob.hpp"

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace config {
namespace {

/// Places in a glob where a match can be after some text.
using Places = std::set<std::size_t>;
constexpr std::size_t kMostStates = 10'000;

/// With what a '*' matches without a character.
Places closed(std::string_view glob, Places places) {
  for (const std::size_t place : places)
    if (place < glob.size() && glob[place] == '*') places.insert(place + 1);
  return places;
}

Places after(std::string_view glob, const Places& places, char c) {
  Places next;
  for (const std::size_t place : places) {
    if (place == glob.size()) continue;
    if (glob[place] == '*') next.insert(place);
    if (glob[place] == '?' || glob[place] == c) next.insert(place + 1);
  }
  return closed(glob, std::move(next));
}

}  // namespace

bool covers(std::string_view outer, std::string_view inner) {
  // Every character of either, and one that stands for all others.
  std::set<char> letters(outer.begin(), outer.end());
  letters.insert(inner.begin(), inner.end());
  letters.erase('*');
  letters.erase('?');
  letters.insert('\0');
  using State = std::pair<std::size_t, Places>;
  std::vector<State> open = {{0, closed(outer, {0})}};
  std::set<State> seen;
  while (!open.empty()) {
    const State state = std::move(open.back());
    open.pop_back();
    if (!seen.insert(state).second) continue;
    if (seen.size() > kMostStates) return false;
    const auto& [place, places] = state;
    if (place == inner.size() && !places.contains(outer.size())) return false;
    if (place == inner.size()) continue;
    const char symbol = inner[place];
    if (symbol == '*') open.emplace_back(place + 1, places);
    for (const char letter : letters)
      if (symbol == '*' || symbol == '?' || symbol == letter)
        open.emplace_back(symbol == '*' ? place : place + 1, after(outer, places, letter));
  }
  return true;
}

}  // namespace config
