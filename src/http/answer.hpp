#pragma once

#include <array>
#include <memory>
#include <span>
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

  /// One of the heads that its answers have.
  enum class Head { plain, gzip, not_modified };
  /// Where that head is kept; null when the answers are shared.
  const std::shared_ptr<std::string>& head(Head which);

  /// From now on several cores answer with it, and nothing in it changes: gzipped() was called, or is not.
  void share() { shared_ = true; }

 private:
  bool shared_ = false;
  std::array<std::shared_ptr<std::string>, 3> heads_;
  std::string content_type_;
  Text body_;
  Text gzipped_;
  std::string etag_;
};

using FixedHeader = std::pair<std::string_view, std::string_view>;

/// Sends `prepared`: 304 when If-None-Match names it, gzip where the client takes it. `vary` names the other request
/// headers that the choice of `prepared` depended on, or is "". Clients must revalidate. With the same `prepared`,
/// `vary` and `headers`, further ones, are always the same.
Reply answer(const Request& request, Prepared& prepared, std::string_view vary = "",
             std::span<const FixedHeader> headers = {});

}  // namespace http
