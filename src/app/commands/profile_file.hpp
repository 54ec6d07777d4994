#pragma once

#include <memory>

#include "app/commands/administration.hpp"
#include "app/commands/commands.hpp"
#include "core/profile.hpp"

/// Profiles as they are, as a file, and as a file wants them.
namespace app {

/// All profiles with their attributes, ordered by provider and name. Throws base::Lost or UsageError.
std::vector<core::Profile> all_profiles(const Access& service);

/// Adds `list`, `show`, `export` and `apply` to the command `profile`, each with what it does.
std::vector<std::pair<std::string, Command>> add_profile_files(CLI::App& profile, std::shared_ptr<Access> service);

}  // namespace app
