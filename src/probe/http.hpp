#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "config/config.hpp"
#include "probe/probe.hpp"

namespace probe {

/// Asks an HTTP server, as Lambda functions are: its answer is JSON with a level, or numbers that give one. Whatever
/// does not come whole, with an accepted status, and in the right shape, is a failure and never a level.
std::unique_ptr<Probe> make_http(const config::ProbeConfig& config, boost::asio::any_io_executor executor);

/// 64, which wait for others and cost little.
std::size_t http_concurrency(const config::ProbeConfig& config);

}  // namespace probe
