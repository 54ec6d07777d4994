#include "base/descriptors.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <limits>

namespace base {

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  rlimit raised{.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
  if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  return std::min<rlim_t>(limit.rlim_cur, std::numeric_limits<int>::max());
}

}  // namespace base
