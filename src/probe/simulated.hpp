#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "config/config.hpp"
#include "probe/probe.hpp"

namespace probe {

/// The original system's slow process: takes `duration`, then picks HIGH, MEDIUM or LOW at random. Never shortened.
std::unique_ptr<Probe> make_simulated(const config::ProbeConfig& config, boost::asio::any_io_executor executor);

/// 10,000 that sleep, which cost a timer each; one per core that burn a core.
std::size_t simulated_concurrency(const config::ProbeConfig& config);

}  // namespace probe
