#pragma once

#include <expected>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace http {

/// Makes the answer to a wrong request from a status and a sentence.
using ShowProblem = std::function<Reply(const Request&, int, std::string_view)>;

/// May this request be made? An error is the answer.
using Guard = std::function<base::Result<void>(const Request&)>;

/// As large as the server takes.
inline constexpr std::size_t kAnyBody = std::numeric_limits<std::size_t>::max();

/// The options of a route that count before a body is read.
struct RouteOptions {
  /// The largest body. 0: none is read; a request that has one is answered, and its connection closed.
  std::size_t max_body_bytes = 0;
  /// Asked with the head alone; may be empty.
  Guard guard{};
};

/// The handler that is a member of `object`, which outlives it.
template <class T, class Given>
Handler to(T& object, Given (T::*handler)(const Request&)) {
  return [&object, handler](const Request& request) { return (object.*handler)(request); };
}

struct Route {
  std::string_view method;
  std::string pattern;
  Handler handler;
  RouteOptions options{};
};

/// The table of routes: data, in one place per service. Immutable once it serves; its handler is thread-safe.
class Router {
 public:
  Router() = default;
  explicit Router(ShowProblem show_problem) : show_problem_(std::move(show_problem)) {}

  /// `pattern` is a path whose {…} segments match any one segment: "/api/v1/hardware/{provider}/{name}". A GET route
  /// answers HEAD too; the session leaves the body out.
  Router& add(std::string_view method, std::string pattern, Handler handler, RouteOptions options = {});

  /// Called with each answer before it is sent, also to what is no request of this table (its path is "" then). Answers
  /// with the same prepared head get the same from it.
  Router& at_end(std::function<void(const Request&, Reply&)> finish) {
    finish_ = std::move(finish);
    return *this;
  }
  void finish(const Request& request, Reply& reply) const {
    if (finish_) finish_(request, reply);
  }

  /// The answer to a request that is wrong.
  Reply show_problem(const Request& request, int status, std::string_view detail) const {
    return show_problem_(request, status, detail);
  }

  /// The route of a request whose body was not read yet, and the request's parameters. Else the answer: 404, 405 with
  /// Allow, 400 for a path that does not decode, the guard's error, or the answer to OPTIONS where no route has one.
  std::expected<const Route*, Reply> find(Request& request) const;

 private:
  std::vector<Route> routes_;
  std::function<void(const Request&, Reply&)> finish_;
  ShowProblem show_problem_ = [](const Request&, int status, std::string_view detail) {
    return problem(status, detail);
  };
};

}  // namespace http
