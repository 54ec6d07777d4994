// Every state and flag of Slurm's nodes, from 20.11 to 25.11, has a meaning.
#include "probe/slurm_state.hpp"

#include <gtest/gtest.h>

namespace probe {
namespace {

std::string why(std::string_view state, const config::SlurmOptions& options = {}) {
  Words words;
  add_words(words, state);
  return why_out(words, options);
}

TEST(SlurmState, TakesJobs) {
  for (const auto state : {"idle",
                           "mixed",
                           "MIXED",
                           "mix",
                           "allocated",
                           "alloc",
                           "ALLOCATED+",
                           "idle+completing",
                           "completing",
                           "comp",
                           "mixed+cloud",
                           "idle+dynamic",
                           "mixed+cloud+dynamic_norm",
                           "idle+dynamic_future",
                           "idle+external",
                           "idle+resume",
                           "idle+undrain",
                           "idle+reboot_requested",
                           "mixed+reboot_requested",
                           "mixed@",
                           "idle@",
                           "idle+reboot_canceled",
                           "idle+cancel_reboot",
                           "idle+cloud+powered_down",
                           "idle+cloud+power",
                           "idle~",
                           "mixed#",
                           "idle+cloud+powering_up",
                           "idle+not_responding+powering_up",
                           "mixed+cloud+not_responding+powering_up",
                           "idle+not_responding+power_up",
                           "idle+powered_down+powering_up+not_responding",
                           "idle*#"})
    EXPECT_EQ(why(state), "") << state;
}

TEST(SlurmState, TakesNone) {
  const std::pair<std::string_view, std::string_view> states[] = {
      {"down", "down"},
      {"down*", "down"},
      {"DOWN+DRAIN", "down"},
      {"error", "down"},
      {"idle*", "not responding"},
      {"mixed+not_responding", "not responding"},
      {"allocated+not_responding", "not responding"},
      {"allocated*", "not responding"},
      {"idle+cloud+powered_down+not_responding", "not responding"},
      {"idle+cloud+powering_down+not_responding", "not responding"},
      {"idle~*", "not responding"},
      {"unknown", "unknown"},
      {"unk*", "not responding"},
      {"invalid", "unknown"},
      {"idle+drain", "drained"},
      {"drain", "drained"},
      {"drained*", "drained"},
      {"drained~", "drained"},
      {"drained@", "drained"},
      {"mixed+drain", "draining"},
      {"allocated+drain", "draining"},
      {"mixed+drain+reboot_requested", "draining"},
      {"draining", "draining"},
      {"draining@", "draining"},
      {"drng", "draining"},
      {"idle+fail", "failing"},
      {"failing", "failing"},
      {"failg*", "failing"},
      {"maint", "in maintenance"},
      {"maint*", "in maintenance"},
      {"idle$", "in maintenance"},
      {"down+maintenance+reserved", "down"},
      {"idle+maintenance+reserved+not_responding+planned", "in maintenance"},
      {"reserved", "reserved"},
      {"idle+reserved", "reserved"},
      {"resv", "reserved"},
      {"idle+reboot_issued", "rebooting"},
      {"mixed^", "rebooting"},
      {"reboot", "rebooting"},
      {"reboot^", "rebooting"},
      {"boot", "rebooting"},
      {"idle+blocked", "blocked"},
      {"block", "blocked"},
      {"mixed+perfctrs", "in use by performance counters"},
      {"npc", "in use by performance counters"},
      {"idle%", "powering down"},
      {"idle!", "powering down"},
      {"idle+power_down", "powering down"},
      {"pow_dn", "powering down"},
      {"idle+power_drain", "powering down"},
      {"idle+powering_down", "powering down"},
      {"powrng_dn", "powering down"},
      {"powring_dn", "powering down"},
      {"idle+invalid_reg", "invalid"},
      {"inval", "invalid"},
      {"future", "future"},
      {"futr", "future"},
      {"planned", "planned"},
      {"plnd", "planned"},
      {"mixed-", "planned"},
      {"", "unknown"},
      {"+", "unknown"},
      {"cloud", "unknown"},
      {"powered_down", "unknown"},
      {"hibernating", "in unknown state 'hibernating'"},
      {"idle+hibernating", "in unknown state 'hibernating'"},
      {"ALLOCATED+PARKED", "in unknown state 'parked'"},
      {"?", "in unknown state '?'"},
      {"idle+drain+hibernating", "drained"},
  };
  for (const auto& [state, reason] : states) EXPECT_EQ(why(state), reason) << state;
}

TEST(SlurmState, CountsAsConfigured) {
  const config::SlurmOptions planned{.planned_is_free = true};
  const config::SlurmOptions off{.powered_down_is_free = false};
  for (const auto state : {"planned", "mixed+planned", "idle-"}) EXPECT_EQ(why(state, planned), "") << state;
  EXPECT_EQ(why("mixed+planned+drain", planned), "draining");
  for (const auto state : {"idle+powered_down", "idle~", "pow_up+mixed", "mixed#"})
    EXPECT_EQ(why(state, off), "powered down") << state;
  // A full node is in service, whatever comes after its jobs.
  for (const auto state : {"allocated+planned", "allocated#"}) EXPECT_EQ(why(state, off), "") << state;
}

TEST(SlurmState, NamesAnUnknownFlagShortly) {
  EXPECT_TRUE(why("idle+" + std::string(1000, 'x')).contains("xxxx"));
  EXPECT_LE(why("idle+" + std::string(1000, 'x')).size(), 100U);
  EXPECT_FALSE(why("idle+\x1b[1m").contains(0x1b));
}

TEST(SlurmState, KnowsFullNodes) {
  for (const auto& [state, full] :
       {std::pair{"allocated", true}, {"alloc*", true}, {"mixed", false}, {"idle", false}}) {
    Words words;
    add_words(words, state);
    EXPECT_EQ(is_full(words), full) << state;
  }
}

}  // namespace
}  // namespace probe
