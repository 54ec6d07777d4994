#pragma once

#include <memory>
#include <string_view>

#include "sql/session.hpp"

namespace sql {

/// Connects to the database that `url` names: "sqlite:PATH". `clock` is the clock of a database that has none, and must
/// outlive the session. Throws base::UsageError when the URL, or the file it names, is not what it must be.
std::unique_ptr<Session> open(std::string_view url, const base::Clock& clock);

}  // namespace sql
