#include "app/request.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "http/message.hpp"

namespace app {
namespace asio = boost::asio;
namespace {

constexpr std::size_t kMaxAnswerBytes = 256 << 20;

asio::awaitable<base::Result<Answer>> exchange(http::Client& client, const base::Url& url,
                                               const http::ClientRequest& request) {
  const auto head = co_await client.send(url, request);
  if (!head) co_return std::unexpected(head.error());
  auto body = co_await client.read_all(kMaxAnswerBytes);
  if (!body) co_return std::unexpected(body.error());
  co_return Answer{head->status, std::move(*body)};
}

}  // namespace

Answer send(const std::string& url, const http::ClientRequest& request, http::ClientTimeouts timeouts) {
  const auto parsed = base::parse_url(url);
  if (!parsed) throw base::UsageError(parsed.error().message);
  asio::io_context context(1);
  http::Client client(context.get_executor(), timeouts);
  auto answer = asio::co_spawn(context, exchange(client, *parsed, request), asio::use_future);
  context.run();
  auto result = answer.get();
  if (!result) throw base::Lost(result.error().message);
  return std::move(*result);
}

std::string detail_of(const Answer& answer, std::string_view service) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(boost::json::string_view(answer.body), error);
  if (!error && value.is_object())
    if (const auto detail = base::text_in(value.get_object(), "detail"); !detail.empty()) return base::to_line(detail);
  return fmt::format("{} answered {} {}", service, answer.status, http::reason_phrase(answer.status));
}

}  // namespace app
