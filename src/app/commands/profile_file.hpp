#pragma once

#include <memory>

#include "app/commands/administration.hpp"
#include "app/commands/commands.hpp"
#include "core/profile.hpp"

/// Profiles as they are, as a file, and as a file wants them.
namespace app {

/// All profiles with their labels, ordered by provider and name. Throws base::Lost or UsageError.
std::vector<core::Profile> all_profiles(const Access& service);

/// The profile with this key. Throws base::UsageError when there is none, and as all_profiles() does.
core::Profile known_profile(const Access& service, const core::ProfileKey& key);

/// Adds `list`, `show`, `export` and `apply` to the command `profile`, each with its action.
std::vector<std::pair<std::string, Command>> add_profile_files(CLI::App& profile, std::shared_ptr<Access> service);

}  // namespace app
