#pragma once

#include "config/config.hpp"
#include "store/open.hpp"

namespace hardware {

/// Opens the configured database, with this program's schema and `profiles`. Waits for one that does not answer yet, as
/// when both start together, that is locked, or lets nobody in, for `config.database_wait` at most. Throws
/// base::UsageError and base::Lost.
store::Opened open_database(const config::HardwareConfig& config,
                            store::FirstContent content = store::FirstContent::nothing,
                            std::span<const core::NewProfile> profiles = {});

/// A further store on the database that open_database() has opened, for history: its own connections, whose statements
/// are given up soon after nobody waits for them any more.
std::unique_ptr<store::Store> open_history(const config::HardwareConfig& config);

}  // namespace hardware
