#pragma once

#include <span>
#include <string>

#include "config/config.hpp"
#include "core/profile.hpp"
#include "probe/probe.hpp"
#include "probe/program.hpp"
#include "probe/secrets.hpp"

/// What a program's output means. Pure; thread-safe.
namespace probe {

/// "exit code 2", "killed by signal 9 (Killed)".
std::string how_it_ended(const Exited& exited);

/// The same for everybody to read: what the program wrote is for those who may run it.
std::string failure_of(const Exited& exited);

/// What a program found out about one profile, without `secrets`. By itself it is JSON where it begins with '{', else
/// the output of a Nagios plugin, whose exit codes 0 to 3 are HIGH, MEDIUM, LOW and UNKNOWN. Output that may be
/// something else, such as a page, JSON after a warning, or nothing, is a failure that says what to do.
Result read_output(const Exited& exited, const config::Levels& levels, config::Format format = {},
                   const Secrets& secrets = {});

/// What a program found out about all of `profiles`: a JSON list.
Answer read_list(const Exited& exited, std::span<const core::Profile> profiles, const config::Levels& levels,
                 const Secrets& secrets = {});

}  // namespace probe
