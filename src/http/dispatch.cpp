#include "http/dispatch.hpp"

#include "base/error.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace http {
namespace {

constexpr std::string_view kContinue = "100-continue";

/// Methods of RFC 9110 that paths may have; a method that is known to none is not implemented.
constexpr std::string_view kMethods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"};

}  // namespace

std::expected<const Route*, Reply> route_of(const SessionHost& host, Exchange& exchange) {
  Request& request = exchange.request;
  if (std::ranges::find(kMethods, request.method) == std::ranges::end(kMethods))
    return std::unexpected(problem(501, "this server does not know the method"));
  const auto target = parse_target(request.method, exchange.target);
  if (!target) return std::unexpected(problem(400, "the target must be a path"));
  request.path = target->path;
  request.query_text = target->query;
  if (!target->host.empty()) {
    std::erase_if(request.headers, [](const Header& each) { return base::equals_ignoring_case(each.name, "Host"); });
    request.headers.push_back({"Host", target->host});
  }
  auto query = Query::parse(target->query);
  if (!query)
    return std::unexpected(host.router.show_problem(request, status_of(query.error().code), query.error().message));
  request.query = std::move(*query);
  const std::string_view expected = exchange.version >= 11 ? request.header("Expect") : "";
  if (!expected.empty() && !base::equals_ignoring_case(expected, kContinue))
    return std::unexpected(problem(417, "the only Expect that this server knows is 100-continue"));
  return host.router.find(request);
}

Answer call(SessionHost& host, const Handler& handler, const Request& request) {
  try {
    return handler(request);
  } catch (...) {
    return problem_of(host, request, std::current_exception());
  }
}

Reply problem_of(SessionHost& host, const Request& request, const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const base::Lost& lost) {
    host.losing.happened(fmt::format("{} {}", request.method, request.path), lost.what());
    return problem(503, "something this answer needs is not reachable now; try again later");
  } catch (const std::exception& bug) {
    spdlog::error("{} {}: {}", request.method, request.path, bug.what());
    return problem(500, "an error on our side; it has been logged");
  }
}

}  // namespace http
