#pragma once

#include <exception>
#include <expected>

#include "http/exchange.hpp"
#include "http/session_host.hpp"

/// From the head of a request to its handler.
namespace http {

/// The route of a request, whose path, query and parameters this fills in. Else the answer.
std::expected<const Route*, Reply> route_of(const SessionHost& host, Exchange& exchange);

/// Calls the handler; its exception becomes an answer.
Answer call(SessionHost& host, const Handler& handler, const Request& request);

/// The answer when a handler has thrown `error`, which is logged.
Reply problem_of(SessionHost& host, const Request& request, const std::exception_ptr& error);

}  // namespace http
