#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace http {

/// Bytes made once and sent many times. Its gzip is made when first asked for. Not thread-safe: one per core.
class Prepared {
 public:
  /// The ETag is a hash of the bytes, so two servers never answer 304 for different ones.
  Prepared(std::string content_type, std::string body);

  const std::string& content_type() const { return content_type_; }
  const Text& body() const { return body_; }
  const Text& gzipped();
  const std::string& etag() const { return etag_; }

 private:
  std::string content_type_;
  Text body_;
  Text gzipped_;
  std::string etag_;
};

/// Sends `prepared`: 304 when If-None-Match names it, gzip where the client takes it. `vary` names the other request
/// headers that the choice of `prepared` depended on, or is "". Clients must revalidate.
Reply answer(const Request& request, Prepared& prepared, std::string_view vary = "");

}  // namespace http
