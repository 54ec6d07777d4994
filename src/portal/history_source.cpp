#include "portal/history_source.hpp"

#include <boost/asio/steady_timer.hpp>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "http/client.hpp"
#include "portal/api.hpp"

namespace portal {
namespace asio = boost::asio;
namespace {

using Got = HistorySource::Got;

constexpr int kAttempts = 2;
/// The largest answer has ten thousand transitions, and as many buckets of each number.
constexpr std::size_t kMostBytes = 32 << 20;

/// What the portal answers when the hardware service answered something else than 200.
http::Reply problem_of(const http::ClientHead& head, const std::string& detail) {
  // A path that it does not have; at one of them the service has had other methods.
  const bool no_route = head.status == 405 || detail.empty() || detail == "there is nothing at this path";
  // Renamed or removed a moment ago; readers of the portal know no ids.
  if (head.status == 404 && !no_route) return no_such_profile();
  if (head.status == 404 || head.status == 405)
    return http::problem(501,
                         "the hardware service keeps no history: it is the original system's, or of an older version");
  if (head.status == 400) return http::problem(400, detail);
  const bool own = head.status == 501 || head.status == 504;
  if (head.status >= 500 && !detail.empty()) return http::problem(own ? head.status : 503, detail);
  return http::problem(503, fmt::format("the hardware service answered {}", head.status));
}

}  // namespace

HistorySource::HistorySource(http::Replicas& replicas, asio::any_io_executor executor, base::Duration deadline)
    : replicas_(replicas), executor_(std::move(executor)), deadline_(deadline) {}

asio::awaitable<Got> HistorySource::get(std::string target) {
  const auto deadline = std::chrono::steady_clock::now() + deadline_;
  Got got = std::unexpected(http::problem(503, "the hardware service cannot be reached; try again in a moment"));
  std::shared_ptr<http::Replica> tried;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const auto replica = co_await replicas_.pick(tried.get());
    if (!replica || replica == tried) break;
    const auto left = std::chrono::duration_cast<base::Duration>(deadline - std::chrono::steady_clock::now());
    // One that cannot be reached leaves time for another one. Once connected it has all of it, and when it was late
    // the next one would be, too.
    const bool may_go_on = attempt + 1 < kAttempts && replicas_.size() > 1;
    got = co_await ask(*replica, target, may_go_on ? left / 2 : left, deadline);
    if (got || got.error().status < 500 || got.error().status == 504) break;
    tried = replica;
  }
  co_return got;
}

asio::awaitable<Got> HistorySource::ask(const http::Replica& replica, const std::string& target, base::Duration connect,
                                        base::SteadyTime until) {
  const auto limit = std::chrono::duration_cast<base::Duration>(until - std::chrono::steady_clock::now());
  const auto client = std::make_shared<http::Client>(executor_, http::ClientTimeouts{connect, limit, limit});
  asio::steady_timer timer(executor_, until);
  timer.async_wait([weak = std::weak_ptr(client)](const boost::system::error_code& error) {
    if (const auto still = weak.lock(); still && !error) still->cancel();
  });
  const auto failed = [&](const base::Error& error) {
    return std::unexpected(std::chrono::steady_clock::now() >= until
                               ? http::problem(504, fmt::format("the hardware service took longer than {}; try again",
                                                                base::to_string(deadline_)))
                               : http::problem(503, error.message));
  };
  const http::ClientRequest request{.target = target, .headers = {{"Accept", "application/json"}}};
  const auto head = co_await client->send(replica.url, request, replica.endpoints);
  if (!head) co_return failed(head.error());
  auto body = co_await client->read_all(kMostBytes);
  if (!body) co_return failed(body.error());
  if (head->status != 200) co_return std::unexpected(problem_of(*head, detail_of(*head, *body)));
  co_return std::move(*body);
}

}  // namespace portal
