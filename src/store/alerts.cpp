#include "store/alerts.hpp"

namespace store {

/// FNV-1a.
std::int64_t order_key(std::string_view order) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : order) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return static_cast<std::int64_t>(hash);
}

}  // namespace store
