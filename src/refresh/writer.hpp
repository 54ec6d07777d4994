#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/backoff.hpp"
#include "refresh/meters.hpp"
#include "refresh/shared.hpp"

namespace refresh {

/// Writes what a probe's measurements gave, many together. Used on the background thread.
class Writer {
 public:
  /// `done` is told the outcomes that need nothing more: taken, refused, or given up when in a hurry. All outlive it.
  using Done = std::function<void(const std::vector<store::Outcome>&)>;
  Writer(const std::string& probe, Shared& shared, Meters& meters, Done done);

  /// `discovered`: what profiles the run found, when they are not those that it was claimed with.
  void add(store::Outcome outcome, std::optional<std::vector<core::ProfileKey>> discovered);
  /// The database takes longer to write than the probe to measure: more results would only wait.
  bool is_full() const;

  /// Returns when close() was called and all is done.
  boost::asio::awaitable<void> run();
  /// Nothing is added any more.
  void close();
  /// From now on, a database that is away is not waited for.
  void hurry();

 private:
  struct Waiting {
    store::Outcome outcome;
    base::SteadyTime at;
    std::optional<std::vector<core::ProfileKey>> discovered;
  };

  std::string cannot_write() const;
  boost::asio::awaitable<void> write(std::vector<Waiting> batch);
  boost::asio::awaitable<bool> finish(const std::vector<store::Outcome>& outcomes, std::set<store::TaskId>& refused);
  boost::asio::awaitable<void> discover(std::vector<core::ProfileKey> keys);

  const std::string& probe_;
  Shared& shared_;
  Meters& meters_;
  Done done_;
  std::vector<Waiting> waiting_;
  boost::asio::steady_timer added_;
  boost::asio::steady_timer retry_;
  base::Backoff backoff_;
  bool closed_ = false;
  bool hurried_ = false;
};

}  // namespace refresh
