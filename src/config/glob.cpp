#include "config/glob.hpp"

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace config {
namespace {

/// The places of a glob that a match may have reached after some text.
using Places = std::set<std::size_t>;
constexpr std::size_t kMostStates = 10'000;

/// Adds the places that a '*' reaches without a character.
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

bool overlap(std::string_view one, std::string_view other) {
  using State = std::pair<std::size_t, std::size_t>;
  std::vector<State> open = {{0, 0}};
  std::set<State> seen;
  while (!open.empty()) {
    const auto [i, j] = open.back();
    open.pop_back();
    if (!seen.insert({i, j}).second) continue;
    if (i == one.size() && j == other.size()) return true;
    const char a = i < one.size() ? one[i] : '\0';
    const char b = j < other.size() ? other[j] : '\0';
    // A '*' ends here, or takes what the other has next.
    if (a == '*') open.emplace_back(i + 1, j);
    if (b == '*') open.emplace_back(i, j + 1);
    if (a == '*' && j < other.size()) open.emplace_back(i, j + 1);
    if (b == '*' && i < one.size()) open.emplace_back(i + 1, j);
    if (i < one.size() && j < other.size() && a != '*' && b != '*' && (a == b || a == '?' || b == '?'))
      open.emplace_back(i + 1, j + 1);
  }
  return false;
}

}  // namespace config
