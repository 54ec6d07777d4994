#include <algorithm>

#include "store/tasks.hpp"

namespace store {

base::Time next_due(base::Time due, base::Duration ttl, base::Time now) {
  if (ttl.count() <= 0) return now;
  return due + ttl * std::max<base::Duration::rep>(1, (now - due) / ttl);
}

}  // namespace store
