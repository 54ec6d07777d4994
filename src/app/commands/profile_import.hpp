#pragma once

#include <memory>

#include "app/commands/administration.hpp"
#include "app/commands/commands.hpp"

namespace app {

/// Adds `import` to the command `profile` and returns what it does when it was given. `service` is filled from the
/// flags of `profile`; it is read when the command runs.
Command add_profile_import(CLI::App& profile, std::shared_ptr<const Access> service);

}  // namespace app
