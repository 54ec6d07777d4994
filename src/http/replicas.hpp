#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/fault.hpp"
#include "base/metrics.hpp"
#include "http/replica_set.hpp"

namespace http {

/// How soon a replica that came or went is noticed. Not the TTL of the answer: Docker's is 600 s, whatever changes.
inline constexpr std::chrono::seconds kResolvePeriod{5};

/// Looks up where a URL's replicas are. Replaced by tests.
using Resolve = std::function<boost::asio::awaitable<base::Result<Places>>(base::Url)>;

/// The addresses that this machine knows for the host, all of them.
Resolve system_resolve(boost::asio::any_io_executor executor);

/// The metrics of a client of replicas, named by their owner. They outlive it.
struct ReplicaMetrics {
  prometheus::Counter& ejections;
  prometheus::Gauge& known;
  prometheus::Gauge& ejected;
};

/// Balances the requests of one client over the replicas of a service. Resolves hosts again and again in the
/// background, so that replicas come and go without a wait; replicas that fail are left out for a while
/// (replica_set.hpp has the rules). A replica that goes on failing, or a host that cannot be looked up, is a fault in
/// the log. Used on one executor.
class Replicas {
 public:
  Replicas(boost::asio::any_io_executor executor, std::vector<base::Url> urls, ReplicaMetrics metrics, Resolve resolve,
           base::Duration resolve_period = kResolvePeriod);

  /// Resolves until stop() was called. A lookup under way then is waited for: it cannot be cut.
  boost::asio::awaitable<void> run();
  void stop();

  /// The replica for the next request, which counts as under way as long as the pointer lives. Waits only until every
  /// host was looked up once. Null: no address is known, or stop() was called. `but`: as of ReplicaSet.
  boost::asio::awaitable<std::shared_ptr<Replica>> pick(const Replica* but = nullptr);

  /// The result of a request. `reason` is a sentence for the log.
  void failed(Replica& replica, const std::string& reason);
  void succeeded(Replica& replica);
  /// It ended orderly.
  void left(Replica& replica);

  /// Is its address still one that a host has?
  bool has(const Replica& replica) const { return set_.has(replica); }
  /// Would pick() give a replica that is not ejected?
  bool has_ready() const { return set_.has_ready(std::chrono::steady_clock::now()); }
  std::size_t size() const { return set_.size(); }

 private:
  boost::asio::awaitable<void> resolve(const base::Url& url);
  void forget_gone();
  void publish();

  std::vector<base::Url> urls_;
  ReplicaMetrics metrics_;
  Resolve resolve_;
  base::Duration resolve_period_;
  ReplicaSet set_;
  boost::asio::steady_timer pause_;
  /// Cancelled when every host was looked up once.
  boost::asio::steady_timer first_;
  base::Fault lookup_{"looking up hosts"};
  /// Of the replicas that failed, by their names.
  std::map<std::string, base::Fault> ejections_;
  bool all_tried_ = false;
  bool stopped_ = false;
};

}  // namespace http
