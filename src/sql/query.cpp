#include "sql/query.hpp"

#include <cassert>

namespace sql {

std::string_view list_placeholders() {
  static const std::string kText = [] {
    std::string text = "(?";
    for (std::size_t i = 1; i < kListSize; ++i) text += ",?";
    return text + ')';
  }();
  return kText;
}

void Query::bind_one(std::span<const std::int64_t> list) {
  assert(!list.empty() && list.size() <= kListSize);
  for (std::size_t i = 0; i < kListSize; ++i) bind_one(list[std::min(i, list.size() - 1)]);
}

}  // namespace sql
