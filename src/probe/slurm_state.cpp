#include "probe/slurm_state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "probe/judge.hpp"
#include "probe/slurm_text.hpp"

namespace probe {
namespace {

enum class Meaning : std::uint8_t {
  base,      // takes jobs, where nothing below forbids it
  full,      // the same, and has no CPU left
  planned,   // as configured
  off,       // switched off until a job needs it: as configured
  starting,  // being switched on, so that it need not respond
  silent,    // does not respond
  out,       // takes no jobs
  nothing,   // names the node's origin, or a requested state
};

struct State {
  std::string_view word;
  Meaning meaning;
  std::string_view why{};
};

/// Every word of every version, in the long and in the short form. Of several reasons, the first one is said.
constexpr State kStates[] = {
    {"down", Meaning::out, "down"},
    {"error", Meaning::out, "down"},
    {"draining", Meaning::out, "draining"},
    {"drng", Meaning::out, "draining"},
    {"drained", Meaning::out, "drained"},
    {"drain", Meaning::out, "drained"},
    {"power_drain", Meaning::out, "powering down"},
    {"maintenance", Meaning::out, "in maintenance"},
    {"maint", Meaning::out, "in maintenance"},
    {"fail", Meaning::out, "failing"},
    {"failing", Meaning::out, "failing"},
    {"failg", Meaning::out, "failing"},
    {"not_responding", Meaning::silent, "not responding"},
    {"unknown", Meaning::out, "unknown"},
    {"unk", Meaning::out, "unknown"},
    {"invalid", Meaning::out, "unknown"},
    {"future", Meaning::out, "future"},
    {"futr", Meaning::out, "future"},
    {"invalid_reg", Meaning::out, "invalid"},
    {"inval", Meaning::out, "invalid"},
    {"reserved", Meaning::out, "reserved"},
    {"resv", Meaning::out, "reserved"},
    {"reboot_issued", Meaning::out, "rebooting"},
    // The long form hides whether the node is drained until it reboots.
    {"reboot", Meaning::out, "rebooting"},
    {"boot", Meaning::out, "rebooting"},
    {"blocked", Meaning::out, "blocked"},
    {"block", Meaning::out, "blocked"},
    {"perfctrs", Meaning::out, "in use by performance counters"},
    {"npc", Meaning::out, "in use by performance counters"},
    {"power_down", Meaning::out, "powering down"},
    {"pow_dn", Meaning::out, "powering down"},
    {"powering_down", Meaning::out, "powering down"},
    {"powrng_dn", Meaning::out, "powering down"},
    {"powring_dn", Meaning::out, "powering down"},
    {"powered_down", Meaning::off, "powered down"},
    {"powered_dn", Meaning::off, "powered down"},
    {"power", Meaning::off, "powered down"},
    {"powering_up", Meaning::starting, "powered down"},
    {"power_up", Meaning::starting, "powered down"},
    {"pow_up", Meaning::starting, "powered down"},
    {"planned", Meaning::planned, "planned"},
    {"plnd", Meaning::planned, "planned"},
    {"allocated", Meaning::full},
    {"alloc", Meaning::full},
    {"idle", Meaning::base},
    {"mixed", Meaning::base},
    {"mix", Meaning::base},
    {"completing", Meaning::base},
    {"comp", Meaning::base},
    // Jobs start on a node that is to reboot, unless it is drained for that.
    {"reboot_requested", Meaning::nothing},
    {"reboot_canceled", Meaning::nothing},
    {"cancel_reboot", Meaning::nothing},
    {"canc_r", Meaning::nothing},
    {"cloud", Meaning::nothing},
    {"dynamic", Meaning::nothing},
    {"dynamic_norm", Meaning::nothing},
    {"dynamic_future", Meaning::nothing},
    {"external", Meaning::nothing},
    {"ext", Meaning::nothing},
    {"resume", Meaning::nothing},
    {"resm", Meaning::nothing},
    {"undrain", Meaning::nothing},
};

/// The last characters of a state in the long and the short form.
constexpr std::pair<char, std::string_view> kSuffixes[] = {
    {'*', "not_responding"},   {'~', "powered_down"},  {'#', "powering_up"},
    {'!', "power_down"},       {'%', "powering_down"}, {'$', "maintenance"},
    {'@', "reboot_requested"}, {'^', "reboot_issued"}, {'-', "planned"},
};

const State* state_of(std::string_view word) {
  const auto* found = std::ranges::find(kStates, word, &State::word);
  return found == std::end(kStates) ? nullptr : found;
}

bool any(const Words& words, std::initializer_list<Meaning> meanings) {
  return std::ranges::any_of(words, [&](const std::string& word) {
    const State* state = state_of(word);
    return state != nullptr && std::ranges::find(meanings, state->meaning) != meanings.end();
  });
}

/// Cuts off the suffixes of a word, and adds their meaning.
std::string_view without_suffixes(Words& words, std::string_view word) {
  while (!word.empty()) {
    const auto* suffix = std::ranges::find(kSuffixes, word.back(), &std::pair<char, std::string_view>::first);
    if (suffix == std::end(kSuffixes)) break;
    words.emplace(suffix->second);
    word.remove_suffix(1);
  }
  return word;
}

/// Does this word alone keep jobs away?
bool forbids(const State& state, const Words& words, const config::SlurmOptions& options) {
  switch (state.meaning) {
    case Meaning::out:
      return true;
    case Meaning::silent:
      return !any(words, {Meaning::starting});
    case Meaning::planned:
      return !options.planned_is_free && !is_full(words);
    case Meaning::off:
    case Meaning::starting:
      return !options.powered_down_is_free && !is_full(words);
    default:
      return false;
  }
}

}  // namespace

void add_words(Words& words, std::string_view text) {
  while (!text.empty()) {
    const std::string word = base::lower(cut(text, '+'));
    if (const auto bare = without_suffixes(words, word); !bare.empty()) words.emplace(bare);
  }
}

bool is_full(const Words& words) {
  return any(words, {Meaning::full});
}

std::string why_out(const Words& words, const config::SlurmOptions& options) {
  for (const State& state : kStates) {
    if (!words.contains(state.word) || !forbids(state, words, options)) continue;
    const bool busy = is_full(words) || words.contains("mixed");
    return std::string(state.word == "drain" && busy ? "draining" : state.why);
  }
  for (const std::string& word : words)
    if (state_of(word) == nullptr) return fmt::format("in unknown state '{}'", one_line(word.substr(0, 40)));
  return any(words, {Meaning::base, Meaning::full, Meaning::planned}) ? "" : "unknown";
}

}  // namespace probe
