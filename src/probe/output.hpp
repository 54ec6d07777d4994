#pragma once

#include <span>
#include <string>

#include "config/config.hpp"
#include "core/profile.hpp"
#include "probe/probe.hpp"
#include "probe/program.hpp"
#include "probe/secrets.hpp"

/// The meaning of a program's output. Pure; thread-safe.
namespace probe {

/// "exit code 2", "killed by signal 9 (Killed)".
std::string how_it_ended(const Exited& exited);

/// The same for the public, without the program's own words.
std::string failure_of(const Exited& exited);

/// A program's measurement of one profile, without `secrets`. In `auto`, output that begins with '{' is JSON, else
/// the output of a Nagios plugin, whose exit codes 0 to 3 are HIGH, MEDIUM, LOW and UNKNOWN. Output that may be
/// something else, such as a page, JSON after a warning, or nothing, is a failure that says what to do.
Result read_output(const Exited& exited, const config::Levels& levels, config::Format format = {},
                   const Secrets& secrets = {});

/// A program's measurements of all of `profiles`: a JSON list.
Answer read_list(const Exited& exited, std::span<const core::Profile> profiles, const config::Levels& levels,
                 const Secrets& secrets = {});

}  // namespace probe
