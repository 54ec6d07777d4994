#pragma once

#include <string>

#include "http/client.hpp"

namespace app {

struct Answer {
  int status = 0;
  std::string body;
  std::string content_type{};
  /// The header Link (RFC 8288).
  std::string link{};
};

/// Sends one request and waits for the whole answer. Throws base::UsageError for a bad URL, base::Lost when the
/// service is not reached.
Answer send(const std::string& url, const http::ClientRequest& request, http::ClientTimeouts timeouts = {});

/// The sentence that an error answer (application/problem+json) carries, or its status.
std::string detail_of(const Answer& answer);

}  // namespace app
