#pragma once

#include <string>
#include <string_view>

#include "http/client.hpp"

namespace app {

struct Answer {
  int status = 0;
  std::string body;
  std::string content_type{};
  /// The header Link (RFC 8288).
  std::string link{};
  /// The header Vacancy-From: where a file begins.
  std::string from{};
  /// Of the service, without its login.
  std::string url{};
};

/// Sends one request and waits for the whole answer. Throws base::UsageError for a bad URL, base::Lost when the
/// service is not reached.
Answer send(const std::string& url, const http::ClientRequest& request, http::ClientTimeouts timeouts = {});

/// The sentence that an error answer (application/problem+json) carries, or its status, of `service`.
std::string detail_of(const Answer& answer, std::string_view service = "the service");

}  // namespace app
