#pragma once

#include <string>

#include "http/router.hpp"

namespace portal {

/// Lets pages of other sites read (the Fetch standard's CORS protocol), without credentials: there are none.
class Cors {
 public:
  /// `origin`: which sites; "*" is all, "" none.
  explicit Cors(std::string origin) : origin_(std::move(origin)) {}

  /// Adds a GET route that other sites may read, and the answer to their browsers' question.
  void add(http::Router& router, const std::string& pattern, http::Handler handler) const;

  /// Allows other sites to read an answer: all but pages, and errors.
  void open(const http::Request& request, http::Reply& reply) const;

 private:
  std::string origin_;
};

}  // namespace portal
