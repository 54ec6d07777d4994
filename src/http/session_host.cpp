#include "http/session_host.hpp"

#include "http/refusal.hpp"

namespace http {
namespace asio = boost::asio;
namespace {

/// As much as a session holds of what its client sends ahead.
constexpr std::size_t kReceivedBytes = 32 * 1024;

}  // namespace

SessionHost::SessionHost(asio::io_context& context, std::size_t core, const Router& router,
                         const ServerOptions& options, SessionTotals& totals, base::Fault& losing,
                         base::Metrics& metrics)
    : context(context),
      core(core),
      router(router),
      options(options),
      totals(totals),
      losing(losing),
      connections(metrics.gauge("vacancy_http_connections", "Open connections", {{"server", options.name}})),
      seconds(metrics.seconds("vacancy_http_request_seconds", "From the end of a request to the end of its answer",
                              {{"server", options.name}})),
      poller(context),
      idle(context, options.idle_timeout),
      slow(context, options.io_timeout),
      lingering(context, kLongestLingering),
      received(kReceivedBytes, '\0') {
  for (std::size_t i = 0; i < requests.size(); ++i)
    requests[i] = &metrics.counter("vacancy_http_requests_total", "Requests answered",
                                   {{"server", options.name}, {"code", fmt::format("{}xx", i + 1)}});
}

}  // namespace http
