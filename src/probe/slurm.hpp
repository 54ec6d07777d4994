#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>

#include "config/config.hpp"
#include "probe/probe.hpp"

namespace probe {

/// Asks a Slurm cluster, by its own commands, what is free in each partition. Batched: one run of sinfo, scontrol and,
/// when pending jobs count, squeue answers for all profiles.
std::unique_ptr<Probe> make_slurm(const config::ProbeConfig& config, boost::asio::any_io_executor executor);

/// One: it answers for all.
std::size_t slurm_concurrency(const config::ProbeConfig& config);

}  // namespace probe
