#include "http/message.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace http {
namespace {

struct Phrase {
  int status;
  std::string_view text;
};

constexpr Phrase kPhrases[] = {
    {200, "OK"},
    {201, "Created"},
    {204, "No Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

}  // namespace

std::string_view Request::header(std::string_view name) const {
  for (const Header& header : headers)
    if (base::equals_ignoring_case(header.name, name)) return header.value;
  return {};
}

std::string Request::list(std::string_view name) const {
  std::string all;
  for (const Header& header : headers)
    if (base::equals_ignoring_case(header.name, name)) all.append(all.empty() ? "" : ", ").append(header.value);
  return all;
}

void pass_through(Reply& reply) {
  reply.headers.emplace_back("Cache-Control", "no-store, no-transform");
  reply.headers.emplace_back("X-Accel-Buffering", "no");
}

std::string_view reason_phrase(int status) {
  for (const Phrase& phrase : kPhrases)
    if (phrase.status == status) return phrase.text;
  return "Unknown";
}

int status_of(base::Errc code) {
  switch (code) {
    case base::Errc::invalid:
      return 400;
    case base::Errc::unauthorized:
      return 401;
    case base::Errc::forbidden:
      return 403;
    case base::Errc::not_found:
      return 404;
    case base::Errc::conflict:
      return 409;
    case base::Errc::gone:
      return 410;
    case base::Errc::too_large:
      return 413;
    case base::Errc::unavailable:
      return 503;
  }
  return 500;
}

boost::asio::awaitable<Reply> reply_of(Answer answer) {
  if (auto* const ready = std::get_if<Reply>(&answer)) co_return std::move(*ready);
  co_return co_await std::move(std::get<boost::asio::awaitable<Reply>>(answer));
}

Reply json_reply(std::string json, int status) {
  return {.status = status,
          .content_type = "application/json",
          .body = std::make_shared<const std::string>(std::move(json) + "\n")};
}

Reply problem(int status, std::string_view detail) {
  std::string quoted;
  base::append_json_string(quoted,
                           base::is_printable_utf8(detail) ? detail : "the request holds bytes that are not text");
  Reply reply = json_reply(fmt::format(R"({{"type":"about:blank","title":"{}","status":{},"detail":{}}})",
                                       reason_phrase(status), status, quoted),
                           status);
  reply.content_type = "application/problem+json";
  // Caches keep a 404 otherwise, for as long as they like.
  reply.headers.emplace_back("Cache-Control", "no-store");
  if (status == 401) reply.headers.emplace_back("WWW-Authenticate", "Bearer");
  if (status == 503) reply.headers.emplace_back("Retry-After", "1");
  return reply;
}

Reply problem(const base::Error& error) {
  return problem(status_of(error.code), error.message);
}

}  // namespace http
