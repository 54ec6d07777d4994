#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <span>

#include "config/config.hpp"
#include "core/profile.hpp"
#include "probe/probe.hpp"
#include "probe/program.hpp"

namespace probe {

/// A probe that runs a program for each measurement, or for all profiles at once.
std::unique_ptr<Probe> make_exec(const config::ProbeConfig& config, boost::asio::any_io_executor executor);

/// Programs mostly wait for others, so more of them run than there are cores.
std::size_t exec_concurrency(const config::ProbeConfig& config);

/// What a program found out about one profile. Output that begins with '{' is JSON; other output is that of a Nagios
/// plugin, whose exit codes 0 to 3 are HIGH, MEDIUM, LOW and UNKNOWN. Pure.
Result read_output(const Exited& exited, const config::Levels& levels);

/// What a program found out about all of `profiles`: a JSON list. Pure.
Answer read_list(const Exited& exited, std::span<const core::Profile> profiles, const config::Levels& levels);

}  // namespace probe
