#pragma once

#include <string>

#include "base/fault.hpp"
#include "http/router.hpp"

namespace http {

/// A bearer token that opens routes. Its file is read for each request with a token, so that a new one needs no
/// restart. Thread-safe.
class BearerToken {
 public:
  struct Options {
    /// The routes that it opens, and the key of its file, for messages: "administration", "admin".
    std::string opens, name;
    /// "" keeps the routes closed.
    std::string file;
  };
  /// Throws base::UsageError when the file cannot be read or holds no usable token.
  explicit BearerToken(Options options);

  bool is_configured() const { return !options_.file.empty(); }

  /// May this request be made? forbidden: no token is configured. unauthorized: not this token. unavailable: its file
  /// holds no usable one now.
  base::Result<void> allows(const Request& request) const;

  /// The options of a route that it opens, which asks allows() before it reads a body. The token outlives it.
  RouteOptions route(std::size_t max_body_bytes = 0) const;

 private:
  std::string the() const;
  std::string read() const;

  const Options options_;
  mutable base::Fault fault_;
};

}  // namespace http
