#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/backoff.hpp"
#include "base/event.hpp"
#include "refresh/meters.hpp"
#include "refresh/shared.hpp"

namespace refresh {

/// Writes the results of a probe's runs, many in one transaction. Used on the background thread.
class Writer {
 public:
  /// `done` gets the outcomes that are over: written, refused, or given up in a hurry. The references outlive it.
  using Done = std::function<void(const std::vector<store::Outcome>&)>;
  Writer(const std::string& probe, Shared& shared, Meters& meters, Done done);

  /// `discovered`: the profiles that the run found, when they differ from the claimed ones.
  void add(store::Outcome outcome, std::optional<std::vector<core::ProfileKey>> discovered);
  /// The database is slower than the probe: more results would only wait.
  bool is_full() const;

  /// Returns when close() was called and all is done.
  boost::asio::awaitable<void> run();
  /// Nothing will be added any more.
  void close();
  /// From now on, the writer does not wait for a database that is away.
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
  base::Event added_;
  /// Set by hurry().
  base::Event hurried_;
  base::Backoff backoff_;
  bool closed_ = false;
};

}  // namespace refresh
