#pragma once

#include <random>
#include <string>

#include "base/clock.hpp"

namespace app {

/// A portal that may be away for a while: says once on standard error that it is, and once that it is back, and how
/// long to wait before it is asked again. Not thread-safe.
class PortalLink {
 public:
  explicit PortalLink(std::string url, bool quiet = false);

  /// It was not reached, did not answer, or cannot answer now.
  void away(const std::string& why);
  void back();

  /// Before the next request: 50 ms, then twice as long each time, at most 2 s; with jitter, so that those who lost a
  /// portal together do not come back together.
  base::Duration next_pause();
  /// It answered as it should: the next pause is a short one again.
  void settled();

 private:
  std::string url_;
  bool quiet_;
  bool away_ = false;
  base::Duration delay_;
  std::minstd_rand random_;
};

}  // namespace app
