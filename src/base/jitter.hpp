#pragma once

#include <random>

#include "base/clock.hpp"

namespace base {

/// Between half of `delay` and all of it, so that many who wait do not come back together.
template <class Random>
Duration jittered(Duration delay, Random& random) {
  return Duration(std::uniform_int_distribution<Duration::rep>(delay.count() / 2, delay.count())(random));
}

}  // namespace base
