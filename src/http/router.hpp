#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace http {

/// Makes the answer to a request that is wrong, of a status and a sentence.
using ShowProblem = std::function<Reply(const Request&, int, std::string_view)>;

/// The table of routes: data, in one place per service. Immutable once it serves; its handler is thread-safe.
class Router {
 public:
  Router() = default;
  explicit Router(ShowProblem show_problem) : show_problem_(std::move(show_problem)) {}

  /// `pattern` is a path whose {…} segments match any one segment: "/api/v1/hardware/{provider}/{name}". A GET route
  /// answers HEAD too; the session leaves the body out.
  Router& add(std::string_view method, std::string pattern, Handler handler);

  /// The answer to a request that is wrong.
  Reply show_problem(const Request& request, int status, std::string_view detail) const {
    return show_problem_(request, status, detail);
  }

  /// Finds the route and calls it. 404, 405 with Allow, 400 for a path that does not decode.
  boost::asio::awaitable<Reply> handle(Request& request) const;

 private:
  struct Route {
    std::string_view method;
    std::string pattern;
    Handler handler;
  };

  std::vector<Route> routes_;
  ShowProblem show_problem_ = [](const Request&, int status, std::string_view detail) {
    return problem(status, detail);
  };
};

}  // namespace http
