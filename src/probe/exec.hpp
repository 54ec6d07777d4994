#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "config/config.hpp"
#include "probe/probe.hpp"

namespace probe {

/// A probe that runs a program for each measurement, or for all profiles at once.
std::unique_ptr<Probe> make_exec(const config::ProbeConfig& config, boost::asio::any_io_executor executor);

/// Programs mostly wait for others, so more of them run than there are cores.
std::size_t exec_concurrency(const config::ProbeConfig& config);

}  // namespace probe
