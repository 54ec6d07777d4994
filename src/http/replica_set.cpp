#include "http/replica_set.hpp"

#include "base/jitter.hpp"

namespace http {
namespace {

constexpr std::chrono::seconds kFirstEjection{1};
constexpr std::chrono::seconds kLongestEjection{30};
/// After so many doublings the first time is longer than the longest.
constexpr std::size_t kMostDoublings = 5;

using ReplicaPtr = std::shared_ptr<Replica>;

bool is_ready(const Replica& replica, base::SteadyTime now) {
  return replica.aside_until <= now;
}

/// Of two random replicas the one with less under way.
const ReplicaPtr& less_loaded(const std::vector<ReplicaPtr>& some, std::minstd_rand& random) {
  const auto below = [&random](std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random);
  };
  const std::size_t first = below(some.size());
  if (some.size() == 1) return some[first];
  std::size_t second = below(some.size() - 1);
  if (second >= first) ++second;
  return some[some[second]->under_way < some[first]->under_way ? second : first];
}

/// A pointer that counts as a request under way.
ReplicaPtr counted(const ReplicaPtr& replica) {
  ++replica->under_way;
  return {replica.get(), [replica](Replica*) { --replica->under_way; }};
}

}  // namespace

Places places_of(const std::vector<Endpoint>& endpoints) {
  const auto is_here = [](const Endpoint& endpoint) { return endpoint.address().is_loopback(); };
  if (!endpoints.empty() && std::ranges::all_of(endpoints, is_here)) return Places(1, endpoints);
  Places places;
  for (const Endpoint& endpoint : endpoints) places.emplace_back(1, endpoint);
  return places;
}

std::string Replica::name() const {
  std::string name = "http://" + url.authority();
  if (endpoints.size() != 1 || endpoints.front().address().is_loopback()) return name;
  const std::string address = endpoints.front().address().to_string();
  return address == url.host ? name : name + " at " + address;
}

bool ReplicaSet::update(const base::Url& url, const Places& places) {
  const auto is_gone = [&](const ReplicaPtr& replica) {
    return replica->url == url && std::ranges::find(places, replica->endpoints) == places.end();
  };
  bool changed = std::erase_if(replicas_, is_gone) > 0;
  for (const auto& place : places) {
    const auto is_it = [&](const ReplicaPtr& replica) { return replica->url == url && replica->endpoints == place; };
    if (std::ranges::any_of(replicas_, is_it)) continue;
    replicas_.push_back(std::make_shared<Replica>(Replica{.url = url, .endpoints = place}));
    changed = true;
  }
  return changed;
}

std::shared_ptr<Replica> ReplicaSet::pick(base::SteadyTime now, const Replica* but) {
  if (replicas_.empty()) return nullptr;
  std::vector<ReplicaPtr> all = replicas_, ready;
  if (all.size() > 1) std::erase_if(all, [&](const auto& replica) { return replica.get() == but; });
  std::ranges::copy_if(all, std::back_inserter(ready), [&](const auto& replica) { return is_ready(*replica, now); });
  if (!ready.empty()) return counted(less_loaded(ready, random_));
  return counted(*std::ranges::min_element(all, {}, &Replica::aside_until));
}

bool ReplicaSet::fail(Replica& replica, base::SteadyTime now) {
  // When all are ejected one was picked anyway, and the next pick should be another one.
  if (!is_ready(replica, now) && has_ready(now)) return false;
  const base::Duration ejection = kFirstEjection * (1 << std::min(replica.failures, kMostDoublings));
  ++replica.failures;
  replica.aside_until = now + base::jittered(std::min<base::Duration>(ejection, kLongestEjection), random_);
  return true;
}

void ReplicaSet::succeed(Replica& replica) {
  replica.failures = 0;
  replica.aside_until = {};
}

void ReplicaSet::leave(Replica& replica, base::SteadyTime now) {
  replica.aside_until = std::max(replica.aside_until, now + kFirstEjection);
}

bool ReplicaSet::has(const Replica& replica) const {
  return std::ranges::any_of(replicas_, [&](const auto& known) { return known.get() == &replica; });
}

bool ReplicaSet::has(const std::string& name) const {
  return std::ranges::any_of(replicas_, [&](const auto& known) { return known->name() == name; });
}

bool ReplicaSet::has_ready(base::SteadyTime now) const {
  return std::ranges::any_of(replicas_, [&](const auto& replica) { return is_ready(*replica, now); });
}

std::size_t ReplicaSet::ejected(base::SteadyTime now) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      replicas_, [&](const auto& replica) { return replica->failures > 0 && !is_ready(*replica, now); }));
}

}  // namespace http
