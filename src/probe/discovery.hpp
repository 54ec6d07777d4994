#pragma once

#include <boost/json/fwd.hpp>
#include <expected>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "core/profile.hpp"

namespace probe {

/// The profiles that an answer lists, of those that `match` covers; names that no profile can have are left out. Fails
/// with a sentence when there is no list, or no name in it: then nothing is known about what the source has. `untyped`:
/// in the answer's format a list of one is its element, as in XML. Pure; thread-safe.
std::expected<std::vector<core::ProfileKey>, std::string> listed_profiles(const boost::json::value& answer,
                                                                          const config::Discover& discover,
                                                                          const config::Match& match,
                                                                          bool untyped = false);

}  // namespace probe
