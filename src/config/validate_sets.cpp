#include "config/checks.hpp"
#include "config/glob.hpp"
#include "core/pattern.hpp"

namespace config {
namespace {

/// Does `before` match all that `pattern` does?
bool takes_all_of(const core::Pattern& before, const core::Pattern& pattern) {
  if (pattern.is_exact()) return before.matches({pattern.provider, pattern.name});
  return !before.is_exact() && covers(before.provider, pattern.provider) && covers(before.name, pattern.name);
}

/// Each names profiles that no earlier one has.
void check_choices(const std::vector<std::string>& choices, const std::string& path) {
  check(!choices.empty(), path, "is empty; give profiles in the order of preference, such as [Amazon/hpc7a, Azure/*]");
  check_between(choices.size(), 1, core::kMostPatterns, path);
  std::vector<core::Pattern> patterns;
  std::size_t globs = 0;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const std::string here = fmt::format("{}[{}]", path, i);
    auto pattern = core::parse_pattern(choices[i]);
    if (!pattern) throw BadValue(here, pattern.error().message);
    for (const core::Pattern& before : patterns)
      if (takes_all_of(before, *pattern))
        throw BadValue(here, fmt::format("'{}' never counts: '{}' before it matches the same; put it in front, or "
                                         "remove it",
                                         choices[i], before.text()));
    globs += pattern->is_exact() ? 0 : 1;
    check(globs <= core::kMostGlobs, here,
          fmt::format("is one more choice with * or ?; the most in one set is {}", core::kMostGlobs));
    patterns.push_back(std::move(*pattern));
  }
}

}  // namespace

void check_sets(const std::map<std::string, std::vector<std::string>>& sets) {
  check(sets.size() <= core::kMostSets, "sets",
        fmt::format("{} are too many; the most is {}", sets.size(), core::kMostSets));
  for (const auto& [name, choices] : sets) {
    const std::string path = join("sets", name);
    if (const auto good = core::checked_set_name(name); !good) throw BadValue(path, good.error().message);
    check_choices(choices, path);
  }
}

core::Sets sets_of(const Config& config) {
  core::Sets sets;
  for (const auto& [name, choices] : config.sets) sets.push_back({name, choices});
  return sets;
}

}  // namespace config
