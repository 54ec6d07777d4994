#pragma once

#include <memory>
#include <string>

#include "app/request.hpp"
#include "core/profile.hpp"

namespace CLI {
class App;
}

namespace app {

/// The hardware service that is administered, as the flags of `vacancy profile` and `vacancy probe` name it.
struct Administration {
  std::string url = "http://localhost:5001";
  /// Holds the admin token.
  std::string token_file = "data/admin-token";
};

/// Adds the flags that name the service to a command.
std::shared_ptr<Administration> add_service_flags(CLI::App& command);

/// Sends a request with the admin token and waits for the answer, whatever its status. `body` is JSON. Throws
/// base::UsageError for a bad URL or a token file that cannot be read, base::Lost when the service is not reached.
Answer administer(const Administration& service, std::string method, std::string target, std::string body = "",
                  http::ClientTimeouts timeouts = {});

/// `answer`, if it has this status; otherwise throws base::UsageError with what it says.
Answer expect(int status, Answer answer);

/// The JSON of a profile, as POST and PUT take it: without `attributes` those it has stay.
std::string profile_body(const std::string& provider, const std::string& name,
                         const core::Attributes* attributes = nullptr);

}  // namespace app
