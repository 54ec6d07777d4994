#include "autoscale/scrape.hpp"

#include <boost/asio/this_coro.hpp>
#include <memory>

#include "base/log.hpp"
#include "base/task_group.hpp"
#include "http/client.hpp"

namespace autoscale {
namespace asio = boost::asio;
namespace {

/// Ours show some tens of kilobytes; many replicas are asked at once.
constexpr std::size_t kMostBytes = 2 << 20;
constexpr int kOk = 200;

asio::awaitable<base::Result<std::string>> get(http::Client& client, const Place& place) {
  const http::ClientRequest request;
  const auto head = co_await client.send(place.url, request, place.endpoints);
  if (!head) co_return std::unexpected(head.error());
  if (head->status != kOk) co_return base::fail(base::Errc::unavailable, fmt::format("it answered {}", head->status));
  co_return co_await client.read_all(kMostBytes);
}

asio::awaitable<void> ask(http::Client& client, const Place& place, Scraped& out) {
  auto text = co_await get(client, place);
  out.at = std::chrono::steady_clock::now();
  if (text)
    out.text = std::move(*text);
  else
    spdlog::debug("no metrics of {}: {}", place.name, text.error().message);
}

/// Cancels the clients when the time is up.
asio::awaitable<void> watch(asio::steady_timer& timer, base::Duration timeout,
                            std::vector<std::unique_ptr<http::Client>>& clients) {
  if (!co_await base::sleep(timer, timeout)) co_return;
  for (const auto& client : clients) client->cancel();
}

}  // namespace

asio::awaitable<std::vector<Scraped>> scrape(const std::vector<Place>& places, base::Duration timeout) {
  const auto executor = co_await asio::this_coro::executor;
  std::vector<Scraped> scraped(places.size());
  std::vector<std::unique_ptr<http::Client>> clients;
  base::TaskGroup asking(executor);
  for (std::size_t i = 0; i < places.size(); ++i) {
    scraped[i].replica = places[i].name;
    clients.push_back(std::make_unique<http::Client>(
        executor, http::ClientTimeouts{.connect = timeout, .head = timeout, .read = timeout}));
    asking.spawn("scrape of " + places[i].name, ask(*clients[i], places[i], scraped[i]));
  }
  asio::steady_timer timer(executor);
  base::TaskGroup watching(executor);
  watching.spawn("end of the scrape", watch(timer, timeout, clients));
  co_await asking.wait();
  timer.cancel();
  co_await watching.wait();
  co_return scraped;
}

}  // namespace autoscale
