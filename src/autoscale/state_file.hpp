#pragma once

#include <expected>
#include <map>
#include <string>

#include "autoscale/behavior.hpp"

namespace autoscale {

/// What is kept over a restart, by service. Written as JSON; times are of the wall clock there.
using Histories = std::map<std::string, History>;

/// Replaces the file as a whole. Fails with a sentence.
std::expected<void, std::string> save(const std::string& file, const Histories& histories, base::SteadyTime now,
                                      base::Time wall_now);

/// A file that is not there holds nothing. What was in the future when it is read is taken for now. Fails with a
/// sentence.
std::expected<Histories, std::string> load(const std::string& file, base::SteadyTime now, base::Time wall_now);

}  // namespace autoscale
