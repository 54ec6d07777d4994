#pragma once

#include <string>
#include <string_view>

#include "base/duration.hpp"

/// Errors of clouds and of their servers of tokens. Pure; thread-safe.
namespace probe {

struct CloudError {
  /// The cloud's own word for it, such as "AuthorizationFailed" or "invalid_client (AADSTS7000215)"; "" for none. It
  /// is fit for everybody: letters, digits, and _ . - alone. Its sentences are not.
  std::string word{};
  /// Too many calls: a later one may succeed.
  bool throttled = false;
  /// How long to wait, where the cloud's sentence says it; 0 otherwise.
  base::Duration wait{0};
  /// A quota for machines is used up, which is an answer. Its name, if the cloud says it.
  bool no_quota = false;
  std::string quota{};
};

/// Reads an answer that is not a success. Never fails: a body of another form has no word.
CloudError read_cloud_error(int status, std::string_view body);

}  // namespace probe
