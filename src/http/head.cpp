#include "http/head.hpp"

#include <fmt/format.h>

#include <ctime>

namespace http {
namespace {

/// Makes the end of a head, with a date such as "Tue, 24 Nov 2026 13:22:05 GMT" (RFC 9110, section 5.6.7).
std::string make_end(std::time_t now, std::string_view connection) {
  std::tm parts{};
  gmtime_r(&now, &parts);
  char date[40];
  const std::size_t size = std::strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  std::string end = fmt::format("Date: {}\r\n", std::string_view(date, size));
  if (!connection.empty()) end += fmt::format("Connection: {}\r\n", connection);
  return end + "\r\n";
}

}  // namespace

std::string head_of(const Reply& reply) {
  std::string out;
  out.reserve(512);
  auto to = std::back_inserter(out);
  fmt::format_to(to, "HTTP/1.1 {} {}\r\nX-Content-Type-Options: nosniff\r\n", reply.status,
                 reason_phrase(reply.status));
  if (!reply.content_type.empty()) fmt::format_to(to, "Content-Type: {}\r\n", reply.content_type);
  for (const auto& [name, value] : reply.headers) fmt::format_to(to, "{}: {}\r\n", name, value);
  // The length of a stream is not known, also when a HEAD asks for it.
  if (reply.status != 304 && reply.status != 204 && !reply.stream && !reply.push)
    fmt::format_to(to, "Content-Length: {}\r\n", reply.body ? reply.body->size() : 0);
  return out;
}

std::string_view end_of_head(std::string_view connection) {
  struct Kept {
    std::time_t made = 0;
    std::string text;
  };
  thread_local Kept plain;
  thread_local Kept other;
  const std::time_t now = std::time(nullptr);
  if (!connection.empty()) return other.text = make_end(now, connection);
  if (plain.made != now) plain = {now, make_end(now, "")};
  return plain.text;
}

std::string last_answer(const Reply& reply) {
  return fmt::format("{}{}{}", head_of(reply), end_of_head(kCloses), *reply.body);
}

}  // namespace http
