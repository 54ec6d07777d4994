#include "store/alerts.hpp"

namespace store {

std::string_view to_string(MessageState state) {
  switch (state) {
    case MessageState::waiting:
      return "waiting";
    case MessageState::delivered:
      return "delivered";
    case MessageState::dead:
      return "dead";
  }
  return "";
}

/// FNV-1a.
std::int64_t order_key(std::string_view order) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : order) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return static_cast<std::int64_t>(hash);
}

}  // namespace store
