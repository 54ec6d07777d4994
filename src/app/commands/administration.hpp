#pragma once

#include <string>

#include "app/request.hpp"

namespace app {

/// The hardware service whose profiles are changed, as the flags of `vacancy profile` name it.
struct Administration {
  std::string url = "http://localhost:5001";
  /// Holds the admin token.
  std::string token_file = "data/admin-token";
};

/// Sends a request with the admin token and waits for the answer, whatever its status. `body` is JSON. Throws
/// base::UsageError for a bad URL or a token file that cannot be read, base::Lost when the service is not reached.
Answer administer(const Administration& service, std::string method, std::string target, std::string body = "");

/// The JSON of a profile, as POST and PUT take it.
std::string profile_body(const std::string& provider, const std::string& name);

}  // namespace app
