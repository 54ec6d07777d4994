#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "config/config.hpp"
#include "probe/probe.hpp"

namespace probe {

/// Makes the probe that `config` describes. Its measurements run on `executor`, that of the background thread.
/// REQUIRES: validated config.
std::unique_ptr<Probe> make_probe(const config::ProbeConfig& config, boost::asio::any_io_executor executor);

/// How many of its measurements may run at once in this replica: the configured number, or what suits the kind.
std::size_t concurrency(const config::ProbeConfig& config);

}  // namespace probe
