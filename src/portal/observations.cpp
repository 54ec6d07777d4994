#include "portal/observations.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/text.hpp"
#include "http/client.hpp"
#include "portal/api.hpp"

namespace portal {
namespace asio = boost::asio;
namespace {

constexpr std::size_t kMostUnderWay = 8, kMostWaiting = 100;
constexpr std::chrono::seconds kPatience{10};
constexpr std::size_t kMostAnswerBytes = 1 << 20;
constexpr http::ClientTimeouts kTimeouts{
    .connect = std::chrono::seconds{2}, .head = std::chrono::seconds{5}, .read = std::chrono::seconds{2}};

http::Reply unreached(std::string_view why) {
  return http::problem(503, fmt::format("{}; tell it again, with an id it counts once", why));
}

http::Reply problem_of(const http::ClientHead& head, std::string_view body) {
  const std::string detail = detail_of(head, body);
  if (detail.empty() || detail == "there is nothing at this path")
    return http::problem(501,
                         "the hardware service takes no launches: it is the original system's, or of an older version");
  return http::problem(head.status, detail);
}

}  // namespace

Observations::Observations(http::Replicas& replicas, Followed followed, asio::any_io_executor background,
                           std::string token_file)
    : replicas_(replicas),
      followed_(std::move(followed)),
      background_(std::move(background)),
      token_({.opens = "evidence of launches", .name = "observer", .file = std::move(token_file)}),
      permits_(background_, kMostUnderWay, kMostWaiting) {}

asio::awaitable<http::Reply> Observations::add(const http::Request& request) {
  if (auto known = request.query.only({}); !known) co_return http::problem(known.error());
  auto passed = pass_on(std::string(request.body), std::string(request.header("Content-Type")),
                        std::string(request.header("Authorization")));
  co_return co_await asio::co_spawn(background_, std::move(passed), asio::use_awaitable);
}

asio::awaitable<http::Reply> Observations::pass_on(std::string body, std::string type, std::string authorization) {
  const base::Semaphore::Permit permit = co_await permits_.acquire(kPatience);
  if (!permit) co_return http::problem(503, "too many launches are told at the same time; try again in a second");
  auto replica = followed_();
  if (!replica) replica = co_await replicas_.pick();
  if (!replica) co_return unreached("the hardware service cannot be reached");
  http::Client client(background_, kTimeouts);
  const http::ClientRequest request{.method = "POST",
                                    .target = "/api/v1/observations",
                                    .headers = {{"Content-Type", type}, {"Authorization", authorization}},
                                    .body = std::move(body)};
  const auto head = co_await client.send(replica->url, request, replica->endpoints);
  if (!head) co_return unreached(head.error().message);
  auto answer = co_await client.read_all(kMostAnswerBytes);
  if (!answer) co_return unreached(answer.error().message);
  if (head->status != 200) co_return problem_of(*head, *answer);
  http::Reply reply = http::json_reply(std::string(base::trim(*answer)));
  reply.headers.emplace_back("Cache-Control", "no-store");
  co_return reply;
}

}  // namespace portal
