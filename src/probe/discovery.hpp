#pragma once

#include <boost/json/fwd.hpp>
#include <expected>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "core/profile.hpp"

namespace probe {

/// What the members of an object may be that are profiles.
struct Listing {
  /// In the answer's format a list of one is its element, and members may be attributes, as in XML.
  bool untyped = false;
  /// Values that are neither objects nor lists, too. Else these are no profiles: an error may stand there.
  bool plain_members = false;
};

/// The profiles that an answer lists, of those that `match` covers; names that no profile can have are left out. Fails
/// with a sentence when there is no list, or no name in it: then nothing is known about what the source has. Pure;
/// thread-safe.
std::expected<std::vector<core::ProfileKey>, std::string> listed_profiles(const boost::json::value& answer,
                                                                          const config::Discover& discover,
                                                                          const config::Match& match,
                                                                          Listing listing = {});

/// Does a path end at the members of discover.list, so that they are values of profiles themselves?
bool reads_plain_members(const config::HttpOptions& options);

}  // namespace probe
