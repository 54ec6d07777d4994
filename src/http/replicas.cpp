#include "http/replicas.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/duration.hpp"
#include "base/log.hpp"
#include "base/task_group.hpp"

namespace http {
namespace asio = boost::asio;
using asio::redirect_error;
using asio::use_awaitable;
namespace {

/// The period as long as no address is known at all.
constexpr std::chrono::seconds kFirstResolvePeriod{1};

asio::awaitable<base::Result<Places>> resolve_by_system(asio::any_io_executor executor, base::Url url) {
  asio::ip::tcp::resolver resolver(executor);
  boost::system::error_code error;
  const auto service = std::to_string(url.port);
  const auto found = co_await resolver.async_resolve(url.host, service, redirect_error(use_awaitable, error));
  if (error) co_return base::fail(base::Errc::unavailable, error.message());
  co_return places_of(std::vector<Endpoint>(found.begin(), found.end()));
}

}  // namespace

Resolve system_resolve(asio::any_io_executor executor) {
  return [executor = std::move(executor)](base::Url url) { return resolve_by_system(executor, std::move(url)); };
}

Replicas::Replicas(asio::any_io_executor executor, std::vector<base::Url> urls, ReplicaMetrics metrics, Resolve resolve,
                   base::Duration resolve_period)
    : urls_(std::move(urls)),
      metrics_(metrics),
      resolve_(std::move(resolve)),
      resolve_period_(resolve_period),
      set_(std::random_device{}()),
      pause_(executor),
      first_(executor, asio::steady_timer::time_point::max()) {}

asio::awaitable<void> Replicas::run() {
  while (!stopped_) {
    for (const base::Url& url : urls_)
      if (!stopped_) co_await resolve(url);
    all_tried_ = true;
    first_.cancel();
    publish();
    const auto soon = std::min<base::Duration>(kFirstResolvePeriod, resolve_period_);
    if (!stopped_) co_await base::sleep(pause_, set_.size() == 0 ? soon : resolve_period_);
  }
}

void Replicas::stop() {
  stopped_ = true;
  pause_.cancel();
  first_.cancel();
}

asio::awaitable<void> Replicas::resolve(const base::Url& url) {
  const auto places = co_await resolve_(url);
  if (!places || places->empty()) {
    lookup_.failed("cannot resolve " + url.host, places ? "no address" : places.error().message);
    co_return;
  }
  lookup_.succeeded("cannot resolve " + url.host);
  const bool changed = set_.update(url, *places);
  if (changed) forget_gone();
  // That a URL stands for one replica goes without saying, unless it stood for others before.
  if (changed && (all_tried_ || places->size() > 1))
    spdlog::info("http://{} has {} replica{}", url.authority(), places->size(), places->size() == 1 ? "" : "s");
}

asio::awaitable<std::shared_ptr<Replica>> Replicas::pick(const Replica* but) {
  while (!all_tried_ && !stopped_) {
    boost::system::error_code ignored;
    co_await first_.async_wait(redirect_error(use_awaitable, ignored));
  }
  co_return stopped_ ? nullptr : set_.pick(std::chrono::steady_clock::now(), but);
}

void Replicas::failed(Replica& replica, const std::string& reason) {
  const auto now = std::chrono::steady_clock::now();
  if (!set_.fail(replica, now)) return;
  metrics_.ejections.Increment();
  publish();
  const auto ejected_for = std::chrono::duration_cast<std::chrono::milliseconds>(replica.aside_until - now);
  ejections_.try_emplace(replica.name(), replica.name())
      .first->second.failed("ejected " + replica.name(),
                            fmt::format("{}; next try in {}", reason, base::to_string(ejected_for)));
}

void Replicas::succeeded(Replica& replica) {
  if (const auto found = ejections_.find(replica.name()); found != ejections_.end())
    found->second.succeeded("ejected " + replica.name());
  set_.succeed(replica);
  publish();
}

void Replicas::left(Replica& replica) {
  set_.leave(replica, std::chrono::steady_clock::now());
}

/// Names come and go for ever: only those that a host has are kept.
void Replicas::forget_gone() {
  std::erase_if(ejections_, [this](const auto& entry) { return !set_.has(entry.first); });
}

void Replicas::publish() {
  metrics_.known.Set(static_cast<double>(set_.size()));
  metrics_.ejected.Set(static_cast<double>(set_.ejected(std::chrono::steady_clock::now())));
}

}  // namespace http
