#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "probe/judge.hpp"
#include "probe/secrets.hpp"

namespace probe {

/// What a plugin printed by the conventions of Nagios and Icinga: "TEXT | PERFORMANCE DATA" in the first line, and more
/// performance data after a '|' in the lines below it. The text becomes the reason, without `secrets`; data labelled
/// as core::kNumbers become the numbers, age (seconds) how old they are. Without a level, which is in the exit code.
/// Fails with a sentence that names the text when one of these is no number, is there twice, or makes no sense; "U",
/// which says that the plugin could not find out, is as if it were not there. Pure.
std::expected<Unjudged, std::string> read_nagios(std::string_view output, const Secrets& secrets = {});

}  // namespace probe
