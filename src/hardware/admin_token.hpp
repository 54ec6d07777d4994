#pragma once

#include <string>

#include "base/fault.hpp"
#include "http/router.hpp"

namespace hardware {

/// The bearer token of administrators. Its file is read for each request with a token, so that a new one needs no
/// restart. Thread-safe.
class AdminToken {
 public:
  /// `file` "" turns administration off. Throws base::UsageError when the file cannot be read or holds no usable token.
  explicit AdminToken(std::string file);

  /// May this request administer? forbidden: no token is configured. unauthorized: not this token. unavailable: its
  /// file holds no usable one now.
  base::Result<void> allows(const http::Request& request) const;

  /// The options of a route for administrators, which asks allows() before it reads a body. The token outlives it.
  http::RouteOptions route(std::size_t max_body_bytes = 0) const;

 private:
  std::string read() const;

  const std::string file_;
  mutable base::Fault fault_{"the admin token"};
};

}  // namespace hardware
