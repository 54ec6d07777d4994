#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace core {

using ProfileId = std::int64_t;
/// The number of a committed change; 0 is before every change.
using Revision = std::int64_t;

/// What identifies a profile to people: "Amazon" and "c5". Ordered by provider, then name, byte by byte.
struct ProfileKey {
  std::string provider;
  std::string name;

  auto operator<=>(const ProfileKey&) const = default;
};

/// A hardware profile: one row of table `hardware`.
struct Profile {
  ProfileId id = 0;
  ProfileKey key;

  bool operator==(const Profile&) const = default;
};

/// The longest provider or name, in bytes. It fits an index of every database that is supported.
inline constexpr std::size_t kMaxNameBytes = 191;

/// Says what is wrong with a provider or a name (empty, too long, not UTF-8, control characters, blanks around it).
base::Result<ProfileKey> checked_key(std::string_view provider, std::string_view name);

}  // namespace core
