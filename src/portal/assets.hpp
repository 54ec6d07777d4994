#pragma once

#include <map>
#include <string>
#include <vector>

#include "http/answer.hpp"
#include "http/message.hpp"

namespace portal {

/// The stylesheet, the scripts and the icon, at /assets/NAME. Called on every core.
class Assets {
 public:
  explicit Assets(std::size_t cores);

  boost::asio::awaitable<http::Reply> handle(const http::Request& request);

 private:
  /// By core: a prepared answer makes its gzip when first asked.
  std::vector<std::map<std::string, http::Prepared, std::less<>>> files_;
};

}  // namespace portal
