#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/url.hpp"

namespace http {

using Endpoint = boost::asio::ip::tcp::endpoint;

/// The places of the replicas behind one host name: the endpoints of each.
using Places = std::vector<std::vector<Endpoint>>;

/// Each address is a replica. Only when all mean this machine they are one, as "localhost" is ::1 and 127.0.0.1.
Places places_of(const std::vector<Endpoint>& endpoints);

/// One process of a service.
struct Replica {
  base::Url url;
  /// Tried in their order: one, or those of a name for this machine.
  std::vector<Endpoint> endpoints;
  /// Requests and streams.
  std::size_t under_way = 0;
  /// Failures since the latest success.
  std::size_t failures = 0;
  /// Until then it is ejected: others are picked.
  base::SteadyTime aside_until{};

  /// For logs: "http://hardware:5001 at 10.0.0.3".
  std::string name() const;
};

/// The replicas behind a list of URLs, and which of them gets the next request. Bookkeeping without I/O; the time is
/// the caller's. Not thread-safe.
class ReplicaSet {
 public:
  explicit ReplicaSet(std::uint32_t seed) : random_(seed) {}

  /// The replicas of `url` are at `places` now. Known ones keep their state; requests on one that is gone may go on.
  /// Returns whether anything changed.
  bool update(const base::Url& url, const Places& places);

  /// The one with less under way of two random replicas that are not ejected; when all are, the one that comes back
  /// first. The request counts as under way until no copy of the pointer is left, which may outlive the set. Null: no
  /// replica is known. `but`: not that one while there is another one; may be null.
  std::shared_ptr<Replica> pick(base::SteadyTime now, const Replica* but = nullptr);

  /// Ejects a replica for a time that doubles with each failure: 1 s to 30 s, less up to a half. False when it was
  /// ejected already: failures of requests that were under way do not count again.
  bool fail(Replica& replica, base::SteadyTime now);
  /// After a success: the next failure is the first one again, and the replica may be picked at once.
  void succeed(Replica& replica);
  /// The replica ends orderly: others are preferred for a second.
  void leave(Replica& replica, base::SteadyTime now);

  /// Is it still one of them?
  bool has(const Replica& replica) const;
  bool has(const std::string& name) const;
  /// Is a replica not ejected?
  bool has_ready(base::SteadyTime now) const;
  std::size_t size() const { return replicas_.size(); }
  /// How many replicas are ejected after failures.
  std::size_t ejected(base::SteadyTime now) const;

 private:
  std::vector<std::shared_ptr<Replica>> replicas_;
  std::minstd_rand random_;
};

}  // namespace http
