#include "http/head.hpp"

#include <fmt/format.h>

#include <ctime>

namespace http {
namespace {

/// "Tue, 24 Nov 2026 13:22:05 GMT" (RFC 9110, section 5.6.7), made once a second.
const std::string& http_date() {
  thread_local std::time_t made = 0;
  thread_local std::string text;
  const std::time_t now = std::time(nullptr);
  if (now != made) {
    std::tm parts{};
    gmtime_r(&now, &parts);
    char buffer[40];
    text.assign(buffer, std::strftime(buffer, sizeof buffer, "%a, %d %b %Y %H:%M:%S GMT", &parts));
    made = now;
  }
  return text;
}

}  // namespace

std::string head_of(const Reply& reply, std::string_view connection) {
  std::string out;
  out.reserve(512);
  auto to = std::back_inserter(out);
  fmt::format_to(to, "HTTP/1.1 {} {}\r\nDate: {}\r\nX-Content-Type-Options: nosniff\r\n", reply.status,
                 reason_phrase(reply.status), http_date());
  if (!reply.content_type.empty()) fmt::format_to(to, "Content-Type: {}\r\n", reply.content_type);
  for (const auto& [name, value] : reply.headers) fmt::format_to(to, "{}: {}\r\n", name, value);
  if (!connection.empty()) fmt::format_to(to, "Connection: {}\r\n", connection);
  return out;
}

std::string last_answer(const Reply& reply) {
  return fmt::format("{}Content-Length: {}\r\n\r\n{}", head_of(reply, kCloses), reply.body->size(), *reply.body);
}

}  // namespace http
