#include "app/commands/portal_link.hpp"

#include <fmt/format.h>

#include <iostream>

#include "base/jitter.hpp"

namespace app {
namespace {

constexpr std::chrono::milliseconds kFirstPause{50};
constexpr std::chrono::seconds kLongestPause{2};

}  // namespace

PortalLink::PortalLink(std::string url, bool quiet)
    : url_(std::move(url)), quiet_(quiet), delay_(kFirstPause), random_(std::random_device{}()) {}

void PortalLink::away(const std::string& why) {
  if (!away_ && !quiet_) std::cerr << fmt::format("vacancy: the portal is away ({}); trying again\n", why);
  away_ = true;
}

void PortalLink::back() {
  if (away_ && !quiet_) std::cerr << fmt::format("vacancy: the portal at {} is back\n", url_);
  away_ = false;
}

base::Duration PortalLink::next_pause() {
  const base::Duration pause = base::jittered(delay_, random_);
  delay_ = std::min<base::Duration>(delay_ * 2, kLongestPause);
  return pause;
}

void PortalLink::settled() {
  delay_ = kFirstPause;
}

}  // namespace app
