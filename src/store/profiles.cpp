#include "store/profiles.hpp"

#include <fmt/format.h>

namespace store {

base::Result<core::Profile> Profiles::add(const core::ProfileKey& key, const core::Labels& labels) {
  const core::NewProfile profile{key, labels};
  const Added added = add_all({&profile, 1}).front();
  if (added.existed)
    return base::fail(base::Errc::conflict, fmt::format("profile '{} {}' exists", key.provider, key.name));
  return core::Profile{added.id, key};
}

}  // namespace store
