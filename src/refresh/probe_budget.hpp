#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <vector>

#include "config/config.hpp"
#include "refresh/meters.hpp"
#include "refresh/shared.hpp"

namespace refresh {

/// How many runs of a probe its limits allow, over all replicas. Used on the background thread.
class ProbeBudget {
 public:
  /// The references outlive it.
  ProbeBudget(const config::ProbeConfig& config, Shared& shared, Meters& meters);

  const std::vector<store::Limit>& limits() const { return limits_; }
  bool limited() const { return !limits_.empty(); }
  /// How many more runs each limit allows, as of the latest answer of the database.
  const std::vector<std::uint64_t>& left() const { return left_; }
  void show(std::vector<std::uint64_t> left);

  /// Asks the database for left(), which stays as it was while the database is away.
  boost::asio::awaitable<void> look();
  /// Counts one run, and returns when; nothing without limits. conflict: the limits allow none. unavailable: the
  /// database is away.
  boost::asio::awaitable<base::Result<std::optional<base::Time>>> spend();
  /// Takes back the run that was counted at that time, if it was counted.
  boost::asio::awaitable<void> refund(std::optional<base::Time> counted);

 private:
  const std::string& probe_;
  Shared& shared_;
  Meters& meters_;
  const std::vector<store::Limit> limits_;
  std::vector<std::uint64_t> left_;
};

}  // namespace refresh
