#pragma once

#include <memory>
#include <string>

#include "app/commands/remote.hpp"
#include "core/profile.hpp"

namespace app {

/// Sends a request with the admin token and waits for the answer, whatever its status. `body` is JSON. Throws
/// base::UsageError for a bad URL or a token file that cannot be read, base::Lost when the service is not reached.
Answer administer(const Access& service, std::string method, std::string target, std::string body = "",
                  base::Duration limit = std::chrono::seconds{60});

/// `answer`, if it has this status; otherwise throws base::UsageError with what it says.
Answer expect(int status, Answer answer);

/// The JSON of a profile, as POST and PUT take it: without `labels` those it has stay.
std::string profile_body(const std::string& provider, const std::string& name, const core::Labels* labels = nullptr);

}  // namespace app
