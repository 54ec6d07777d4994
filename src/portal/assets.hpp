#pragma once

#include <map>
#include <string>
#include <vector>

#include "http/answer.hpp"
#include "http/message.hpp"

namespace portal {

/// The stylesheet, the scripts and the icon, at /assets/NAME, and the API's description. Called on every core.
class Assets {
 public:
  explicit Assets(std::size_t cores);

  http::Reply handle(const http::Request& request);
  /// `GET /openapi.yaml`.
  http::Reply openapi(const http::Request& request);

 private:
  http::Reply file(const http::Request& request, std::string_view name);

  /// By core: a prepared answer makes its gzip when first asked.
  std::vector<std::map<std::string, http::Prepared, std::less<>>> files_;
  std::vector<http::Prepared> openapi_;
};

}  // namespace portal
