#include "store/caller.hpp"

namespace store {

prometheus::Histogram& Caller::histogram(const std::string& call) {
  const std::lock_guard lock(mutex_);
  prometheus::Histogram*& known = histograms_[call];
  if (known == nullptr)
    known = &metrics_.seconds("vacancy_database_seconds", "How long calls of the database took, retries included",
                              {{"call", call}});
  return *known;
}

}  // namespace store
